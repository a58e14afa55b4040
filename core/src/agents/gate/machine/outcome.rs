//! The outcome of one agent, and its vote.

use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use crate::agents::consensus::{NoAnswer, Vote};
use crate::agents::gate::measures::millis;
use crate::agents::gate::plan::{Agent, Plan};
use crate::agents::gate::run::{AgentRun, Attempt, Ending, LeftProcess, Output, Status};
use crate::config::redact::Masks;

/// The gate that an agent belongs to, and its clock.
#[derive(Clone, Debug)]
pub(super) struct GateContext {
    pub(super) plan: Plan,
    /// The secrets that no text may show.
    pub(super) masks: Arc<Masks>,
    /// Since 1970-01-01T00:00:00Z.
    pub(super) started_at: Duration,
    /// The latest time, since the gate began.
    pub(super) now: Duration,
}

/// The attempts of an agent so far.
#[derive(Clone, Debug, Default)]
pub(super) struct AttemptHistory {
    /// How many have begun or were rejected.
    pub(super) attempts: u32,
    /// When the first began.
    pub(super) begun_at: Option<Duration>,
    /// The last one that has ended.
    pub(super) last: Option<Attempt>,
    /// Whether any of them was started.
    pub(super) has_run: bool,
    /// Whether a process of any of them may still be running.
    pub(super) leaked: bool,
    /// Such processes.
    pub(super) left: Vec<LeftProcess>,
}

/// The outcome of an agent that is done.
#[derive(Clone, Debug)]
pub(super) struct AgentOutcome {
    /// Without the output.
    pub(super) run: AgentRun,
    pub(super) output: Output,
    pub(super) vote: Vote,
    /// Whether cancelling the gate kept it from an end of its own.
    pub(super) is_cut_short: bool,
    /// Whether it was ever started.
    pub(super) has_run: bool,
}

impl AgentOutcome {
    pub(super) fn new(
        history: AttemptHistory,
        agent: &Agent,
        gate: &GateContext,
        status: Status,
        reason: Option<String>,
        is_cut_short: bool,
    ) -> Self {
        let (exit, signal) = match history.last.as_ref().map(|attempt| &attempt.ending) {
            Some(Ending::Exited { code }) => (Some(*code), None),
            Some(Ending::Signalled { signal }) => (None, Some(*signal)),
            _ => (None, None),
        };
        let (vote, has_run) = (vote(status, history.last.as_ref(), gate), history.has_run);
        let (stdout, stderr) =
            history.last.map(|attempt| (attempt.stdout, attempt.stderr)).unwrap_or_default();
        let dropped_bytes = stdout.dropped_bytes().saturating_add(stderr.dropped_bytes());
        let output = Output { stdout: stdout.into_text(), stderr: stderr.into_text() };
        let run = AgentRun {
            name: agent.name.clone(),
            model: agent.model.clone(),
            status,
            attempts: history.attempts,
            exit,
            signal,
            reason: reason.map(|reason| gate.masks.mask(&reason)),
            elapsed_ms: history.begun_at.map_or(0, |begun| millis(gate.now.saturating_sub(begun))),
            leaked: history.leaked,
            left: history.left,
            dropped_bytes,
            ended_at_ms: millis(gate.started_at.saturating_add(gate.now)),
            output: Output::default(),
        };
        Self { run, output, vote, is_cut_short, has_run }
    }
}

fn vote(status: Status, last: Option<&Attempt>, gate: &GateContext) -> Vote {
    match last {
        Some(last) if status == Status::Ok => match (&gate.plan.agree_on, &last.reading.answer) {
            (None, _) => Vote::Succeeded,
            (_, Ok(Some(answer))) => Vote::Answered(answer.clone()),
            (_, Ok(None)) => Vote::Unanswered(NoAnswer::NoObject.to_string()),
            (_, Err(none)) => Vote::Unanswered(gate.masks.mask(&none.to_string())),
        },
        _ => Vote::Failed,
    }
}
