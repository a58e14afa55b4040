//! The state of one agent while its gate runs.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::failure::AttemptFailure;
use super::outcome::{AgentOutcome, AttemptHistory, GateContext};
use super::reason;
use crate::agents::gate::plan::Agent;
use crate::agents::gate::run::{AgentRun, Attempt, Ending, Status};
use crate::retry::{Decision, Retry, Seed};

/// One agent from the queue to its outcome.
#[derive(Clone, Debug)]
pub(super) struct AgentState {
    phase: AgentPhase,
    retry: Retry,
    /// The sum of all waits so far.
    waited: Duration,
    history: AttemptHistory,
}

#[derive(Clone, Debug)]
enum AgentPhase {
    Queued,
    Waiting {
        due: Duration,
    },
    /// It has a slot, and its attempt has not begun.
    Starting,
    Running,
    Done(Box<AgentOutcome>),
}

/// What follows the end of an attempt.
pub(super) enum AfterAttempt {
    Retry {
        reason: String,
        wait: Duration,
    },
    /// The agent is done.
    Done(AgentRun),
}

impl AgentState {
    pub(super) fn new(seed: Seed, agent: &str) -> Self {
        let retry = Retry::new(seed, &format!("gate/{agent}"));
        Self { phase: AgentPhase::Queued, retry, waited: Duration::ZERO, history: AttemptHistory::default() }
    }

    /// The number of its attempt that has a slot, from 1.
    pub(super) fn current_attempt(&self) -> Option<u32> {
        match self.phase {
            AgentPhase::Starting => Some(self.history.attempts.saturating_add(1)),
            AgentPhase::Running => Some(self.history.attempts),
            _ => None,
        }
    }

    pub(super) fn holds_slot(&self) -> bool {
        matches!(self.phase, AgentPhase::Starting | AgentPhase::Running)
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.phase, AgentPhase::Done(_))
    }

    /// When its wait is over.
    pub(super) fn due(&self) -> Option<Duration> {
        match self.phase {
            AgentPhase::Waiting { due } => Some(due),
            _ => None,
        }
    }

    /// Since when it is ready to start. `Some(None)`: it is in the queue, and comes before all others.
    pub(super) fn ready(&self, now: Duration) -> Option<Option<Duration>> {
        match self.phase {
            AgentPhase::Queued => Some(None),
            AgentPhase::Waiting { due } if due <= now => Some(Some(due)),
            _ => None,
        }
    }

    /// Takes a slot for an attempt; its number.
    pub(super) fn take_slot(&mut self) -> u32 {
        self.phase = AgentPhase::Starting;
        self.history.attempts.saturating_add(1)
    }

    /// This attempt has begun. `false`: it was not to start.
    pub(super) fn begin(&mut self, attempt: u32, now: Duration) -> bool {
        let was_starting =
            matches!(self.phase, AgentPhase::Starting) && self.current_attempt() == Some(attempt);
        if was_starting {
            self.phase = AgentPhase::Running;
            self.history.attempts = attempt;
            self.history.begun_at.get_or_insert(now);
        }
        was_starting
    }

    /// This attempt has ended. `None`: it had no slot.
    pub(super) fn end(
        &mut self,
        attempt: u32,
        result: Attempt,
        agent: &Agent,
        gate: &GateContext,
        is_cancelled: bool,
    ) -> Option<AfterAttempt> {
        if self.current_attempt() != Some(attempt) {
            return None;
        }
        // It never began: the attempt before it stays the last one.
        if matches!(self.phase, AgentPhase::Starting) && result.ending == Ending::Cancelled {
            return Some(AfterAttempt::Done(self.stop_waiting(agent, gate)));
        }
        self.history.attempts = attempt;
        self.history.leaked |= result.leaked;
        self.history.left.extend(result.left.iter().cloned());
        self.history.has_run |= !matches!(result.ending, Ending::NotStarted { .. } | Ending::CircuitOpen);
        let failed = AttemptFailure::of(&result, agent, &gate.plan);
        let status = status(&result.ending, failed.is_some());
        let (reason, is_cut_short) = match &failed {
            None if status == Status::Cancelled => (Some(reason::stopped()), true),
            None => (None, false),
            Some(failed) => {
                let text = failed.text(&result.ending, agent, &gate.plan);
                let settings = agent.retry.over(gate.plan.retry);
                match self.retry.failed(&settings, self.waited, failed.failure, None) {
                    Decision::Wait(_) if is_cancelled => (Some(reason::not_retried(Some(text))), true),
                    Decision::Wait(wait) => {
                        self.history.last = Some(result);
                        return Some(self.wait(wait, &text, gate));
                    }
                    Decision::GiveUp(why) => {
                        let is_obvious = failed.is_obviously_permanent(&result.ending);
                        (Some(reason::given_up(text, is_obvious, why)), false)
                    }
                }
            }
        };
        self.history.last = Some(result);
        Some(AfterAttempt::Done(self.finish(agent, gate, status, reason, is_cut_short)))
    }

    /// The gate is cancelled while it has no slot. `None`: it was done before.
    pub(super) fn cancel(&mut self, agent: &Agent, gate: &GateContext) -> Option<AgentRun> {
        (!self.is_done()).then(|| self.stop_waiting(agent, gate))
    }

    /// Its outcome, once it is done.
    pub(super) fn into_outcome(self) -> Option<AgentOutcome> {
        match self.phase {
            AgentPhase::Done(outcome) => Some(*outcome),
            _ => None,
        }
    }

    fn wait(&mut self, wait: Duration, failure: &str, gate: &GateContext) -> AfterAttempt {
        self.waited = self.waited.saturating_add(wait);
        self.phase = AgentPhase::Waiting { due: gate.now.saturating_add(wait) };
        AfterAttempt::Retry { reason: gate.masks.mask(failure), wait }
    }

    fn stop_waiting(&mut self, agent: &Agent, gate: &GateContext) -> AgentRun {
        let text = |last: &Attempt| {
            let failed = AttemptFailure::of(last, agent, &gate.plan)?;
            Some(failed.text(&last.ending, agent, &gate.plan))
        };
        let reason = reason::not_retried(self.history.last.as_ref().and_then(text));
        self.finish(agent, gate, Status::Cancelled, Some(reason), true)
    }

    fn finish(
        &mut self,
        agent: &Agent,
        gate: &GateContext,
        status: Status,
        reason: Option<String>,
        is_cut_short: bool,
    ) -> AgentRun {
        let history = core::mem::take(&mut self.history);
        let outcome = AgentOutcome::new(history, agent, gate, status, reason, is_cut_short);
        let run = outcome.run.clone();
        self.phase = AgentPhase::Done(Box::new(outcome));
        run
    }
}

fn status(ending: &Ending, has_failed: bool) -> Status {
    match ending {
        Ending::Exited { code: 0 } if has_failed => Status::Failed,
        Ending::Exited { code: 0 } => Status::Ok,
        Ending::Exited { .. } => Status::Failed,
        Ending::Signalled { .. } => Status::Killed,
        Ending::TimedOut => Status::TimedOut,
        Ending::Cancelled => Status::Cancelled,
        Ending::NotStarted { .. } => Status::NotStarted,
        Ending::CircuitOpen => Status::CircuitOpen,
    }
}
