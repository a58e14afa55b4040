//! The door to processes: each runs in a session and a process group of its own and ends with everything that it started.
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

/// Runs processes, each in a session and a process group of its own, and ends the whole group.
///
/// A process has no controlling terminal: opening `/dev/tty` fails. When it exits, the rest of its group is killed. After SIGTERM the
/// rest has the grace period even if the first process ends before; without `/proc`, and where a signal reaches a group of zombies, it is
/// killed at the end of the period and not when it has ended.
///
/// On Linux processes that have left the group are killed too, unless they are [spared](Self::sparing_detached): those in the session of
/// the first process, and those that have the variable `GATE_ATTEMPT` of the attempt in their environment. A process with a session of its
/// own and without the variable is not found; neither is any process outside of the group on other systems, nor one that runs as another
/// user. If such a process keeps a stream open, the stream is read for
/// [`Limits::drain`](speckit_core::agents::process::supervise::Limits) more, and the attempt is marked as leaked. On Linux
/// [`Attempt::left`](speckit_core::agents::gate::Attempt) then names it.
///
/// An attempt that reached its time-out ends as timed out, and one that was ordered to end as cancelled, whatever its exit code, because
/// its work may be incomplete; its output is kept. An attempt that had exited before the time-out or the order keeps its exit status.
///
/// On Linux a process is started by posix_spawn(3) (GNU C library 2.26 or newer, or musl), which takes the same time however much memory
/// this process uses; its program is found in the `PATH` of this process, and a file that is neither a binary nor begins with `#!` is
/// refused. Elsewhere it is started by fork(2), its own `PATH` counts, and `/bin/sh` may run such a file (execvp(3)).
///
/// It works on Unix, in a tokio runtime with time and I/O; on other systems no job is started. Dropping a job kills its processes and blocks
/// the thread until that is done: milliseconds, and at most about two seconds. A process that the system cannot end in that time is
/// reaped when a later job starts or ends.
///
/// Processes use the time of the system: pausing the clock of the runtime in a test does not shorten their waits.
///
/// # Panics
/// Polling a job outside such a runtime panics; the process is killed.
#[derive(Clone, Debug, Default)]
pub struct ProcessManager {
    guard: Option<Arc<Guard>>,
    spares_detached: bool,
}

impl ProcessManager {
    /// Runs processes without a guard: they live on if this process is killed (SIGKILL).
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets processes that have left the group live on, such as the servers that build tools start for later runs.
    #[must_use]
    pub fn sparing_detached(mut self) -> Self {
        self.spares_detached = true;
        self
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
        Box::pin(process_run::run(job, on_line, orders, self.clone()))
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
