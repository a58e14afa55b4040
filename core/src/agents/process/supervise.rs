//! How a process with its group is ended: asked first, killed when its time is over, and never waited for without end.
//!
//! The group is always killed before its leader is reaped. A leader that has ended and is not yet reaped keeps its number,
//! so that the signal cannot reach a group of somebody else; once it is reaped, nothing is signalled any more.

use alloc::vec::Vec;
use core::time::Duration;

/// How much time a process has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long it may run before it is asked to end; `None` for as long as it likes.
    pub timeout: Option<Duration>,
    /// How long it has from there until its group is killed; zero for not at all.
    pub grace: Duration,
    /// How long its streams are read on after its leader has ended, in case that another process holds them; and how long a
    /// leader that was killed is waited for.
    pub drain: Duration,
}

/// What a supervisor is told. Whatever comes twice, late or out of turn does no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Time has passed.
    Due,
    /// It is to end, in peace.
    Stop,
    /// It is to end now.
    Kill,
    /// The first process of the group has ended, and is not yet reaped.
    LeaderEnded,
    /// Nobody holds the other ends of its streams any more.
    StreamsClosed,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ask the group to end (SIGTERM).
    Terminate,
    /// Stop the group, so that it makes no more processes, and kill it (SIGSTOP, SIGKILL).
    Kill,
    /// Reap the leader: its number belongs to nobody from here on.
    Reap,
    /// Read no more: somebody outside of the group still holds a stream, or the leader cannot be killed. Who reaps a leader
    /// that ends later is not decided here.
    Leave,
    /// All is done; the last action.
    Finish,
}

/// Why a process was made to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Its time was over.
    TimedOut,
    /// Somebody asked for it.
    Stopped,
}

/// Supervises one process from its start to its end. Times are those since its start.
///
/// ```
/// use core::time::Duration;
/// use speckit_core::agents::process::supervise::{Action, Cause, Input, Limits, Supervisor};
/// let second = Duration::from_secs;
/// let limits = Limits { timeout: Some(second(60)), grace: second(5), drain: second(1) };
/// let mut process = Supervisor::new(limits);
/// assert_eq!(process.step(second(60), Input::Due), [Action::Terminate]);
/// assert_eq!(process.step(second(65), Input::Due), [Action::Kill], "it did not listen");
/// assert_eq!(process.step(second(65), Input::LeaderEnded), [Action::Kill, Action::Reap]);
/// assert_eq!(process.next_deadline(), Some(second(66)));
/// assert_eq!(process.step(second(66), Input::Due), [Action::Leave, Action::Finish]);
/// assert_eq!((process.cause(), process.is_leaked()), (Some(Cause::TimedOut), true));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supervisor {
    limits: Limits,
    phase: Phase,
    cause: Option<Cause>,
    are_streams_closed: bool,
    is_leaked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Running,
    Terminating {
        until: Duration,
    },
    /// The kernel ends it; in a call that cannot be interrupted it may take its time.
    Killed {
        until: Duration,
    },
    Draining {
        until: Duration,
    },
    Finished,
}

impl Supervisor {
    /// A supervisor of a process that starts now.
    pub fn new(limits: Limits) -> Self {
        Self { limits, phase: Phase::Running, cause: None, are_streams_closed: false, is_leaked: false }
    }

    /// What is to be done, in this order.
    ///
    /// A grace and a drain count from the time at which the step before them is told of, so that what comes late shortens
    /// neither.
    pub fn step(&mut self, now: Duration, input: Input) -> Vec<Action> {
        let is_due = self.next_deadline().is_some_and(|deadline| deadline <= now);
        match (self.phase, input) {
            (Phase::Finished, _) => Vec::new(),
            (phase, Input::StreamsClosed) => {
                // An agent may close its streams and go on.
                self.are_streams_closed = true;
                if matches!(phase, Phase::Draining { .. }) { self.finish(Vec::new()) } else { Vec::new() }
            }
            // Nobody is left whom a signal could reach.
            (Phase::Draining { .. }, Input::Due) if is_due => self.leave(),
            (Phase::Draining { .. }, _) => Vec::new(),
            (_, Input::LeaderEnded) => self.reap(now),
            (Phase::Running, Input::Due) if is_due => self.terminate(now, Cause::TimedOut),
            (Phase::Running, Input::Stop) => self.terminate(now, Cause::Stopped),
            (Phase::Terminating { .. }, Input::Due) if is_due => self.kill(now, Vec::new()),
            (Phase::Running | Phase::Terminating { .. }, Input::Kill) => {
                self.cause.get_or_insert(Cause::Stopped);
                self.kill(now, Vec::new())
            }
            (Phase::Killed { .. }, Input::Due) if is_due => self.leave(),
            (_, Input::Due | Input::Stop | Input::Kill) => Vec::new(),
        }
    }

