//! How one agent of a gate fares.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::outcome::{Gate, Outcome, Share};
use super::words;
use crate::agents::gate::plan::Agent;
use crate::agents::gate::run::{AgentRun, Attempt, Ending, Status};
use crate::retry::{Decision, ErrorClass, Failure, Retry, Seed};

/// One agent from its place in the queue to its end.
#[derive(Clone, Debug)]
pub(super) struct Course {
    place: Place,
    retry: Retry,
    /// All waits so far together.
    waited: Duration,
    share: Share,
}

#[derive(Clone, Debug)]
enum Place {
    Queued,
    Waiting { due: Duration },
    Called,
    Running,
    Through(Box<Outcome>),
}

/// What follows the end of an attempt.
pub(super) enum Next {
    /// Another one.
    Again { reason: String, wait: Duration },
    /// The end of the agent, to be told.
    Through(AgentRun),
}

impl Course {
    pub(super) fn new(seed: Seed, agent: &str) -> Self {
        let retry = Retry::new(seed, &format!("gate/{agent}"));
        Self { place: Place::Queued, retry, waited: Duration::ZERO, share: Share::default() }
    }

    /// How many attempts have started, or were refused.
    pub(super) fn attempts(&self) -> u32 {
        self.share.attempts
    }

    pub(super) fn holds_slot(&self) -> bool {
        matches!(self.place, Place::Called | Place::Running)
    }

    pub(super) fn is_through(&self) -> bool {
        matches!(self.place, Place::Through(_))
    }

    /// When its wait is over, if it waits.
    pub(super) fn due(&self) -> Option<Duration> {
        match self.place {
            Place::Waiting { due } => Some(due),
            _ => None,
        }
    }

    /// Since when it could start, if it could; those that wait in the queue, `None`, come before all others.
    pub(super) fn ready(&self, now: Duration) -> Option<Option<Duration>> {
        match self.place {
            Place::Queued => Some(None),
            Place::Waiting { due } if due <= now => Some(Some(due)),
            _ => None,
        }
    }

    /// Takes a slot, and says for which attempt.
    pub(super) fn call(&mut self) -> u32 {
        self.place = Place::Called;
        self.share.attempts.saturating_add(1)
    }

    /// Its attempt has begun. Tells whether that was to be.
    pub(super) fn begin(&mut self, now: Duration) -> bool {
        let was_called = matches!(self.place, Place::Called);
        if was_called {
            self.place = Place::Running;
            self.share.attempts = self.share.attempts.saturating_add(1);
            self.share.begun_at.get_or_insert(now);
        }
        was_called
    }

    /// Its attempt has ended; `None` where it had none.
    pub(super) fn end(
        &mut self,
        attempt: Attempt,
        agent: &Agent,
        gate: &Gate<'_>,
        is_cancelled: bool,
    ) -> Option<Next> {
        match self.place {
            // The attempt before it stays the last one.
            Place::Called if attempt.ending == Ending::Cancelled => {
                return Some(Next::Through(self.leave(agent, gate)));
            }
            Place::Called => self.share.attempts = self.share.attempts.saturating_add(1),
            Place::Running => {}
            _ => return None,
        }
        self.share.is_leaked |= attempt.is_leaked;
        let ending = attempt.ending.clone();
        self.share.last = Some(attempt);
        let status = status(&ending);
        let (reason, is_cut_short) = match status {
            Status::Ok => (None, false),
            Status::Cancelled => (Some(words::stopped()), true),
            _ => {
                let failure = Failure::of(class(&ending, agent));
                match self.retry.failed(&gate.plan.retry, self.waited, failure, None) {
                    Decision::Wait(_) if is_cancelled => {
                        (Some(words::left(Some(&ending), agent, gate.plan)), true)
                    }
                    Decision::Wait(wait) => return Some(self.wait(wait, &ending, agent, gate)),
                    Decision::GiveUp(why) => (Some(words::given_up(&ending, why, agent, gate.plan)), false),
                }
            }
        };
        Some(Next::Through(self.through(agent, gate, status, reason, is_cut_short)))
    }

    /// It is not to begin any more: its end, to be told. `None` where it was through before.
    pub(super) fn call_off(&mut self, agent: &Agent, gate: &Gate<'_>) -> Option<AgentRun> {
        (!self.is_through()).then(|| self.leave(agent, gate))
    }

    /// What came of it, when it is through.
    pub(super) fn into_outcome(self) -> Option<Outcome> {
        match self.place {
            Place::Through(outcome) => Some(*outcome),
            _ => None,
        }
    }

    fn wait(&mut self, wait: Duration, ending: &Ending, agent: &Agent, gate: &Gate<'_>) -> Next {
        self.waited = self.waited.saturating_add(wait);
        self.place = Place::Waiting { due: gate.now.saturating_add(wait) };
        Next::Again { reason: gate.masks.scrub(&words::failure(ending, agent, gate.plan)), wait }
    }

    fn leave(&mut self, agent: &Agent, gate: &Gate<'_>) -> AgentRun {
        let last = self.share.last.as_ref().map(|attempt| &attempt.ending);
        let reason = words::left(last, agent, gate.plan);
        self.through(agent, gate, Status::Cancelled, Some(reason), true)
    }

    fn through(
        &mut self,
        agent: &Agent,
        gate: &Gate<'_>,
        status: Status,
        reason: Option<String>,
        is_cut_short: bool,
    ) -> AgentRun {
        let share = core::mem::take(&mut self.share);
        let outcome = Outcome::new(share, agent, gate, status, reason, is_cut_short);
        let told = outcome.run.clone();
        self.place = Place::Through(Box::new(outcome));
        told
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
