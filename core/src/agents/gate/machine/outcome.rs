//! What came of one agent, and its vote.

use alloc::string::{String, ToString as _};
use core::time::Duration;

use crate::agents::consensus::Vote;
use crate::agents::gate::measures::millis;
use crate::agents::gate::plan::{Agent, Plan};
use crate::agents::gate::run::{AgentRun, Attempt, Ending, Output, Status};
use crate::config::redact::Masks;

/// The gate at one moment.
pub(super) struct Gate<'a> {
    pub(super) plan: &'a Plan,
    /// What no text may show.
    pub(super) masks: &'a Masks,
    /// Since 1970-01-01T00:00:00Z.
    pub(super) started_at: Duration,
    /// Since the gate began.
    pub(super) now: Duration,
}

/// What an agent has done so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Share {
    /// How many attempts have started, or were refused.
    pub(super) attempts: u32,
    /// When the first one began.
    pub(super) begun_at: Option<Duration>,
    /// The last one of them, once it has ended.
    pub(super) last: Option<Attempt>,
    /// Whether a process of any of them may be running yet.
    pub(super) is_leaked: bool,
}

/// An agent that is through.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    /// Without its output.
    pub(super) run: AgentRun,
    pub(super) output: Output,
    pub(super) vote: Vote,
    /// Whether it did not come to its own end.
    pub(super) is_cut_short: bool,
}

impl Outcome {
    pub(super) fn new(
        share: Share,
        agent: &Agent,
        gate: &Gate<'_>,
        status: Status,
        reason: Option<String>,
        is_cut_short: bool,
    ) -> Self {
        let (exit, signal) = match share.last.as_ref().map(|attempt| &attempt.ending) {
            Some(Ending::Exited { code }) => (Some(*code), None),
            Some(Ending::Signalled { signal }) => (None, Some(*signal)),
            _ => (None, None),
        };
        let vote = vote(status, share.last.as_ref(), gate);
        let (stdout, stderr) = share.last.map(|attempt| (attempt.stdout, attempt.stderr)).unwrap_or_default();
        let dropped_bytes = stdout.dropped_bytes().saturating_add(stderr.dropped_bytes());
        let output = Output { stdout: stdout.into_text(), stderr: stderr.into_text() };
        let run = AgentRun {
            name: agent.name.clone(),
            model: agent.model.clone(),
            status,
            attempts: share.attempts,
            exit,
            signal,
            reason: reason.map(|reason| gate.masks.scrub(&reason)),
            elapsed_ms: share.begun_at.map_or(0, |begun| millis(gate.now.saturating_sub(begun))),
            leaked: share.is_leaked,
            dropped_bytes,
            ended_at_ms: millis(gate.started_at.saturating_add(gate.now)),
            output: Output::default(),
        };
        Self { run, output, vote, is_cut_short }
    }
}

fn vote(status: Status, last: Option<&Attempt>, gate: &Gate<'_>) -> Vote {
    match last {
        Some(last) if status == Status::Ok => match (&gate.plan.agree_on, &last.answer) {
            (None, _) => Vote::Succeeded,
            (_, Ok(answer)) => Vote::Answered(answer.clone()),
            (_, Err(none)) => Vote::Unanswered(gate.masks.scrub(&none.to_string())),
        },
        _ => Vote::Failed,
    }
}
