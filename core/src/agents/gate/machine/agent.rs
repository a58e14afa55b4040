//! The state of one agent while its gate runs.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::outcome::{AgentOutcome, AttemptHistory, GateContext};
use super::reason;
use crate::agents::gate::plan::Agent;
use crate::agents::gate::run::{AgentRun, Attempt, Ending, Status};
use crate::retry::{Decision, ErrorClass, Failure, Retry, Seed};

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

    /// How many attempts have begun or were rejected.
    pub(super) fn attempts(&self) -> u32 {
        self.history.attempts
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

    /// Its attempt has begun. `false`: none was to start.
    pub(super) fn begin(&mut self, now: Duration) -> bool {
        let was_starting = matches!(self.phase, AgentPhase::Starting);
        if was_starting {
            self.phase = AgentPhase::Running;
            self.history.attempts = self.history.attempts.saturating_add(1);
            self.history.begun_at.get_or_insert(now);
        }
        was_starting
    }

    /// Its attempt has ended. `None`: it had none.
    pub(super) fn end(
        &mut self,
        attempt: Attempt,
        agent: &Agent,
        gate: &GateContext,
        is_cancelled: bool,
    ) -> Option<AfterAttempt> {
        match self.phase {
            // It never began: the attempt before it stays the last one.
            AgentPhase::Starting if attempt.ending == Ending::Cancelled => {
                return Some(AfterAttempt::Done(self.stop_waiting(agent, gate)));
            }
            AgentPhase::Starting => self.history.attempts = self.history.attempts.saturating_add(1),
            AgentPhase::Running => {}
            _ => return None,
        }
        self.history.leaked |= attempt.leaked;
        let ending = attempt.ending.clone();
        self.history.last = Some(attempt);
        let status = status(&ending);
        let (reason, is_cut_short) = match status {
            Status::Ok => (None, false),
            Status::Cancelled => (Some(reason::stopped()), true),
            _ => {
                let failure = Failure::of(class(&ending, agent));
                match self.retry.failed(&gate.plan.retry, self.waited, failure, None) {
                    Decision::Wait(_) if is_cancelled => {
                        (Some(reason::not_retried(Some(&ending), agent, &gate.plan)), true)
                    }
                    Decision::Wait(wait) => return Some(self.wait(wait, &ending, agent, gate)),
                    Decision::GiveUp(why) => (Some(reason::given_up(&ending, why, agent, &gate.plan)), false),
                }
            }
        };
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

    fn wait(&mut self, wait: Duration, ending: &Ending, agent: &Agent, gate: &GateContext) -> AfterAttempt {
        self.waited = self.waited.saturating_add(wait);
        self.phase = AgentPhase::Waiting { due: gate.now.saturating_add(wait) };
        AfterAttempt::Retry { reason: gate.masks.mask(&reason::failure(ending, agent, &gate.plan)), wait }
    }

    fn stop_waiting(&mut self, agent: &Agent, gate: &GateContext) -> AgentRun {
        let last = self.history.last.as_ref().map(|attempt| &attempt.ending);
        let reason = reason::not_retried(last, agent, &gate.plan);
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

fn status(ending: &Ending) -> Status {
    match ending {
        Ending::Exited { code: 0 } => Status::Ok,
        Ending::Exited { .. } => Status::Failed,
        Ending::Signalled { .. } => Status::Killed,
        Ending::TimedOut => Status::TimedOut,
        Ending::Cancelled => Status::Cancelled,
        Ending::NotStarted { .. } => Status::NotStarted,
        Ending::CircuitOpen => Status::CircuitOpen,
    }
}

fn class(ending: &Ending, agent: &Agent) -> ErrorClass {
    match ending {
        Ending::Exited { code } => agent.exit_class(*code),
        Ending::NotStarted { class, .. } => *class,
        Ending::Signalled { .. } | Ending::TimedOut | Ending::Cancelled | Ending::CircuitOpen => {
            ErrorClass::Permanent
        }
    }
}
