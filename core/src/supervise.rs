//! How a process with its group is ended: asked first, killed when its time is over, and never waited for without end.

use alloc::vec::Vec;
use core::time::Duration;

/// How much time a process has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long it may run before it is asked to end; `None` for as long as it likes.
    pub timeout: Option<Duration>,
    /// How long it has from there until its group is killed.
    pub grace: Duration,
    /// How long its streams are read on after its leader has ended, in case that another process holds them.
    pub drain: Duration,
}

/// What a supervisor is told.
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
    /// Read no more. Somebody outside of the group still holds a stream.
    Leave,
    /// All is done.
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
    pub fn step(&mut self, now: Duration, input: Input) -> Vec<Action> {
        let _ = (now, input, self.limits, self.phase);
        Vec::new()
    }

    /// When to say [`Input::Due`].
    pub fn next_deadline(&self) -> Option<Duration> {
        match self.phase {
            Phase::Running => self.limits.timeout,
            Phase::Terminating { until } | Phase::Killed { until } | Phase::Draining { until } => Some(until),
            Phase::Finished => None,
        }
    }

    /// Why it was made to end; `None` where it ended by itself.
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
}
