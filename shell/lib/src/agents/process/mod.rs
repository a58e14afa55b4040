//! The door to processes: each runs in a process group of its own and ends with everything that it started.
//!
//! One future drives one process. It handles orders first, then deadlines, then the exit, and output last, so that a flood of output
//! cannot delay the end. [`Supervisor`](speckit_core::agents::process::supervise::Supervisor) decides, and [`process_run`] performs.
//!
//! No process outlives its future. Everything that can fail happens before the start. From its start a process belongs to a
//! [`leader::Leader`]; dropping that kills the group before the kernel can reuse its number.

#[cfg(unix)]
mod exit_watcher;
#[cfg(unix)]
mod leader;
#[cfg(unix)]
mod process_run;
#[cfg(unix)]
mod start;
#[cfg(unix)]
mod streams;

use std::sync::Arc;

use super::guard::Guard;
use super::{Job, OnLine, Orders, Processes, Running};

/// Runs processes, each in a process group of its own, and ends the whole group.
///
/// When a process exits, the rest of its group is killed. A process that left the group (`setsid`) lives on; if it keeps a stream
/// open, the stream is read for [`Limits::drain`](speckit_core::agents::process::supervise::Limits) more, and the attempt is marked as leaked.
///
/// An attempt that reached its time-out ends as timed out, and one that was ordered to end as cancelled, whatever its exit code, because
/// its work may be incomplete; its output is kept. An attempt that had exited before the time-out or the order keeps its exit status.
///
/// It works on Unix, in a tokio runtime with time and I/O; on other systems no job is started. Dropping a job kills its group and blocks
/// the thread until that is done: milliseconds, and at most about a second. A process that the system cannot end in that time is
/// reaped when a later job starts or ends.
///
/// Processes use the time of the system: pausing the clock of the runtime in a test does not shorten their waits.
///
/// # Panics
/// Polling a job outside such a runtime panics; the process is killed.
#[derive(Clone, Debug, Default)]
pub struct ProcessManager {
    guard: Option<Arc<Guard>>,
}

impl ProcessManager {
    /// Runs processes without a guard: they live on if this process is killed (SIGKILL).
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers every group with a guard, which kills it if this process is killed.
    #[must_use]
    pub fn guarded_by(mut self, guard: Arc<Guard>) -> Self {
        self.guard = Some(guard);
        self
    }
}

#[cfg(unix)]
impl Processes for ProcessManager {
    fn run(&self, job: Job, on_line: OnLine, orders: Orders) -> Running {
        Box::pin(process_run::run(job, on_line, orders, self.guard.clone()))
    }
}

#[cfg(not(unix))]
impl Processes for ProcessManager {
    fn run(&self, _: Job, _: OnLine, _: Orders) -> Running {
        let _ = &self.guard;
        Box::pin(async {
            super::without_output(speckit_core::agents::gate::Ending::NotStarted {
                class: speckit_core::retry::ErrorClass::Permanent,
                reason: "agents run on Unix systems alone, such as Linux and macOS: run the gate there"
                    .to_owned(),
            })
        })
    }
}
