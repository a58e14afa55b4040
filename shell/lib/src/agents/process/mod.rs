//! The door to processes: each in a group of its own, ended with all that it has started.
//!
//! One future drives one process: it obeys orders first, then the clock, then looks whether the process has ended, and only
//! then reads what it writes, so that no flood of output holds up its end. [`Supervisor`](speckit_core::agents::process::supervise::Supervisor)
//! decides what is done when; [`course`] does it.
//!
//! No process outlives its future. Everything that may fail is done before it is started, from its start on it belongs to a
//! [`leader::Leader`], and whoever drops that kills the group before the number of its first process is free for others.

#[cfg(unix)]
mod course;
#[cfg(unix)]
mod ended;
#[cfg(unix)]
mod leader;
#[cfg(unix)]
mod start;
#[cfg(unix)]
mod streams;

use std::sync::Arc;

use super::guard::Guard;
use super::{Hear, Job, Orders, Processes, Running};

/// Runs processes, each in a group of its own, and leaves none behind.
///
/// A process ends together with its group: whatever it has started is killed as soon as it has ended by itself. What has left
/// the group (`setsid`) lives on; if it holds a stream, that is read on for [`Limits::drain`](speckit_core::agents::process::supervise::Limits)
/// and the attempt is marked as leaked.
///
/// How an attempt ends: one whose time was over is timed out and one that was ordered to end is cancelled, whatever code it
/// then exits with, since nobody can tell whether it had finished its work; what it wrote until its end is kept. One that had
/// ended by itself when the time-out or the order came keeps the code or the signal that ended it.
///
/// It runs on Unix, within a runtime of tokio with time and I/O; on other systems every job ends as not started. A job that is
/// dropped, at whatever point, has its group killed, and holds its thread up until that is done: milliseconds, and never more
/// than about a second. A process that the system cannot end in that time is reaped when a later job starts or ends.
///
/// Processes have the time of the system: a runtime whose clock is paused for a test does not make them wait less, and is kept
/// busy meanwhile.
///
/// # Panics
/// A job panics when it is polled without such a runtime, and leaves nothing behind.
#[derive(Clone, Debug, Default)]
pub struct ProcessManager {
    guard: Option<Arc<Guard>>,
}

impl ProcessManager {
    /// Runs processes that nobody ends if this one is killed (SIGKILL).
    pub fn new() -> Self {
        Self::default()
    }

    /// Has every group known to a guard, which ends it if this process is killed.
    #[must_use]
    pub fn guarded_by(mut self, guard: Arc<Guard>) -> Self {
        self.guard = Some(guard);
        self
    }
}

#[cfg(unix)]
impl Processes for ProcessManager {
    fn run(&self, job: Job, hear: Hear, orders: Orders) -> Running {
        Box::pin(course::run(job, hear, orders, self.guard.clone()))
    }
}

#[cfg(not(unix))]
impl Processes for ProcessManager {
    fn run(&self, _: Job, _: Hear, _: Orders) -> Running {
        let _ = &self.guard;
        Box::pin(async {
            super::unheard(speckit_core::agents::gate::Ending::NotStarted {
                class: speckit_core::retry::ErrorClass::Permanent,
                reason: "agents run on Unix systems alone, such as Linux and macOS: run the gate there"
                    .to_owned(),
            })
        })
    }
}