    /// When to say [`Input::Due`].
    pub fn next_deadline(&self) -> Option<Duration> {
        match self.phase {
            Phase::Running => self.limits.timeout,
            Phase::Terminating { until } | Phase::Killed { until } | Phase::Draining { until } => Some(until),
            Phase::Finished => None,
        }
    }

    /// Why it was made to end, at first; `None` where it ended by itself.
    pub fn cause(&self) -> Option<Cause> {
        self.cause
    }

    /// Whether a process outside of the group still held a stream when the reading ended, or the leader could not be killed.
    pub fn is_leaked(&self) -> bool {
        self.is_leaked
    }

    /// Whether all is done.
    pub fn is_finished(&self) -> bool {
        self.phase == Phase::Finished
    }

    fn terminate(&mut self, now: Duration, cause: Cause) -> Vec<Action> {
        self.cause = Some(cause);
        let until = now.saturating_add(self.limits.grace);
        self.phase = Phase::Terminating { until };
        if until > now {
            Vec::from([Action::Terminate])
        } else {
            self.kill(now, Vec::from([Action::Terminate]))
        }
    }

    fn kill(&mut self, now: Duration, mut actions: Vec<Action>) -> Vec<Action> {
        self.phase = Phase::Killed { until: now.saturating_add(self.limits.drain) };
        actions.push(Action::Kill);
        actions
    }

    fn reap(&mut self, now: Duration) -> Vec<Action> {
        self.phase = Phase::Draining { until: now.saturating_add(self.limits.drain) };
        let actions = Vec::from([Action::Kill, Action::Reap]);
        if self.are_streams_closed { self.finish(actions) } else { actions }
    }

    fn leave(&mut self) -> Vec<Action> {
        self.is_leaked = true;
        self.finish(Vec::from([Action::Leave]))
    }

    fn finish(&mut self, mut actions: Vec<Action>) -> Vec<Action> {
        self.phase = Phase::Finished;
        actions.push(Action::Finish);
        actions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        timeout: Some(Duration::from_secs(60)),
        grace: Duration::from_secs(5),
        drain: Duration::from_secs(1),
    };

    fn second(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn who_ends_by_itself_takes_its_group_along() {
        let mut process = Supervisor::new(LIMITS);
        assert_eq!(process.step(second(1), Input::LeaderEnded), [Action::Kill, Action::Reap]);
        assert_eq!(process.step(second(1), Input::StreamsClosed), [Action::Finish]);
        assert_eq!((process.cause(), process.is_leaked(), process.is_finished()), (None, false, true));
    }

    #[test]
    fn closed_streams_end_nothing_while_it_runs() {
        let mut process = Supervisor::new(LIMITS);
        assert_eq!(process.step(second(1), Input::StreamsClosed), []);
        assert_eq!(process.next_deadline(), LIMITS.timeout);
        assert_eq!(process.step(second(2), Input::LeaderEnded), [Action::Kill, Action::Reap, Action::Finish]);
    }

    #[test]
    fn without_grace_it_is_asked_and_killed_at_once() {
        let mut process = Supervisor::new(Limits { grace: Duration::ZERO, ..LIMITS });
        assert_eq!(process.step(second(3), Input::Stop), [Action::Terminate, Action::Kill]);
        assert_eq!(process.next_deadline(), Some(second(4)));
    }

    #[test]
    fn a_stop_after_the_time_out_changes_nothing() {
        let mut process = Supervisor::new(LIMITS);
        assert_eq!(process.step(second(61), Input::Due), [Action::Terminate]);
        assert_eq!(process.step(second(62), Input::Stop), []);
        assert_eq!((process.cause(), process.next_deadline()), (Some(Cause::TimedOut), Some(second(66))));
        assert_eq!(process.step(second(63), Input::Kill), [Action::Kill]);
        assert_eq!(process.cause(), Some(Cause::TimedOut));
    }

    #[test]
    fn a_leader_that_cannot_be_killed_is_given_up() {
        let mut process = Supervisor::new(LIMITS);
        assert_eq!(process.step(second(1), Input::Kill), [Action::Kill]);
        assert_eq!(process.step(second(2), Input::Due), [Action::Leave, Action::Finish]);
        assert_eq!((process.cause(), process.is_leaked()), (Some(Cause::Stopped), true));
        assert_eq!(process.step(second(3), Input::LeaderEnded), []);
    }

    #[test]
    fn nothing_is_signalled_once_the_leader_is_reaped() {
        let mut process = Supervisor::new(LIMITS);
        process.step(second(1), Input::LeaderEnded);
        for input in [Input::Stop, Input::Kill, Input::LeaderEnded, Input::Due] {
            assert_eq!(process.step(second(1), input), [], "{input:?}");
        }
    }

    #[test]
    fn a_limit_without_end_is_no_overflow() {
        let mut process = Supervisor::new(Limits { grace: Duration::MAX, ..LIMITS });
        assert_eq!(process.step(second(1), Input::Stop), [Action::Terminate]);
        assert_eq!(process.next_deadline(), Some(Duration::MAX));
    }
}
