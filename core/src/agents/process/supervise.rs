//! Ends a process and its group: SIGTERM first, SIGKILL after the grace period. Every wait after SIGTERM has a limit.
//!
//! The leader is the first process of the group. To reap it is to collect its exit status (waitpid(2)).
//! The group is always killed before its leader is reaped. A leader that has ended and is not yet reaped keeps its process id,
//! so the signal cannot reach an unrelated group; after the reaping nothing is signalled.
//!
//! A leader that ends by itself ends its group. After SIGTERM the rest of the group has the whole grace period, because a shell obeys
//! SIGTERM at once and the program that it has started may need the time.

use alloc::vec::Vec;
use core::time::Duration;

/// The pause between two checks of a group whose leader has ended.
const CHECK_PAUSE: Duration = Duration::from_millis(10);

/// The time limits of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long it may run before SIGTERM; `None`: without limit.
    pub timeout: Option<Duration>,
    /// How long after SIGTERM its group is killed; zero: immediately.
    pub grace: Duration,
    /// How long its streams are still read after its leader has ended: another process may hold them open. It is also how
    /// long to wait for a killed leader.
    pub drain: Duration,
}

/// An input of a [`Supervisor`]. Repeated, late and unexpected inputs do no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The time of [`Supervisor::next_deadline`] has come.
    Timer,
    /// Stop it with SIGTERM.
    Stop,
    /// Kill it now.
    Kill,
    /// The first process of the group has ended and is not yet reaped.
    LeaderEnded,
    /// The leader has ended, and so has every other process of the group.
    GroupEnded,
    /// No process holds its streams open any more.
    StreamsClosed,
}

/// What the caller must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send SIGTERM to the group.
    Terminate,
    /// Look for running processes of the group, and give [`Input::GroupEnded`] if there are none.
    CheckGroup,
    /// Kill the group with SIGKILL, so that no process which it spawns meanwhile is left.
    Kill,
    /// Find and kill the processes that have left the group. The leader is not reaped yet, so its session keeps its id.
    KillEscaped,
    /// Reap the leader: from here on the system may reuse its process id.
    Reap,
    /// Stop reading: a process that was not found still holds a stream, or the leader cannot be killed. The caller may
    /// reap such a leader later.
    StopReading,
    /// The last action.
    Finish,
}

/// Why a process was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopCause {
    /// It timed out.
    TimedOut,
    /// The caller asked for it.
    Stopped,
}

