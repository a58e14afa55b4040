//! Starts the runs of one command, with what they share.
#![expect(clippy::disallowed_methods, reason = "this module belongs to the door to measured processes")]

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::Instant;

use rustix::process::Pid;
use speckit_core::agents::process::supervise::Limits;
use speckit_core::bench::RunRecord;

use super::stderr_pipe::stderr_pipe;
use super::stopper::CommandStopper;
use super::watcher::Watcher;
use crate::os::{clock, documents};

/// The variable that moves the stack of the child.
const PADDING: &str = "SPECKIT_BENCH_PADDING";

/// Starts the runs of one command. What each of them needs is opened before the first one, since opening it takes longer than all else
/// that is done between two runs.
///
/// A process that a run leaves in a session of its own, so that it is not killed with the group, may write to the standard error of a
/// later run.
#[derive(Debug)]
pub(super) struct Launcher {
    /// Has the null device and the end of the pipe that runs write to.
    command: Command,
    watcher: Watcher,
}

/// A command that was started.
#[derive(Debug)]
pub(super) struct MeasuredChild<'a> {
    group: Pid,
    started: Instant,
    watcher: &'a Watcher,
}

impl Launcher {
    pub(super) fn new(
        program: &str,
        arguments: &[String],
        limits: Limits,
        stopper: Option<CommandStopper>,
    ) -> io::Result<Self> {
        let mut command = Command::new(program);
        // Nothing here makes the standard library fork instead of using `posix_spawn`: a fork takes longer the more memory this process
        // has. `Stdio::null` would open the device within the measured time.
        let null = documents::null_device()?;
        let (stderr, its_stderr) = stderr_pipe()?;
        command.args(arguments).process_group(0).stdin(null.try_clone()?).stdout(null).stderr(its_stderr);
        Ok(Self { command, watcher: Watcher::start(limits, stopper, stderr)? })
    }

    /// Prepares for another run. `false` if a new launcher has to start it, since another process has written to the pipe.
    pub(super) fn prepare(&self) -> bool {
        self.watcher.begin_run()
    }

    /// Starts a run with a variable of so many bytes.
    pub(super) fn start(&mut self, padding_bytes: usize) -> io::Result<MeasuredChild<'_>> {
        self.command.env(PADDING, "x".repeat(padding_bytes));
        let started = clock::now();
        let child = self.command.spawn()?;
        Ok(MeasuredChild { group: Pid::from_child(&child), started, watcher: &self.watcher })
    }
}

impl MeasuredChild<'_> {
    /// Waits for its end; `None` if the stopper ended it.
    pub(super) fn wait(self) -> io::Result<Option<RunRecord>> {
        self.watcher.wait(self.group, self.started)
    }
}
