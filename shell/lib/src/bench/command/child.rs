//! A child whose exit is waited for with `wait4`, which gives its own use of resources.
#![expect(clippy::disallowed_methods, reason = "this module is the door to measured processes")]

use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use super::peak_memory::peak_bytes;
use super::stderr_pipe::StderrPipe;
use super::stopper::CommandStopper;
use crate::os::{clock, process_group};

/// How long a drop waits for the exit of the killed process.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often a child is polled at first if the system does not report its exit.
const SHORTEST_PAUSE: Duration = Duration::from_micros(50);
const LOST_EXIT: &str = "its exit status is lost because this process ignores SIGCHLD; do not ignore SIGCHLD";

/// A running command that leads a process group of its own. Dropping it kills the group.
pub(super) struct MeasuredChild<'a> {
    pid: Pid,
    started: Instant,
    /// Reports the exit. Without it the child is polled.
    exit: Option<OwnedFd>,
    stderr: &'a mut StderrPipe,
    is_reaped: bool,
}

/// Something that a waiting parent reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChildEvent {
    /// The child has exited, and is not reaped.
    Exited,
    /// The stopper has stopped.
    Stopped,
    /// The wait has lasted as long as it may.
    TimeIsUp,
}

/// A descriptor that a waiting parent polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Descriptor {
    Exit,
    Stopper,
    Stderr,
}

/// What the system says about a child that has exited.
pub(super) struct Usage {
    pub(super) status: ExitStatus,
    pub(super) user: Duration,
    pub(super) system: Duration,
    pub(super) peak_bytes: Option<u64>,
}

impl<'a> MeasuredChild<'a> {
    /// A child that was started at this time.
    pub(super) fn new(child: &Child, started: Instant, stderr: &'a mut StderrPipe) -> Self {
        let pid = Pid::from_child(child);
        Self { pid, started, exit: exit_descriptor(pid), stderr, is_reaped: false }
    }

    /// The time since its start.
    pub(super) fn elapsed(&self) -> Duration {
        clock::now().saturating_duration_since(self.started)
    }

    /// Waits for an event, and reads the standard error meanwhile. An exit comes before everything else.
    pub(super) fn wait(
        &mut self,
        stopper: Option<&CommandStopper>,
        until: Option<Duration>,
    ) -> io::Result<ChildEvent> {
        loop {
            if self.exit.is_none() && has_exited(self.pid)? {
                return Ok(ChildEvent::Exited);
            }
            let elapsed = self.elapsed();
            let rest = until.map(|until| until.saturating_sub(elapsed));
            // Without a report of the exit, a look after each thousandth of the time keeps the error small.
            let pause = self.exit.is_none().then(|| (elapsed / 1000).max(SHORTEST_PAUSE));
            let ready = self.poll(stopper, [rest, pause].into_iter().flatten().min())?;
            if ready.contains(&Descriptor::Exit) {
                return Ok(ChildEvent::Exited);
            }
            if ready.contains(&Descriptor::Stopper) {
                return Ok(ChildEvent::Stopped);
            }
            if ready.contains(&Descriptor::Stderr) {
                self.stderr.read();
            }
            if until.is_some_and(|until| self.elapsed() >= until) {
                return Ok(ChildEvent::TimeIsUp);
            }
        }
    }

    /// The descriptors that are ready, after at most this time.
    fn poll(&self, stopper: Option<&CommandStopper>, max: Option<Duration>) -> io::Result<Vec<Descriptor>> {
        let exit = self.exit.as_ref().map(|exit| (Descriptor::Exit, exit.as_fd()));
        let stopped = stopper.map(|stopper| (Descriptor::Stopper, stopper.descriptor().as_fd()));
        let stderr = self.stderr.descriptor().map(|stderr| (Descriptor::Stderr, stderr));
        let (descriptors, mut polled): (Vec<_>, Vec<_>) = [exit, stopped, stderr]
            .into_iter()
            .flatten()
            .map(|(descriptor, fd)| (descriptor, PollFd::from_borrowed_fd(fd, PollFlags::IN)))
            .unzip();
        let max = max.and_then(|max| Timespec::try_from(max).ok());
        match poll(&mut polled, max.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        }
        let ready = descriptors.into_iter().zip(&polled).filter(|(_, polled)| !polled.revents().is_empty());
        Ok(ready.map(|(descriptor, _)| descriptor).collect())
    }

    /// Asks the group to end.
    pub(super) fn terminate(&self) {
        process_group::terminate(self.pid);
    }

    /// Kills the group.
    pub(super) fn kill(&self) {
        process_group::kill(self.pid);
    }

    /// Reaps the child after its exit, when its group has been killed.
    pub(super) fn reap(&mut self) -> io::Result<Usage> {
        let reaped = wait4(self.pid);
        // Whatever the result is, the number may belong to another process from here on.
        self.is_reaped = true;
        let (status, usage) = reaped?;
        Ok(Usage {
            status,
            user: duration(usage.ru_utime),
            system: duration(usage.ru_stime),
            peak_bytes: peak_bytes(usage.ru_maxrss),
        })
    }

    /// The last line of the standard error, with what the pipe still holds.
    pub(super) fn last_stderr_line(self) -> Option<String> {
        self.stderr.finish()
    }
}

impl Drop for MeasuredChild<'_> {
    /// Does not wait for ever for a process that the system cannot end.
    fn drop(&mut self) {
        if self.is_reaped {
            return;
        }
        self.kill();
        if let Ok(ChildEvent::Exited) = self.wait(None, Some(self.elapsed() + PATIENCE)) {
            let _ = self.reap();
        }
    }
}

/// A descriptor that is readable once the process has exited: Linux 5.3 or newer.
#[cfg(target_os = "linux")]
fn exit_descriptor(pid: Pid) -> Option<OwnedFd> {
    rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
fn exit_descriptor(_: Pid) -> Option<OwnedFd> {
    None
}

/// Whether the child has exited; it is not reaped.
fn has_exited(pid: Pid) -> io::Result<bool> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    match waitid(WaitId::Pid(pid), options) {
        Ok(status) => Ok(status.is_some()),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Reaps a child, and gives what it used, with its children that it waited for (wait4(2)).
#[expect(unsafe_code, reason = "only wait4 gives the use of one child, and no crate of ours wraps it")]
fn wait4(pid: Pid) -> io::Result<(ExitStatus, libc::rusage)> {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    loop {
        // SAFETY: both pointers are to variables that outlive the call.
        let reaped =
            unsafe { libc::wait4(pid.as_raw_nonzero().get(), &raw mut status, 0, usage.as_mut_ptr()) };
        if reaped > 0 {
            // SAFETY: a `rusage` consists of integers, for which zeros are valid, and the call has filled it.
            return Ok((ExitStatus::from_raw(status), unsafe { usage.assume_init() }));
        }
        let error = io::Error::last_os_error();
        match error.kind() {
            ErrorKind::Interrupted => {}
            _ if error.raw_os_error() == Some(libc::ECHILD) => return Err(io::Error::other(LOST_EXIT)),
            _ => return Err(error),
        }
    }
}

fn duration(time: libc::timeval) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let microseconds = u64::try_from(time.tv_usec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_micros(microseconds)
}