/// Supervises one process from its start to its end. All times count from its start.
///
/// ```
/// use core::time::Duration;
/// use speckit_core::agents::process::supervise::{Action, StopCause, Input, Limits, Supervisor};
/// let second = Duration::from_secs;
/// let limits = Limits { timeout: Some(second(60)), grace: second(5), drain: second(1) };
/// let mut process = Supervisor::new(limits);
/// assert_eq!(process.step(second(60), Input::Timer), [Action::Terminate]);
/// assert_eq!(process.step(second(65), Input::Timer), [Action::Kill], "it ignored SIGTERM");
/// assert_eq!(process.step(second(65), Input::LeaderEnded), [Action::Kill, Action::KillEscaped, Action::Reap]);
/// assert_eq!(process.next_deadline(), Some(second(66)));
/// assert_eq!(process.step(second(66), Input::Timer), [Action::StopReading, Action::Finish]);
/// assert_eq!((process.cause(), process.leaked()), (Some(StopCause::TimedOut), true));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supervisor {
    limits: Limits,
    phase: ProcessPhase,
    cause: Option<StopCause>,
    are_streams_closed: bool,
    leaked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ProcessPhase {
    Running,
    Terminating {
        until: Duration,
    },
    /// The leader has obeyed SIGTERM, and the rest of its group has time until the end of the grace period.
    LeaderGone {
        until: Duration,
        next_check: Duration,
    },
    /// A process may live a little longer if it is in a system call that cannot be interrupted.
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
        Self { limits, phase: ProcessPhase::Running, cause: None, are_streams_closed: false, leaked: false }
    }

    /// Takes an input and returns the actions, in the order in which to do them.
    ///
    /// The grace and drain periods count from the `now` of the step that begins them, so a late input does not shorten them.
    pub fn step(&mut self, now: Duration, input: Input) -> Vec<Action> {
        let is_due = self.next_deadline().is_some_and(|deadline| deadline <= now);
        match (self.phase, input) {
            (ProcessPhase::Finished, _) => Vec::new(),
            (phase, Input::StreamsClosed) => {
                // A process may close its streams and continue to run.
                self.are_streams_closed = true;
                if matches!(phase, ProcessPhase::Draining { .. }) {
                    self.finish(Vec::new())
                } else {
                    Vec::new()
                }
            }
            (ProcessPhase::Draining { .. }, Input::Timer) if is_due => self.give_up(),
            (ProcessPhase::Draining { .. }, _) => Vec::new(),
            (ProcessPhase::Terminating { until }, Input::LeaderEnded) => self.check_group(now, until),
            (ProcessPhase::LeaderGone { .. }, Input::GroupEnded | Input::Kill) => self.reap(now),
            (ProcessPhase::LeaderGone { until, .. }, Input::Timer) if is_due => self.check_group(now, until),
            (ProcessPhase::LeaderGone { .. }, _) => Vec::new(),
            (_, Input::LeaderEnded) => self.reap(now),
            (ProcessPhase::Running, Input::Timer) if is_due => self.terminate(now, StopCause::TimedOut),
            (ProcessPhase::Running, Input::Stop) => self.terminate(now, StopCause::Stopped),
            (ProcessPhase::Terminating { .. }, Input::Timer) if is_due => self.kill(now, Vec::new()),
            (ProcessPhase::Running | ProcessPhase::Terminating { .. }, Input::Kill) => {
                self.cause.get_or_insert(StopCause::Stopped);
                self.kill(now, Vec::new())
            }
            (ProcessPhase::Killed { .. }, Input::Timer) if is_due => {
                let mut actions = Vec::from([Action::KillEscaped]);
                actions.extend(self.give_up());
                actions
            }
            (_, Input::Timer | Input::Stop | Input::Kill | Input::GroupEnded) => Vec::new(),
        }
    }

    /// When to give [`Input::Timer`].
    pub fn next_deadline(&self) -> Option<Duration> {
        match self.phase {
            ProcessPhase::Running => self.limits.timeout,
            ProcessPhase::Terminating { until }
            | ProcessPhase::Killed { until }
            | ProcessPhase::Draining { until } => Some(until),
            ProcessPhase::LeaderGone { next_check, .. } => Some(next_check),
            ProcessPhase::Finished => None,
        }
    }

    /// The first reason to stop it; `None` if it ended by itself.
    pub fn cause(&self) -> Option<StopCause> {
        self.cause
    }

    /// Whether a process still held a stream when reading stopped, or the leader could not be killed.
    pub fn leaked(&self) -> bool {
        self.leaked
    }

    /// Whether [`Action::Finish`] was returned.
    pub fn is_finished(&self) -> bool {
        self.phase == ProcessPhase::Finished
    }

    fn terminate(&mut self, now: Duration, cause: StopCause) -> Vec<Action> {
        self.cause = Some(cause);
        let until = now.saturating_add(self.limits.grace);
        self.phase = ProcessPhase::Terminating { until };
        if until > now {
            Vec::from([Action::Terminate])
        } else {
            self.kill(now, Vec::from([Action::Terminate]))
        }
    }

    fn kill(&mut self, now: Duration, mut actions: Vec<Action>) -> Vec<Action> {
        self.phase = ProcessPhase::Killed { until: now.saturating_add(self.limits.drain) };
        actions.push(Action::Kill);
        actions
    }

    fn check_group(&mut self, now: Duration, until: Duration) -> Vec<Action> {
        if until <= now {
            return self.reap(now);
        }
        let next_check = now.saturating_add(CHECK_PAUSE).min(until);
        self.phase = ProcessPhase::LeaderGone { until, next_check };
        Vec::from([Action::CheckGroup])
    }

    fn reap(&mut self, now: Duration) -> Vec<Action> {
        self.phase = ProcessPhase::Draining { until: now.saturating_add(self.limits.drain) };
        let actions = Vec::from([Action::Kill, Action::KillEscaped, Action::Reap]);
        if self.are_streams_closed { self.finish(actions) } else { actions }
    }

    fn give_up(&mut self) -> Vec<Action> {
        self.leaked = true;
        self.finish(Vec::from([Action::StopReading]))
    }

    fn finish(&mut self, mut actions: Vec<Action>) -> Vec<Action> {
        self.phase = ProcessPhase::Finished;
        actions.push(Action::Finish);
        actions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_group_has_the_grace_that_its_leader_did_not_use() {
        let at = Duration::from_millis;
        let limits = Limits { timeout: Some(at(1000)), grace: at(5000), drain: at(1000) };
        let mut process = Supervisor::new(limits);
        assert_eq!(process.step(at(1000), Input::Timer), [Action::Terminate]);
        assert_eq!(process.step(at(1002), Input::LeaderEnded), [Action::CheckGroup]);
        assert_eq!(process.next_deadline(), Some(at(1012)));
        let reaped = [Action::Kill, Action::KillEscaped, Action::Reap];
        let mut unfinished = process.clone();
        assert_eq!(unfinished.step(at(5995), Input::Timer), [Action::CheckGroup]);
        assert_eq!(unfinished.next_deadline(), Some(at(6000)), "the end of the grace period");
        assert_eq!(unfinished.step(at(6000), Input::Timer), reaped);
        assert_eq!(process.step(at(1500), Input::GroupEnded), reaped, "at once");
    }

    #[test]
    fn an_unlimited_grace_does_not_overflow() {
        let second = Duration::from_secs(1);
        let mut process = Supervisor::new(Limits { timeout: None, grace: Duration::MAX, drain: second });
        assert_eq!(process.step(second, Input::Stop), [Action::Terminate]);
        assert_eq!(process.next_deadline(), Some(Duration::MAX));
    }
}
