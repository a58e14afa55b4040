//! Watches for the exit of a child without reaping it.
#![expect(clippy::disallowed_methods, reason = "this module belongs to the door to processes")]

use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::os::clock;

/// How often a child is polled if the system does not report its exit: short pauses first, for short processes.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// Watches for the exit of a child that is not reaped.
pub(super) struct ExitWatcher {
    pid: Pid,
    /// Reports the exit. Without it the child is polled.
    #[cfg(target_os = "linux")]
    descriptor: Option<pidfd::ProcessDescriptor>,
    /// Whether the report has come, and the child is polled from here on.
    #[cfg(target_os = "linux")]
    is_polled: bool,
    next_poll: Instant,
    pause: Duration,
}

/// The state of a child.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ChildState {
    Running,
    /// It has exited and is not reaped.
    Exited,
    Reaped,
}

impl ExitWatcher {
    /// Polls a child.
    pub(super) fn of(pid: Pid) -> Self {
        Self {
            pid,
            #[cfg(target_os = "linux")]
            descriptor: None,
            #[cfg(target_os = "linux")]
            is_polled: false,
            next_poll: clock::now(),
            pause: FIRST_PAUSE,
        }
    }

    /// Uses the report of the system if there is one: Linux 5.3 or newer, outside some sandboxes, with a free descriptor.
    pub(super) fn use_descriptor(&mut self) {
        #[cfg(target_os = "linux")]
        if let Ok(descriptor) = pidfd::ProcessDescriptor::of(self.pid) {
            self.descriptor = Some(descriptor);
        }
    }

    /// Whether the child has exited, or was reaped by another thread.
    pub(super) fn has_exited(&self) -> bool {
        self.state() != ChildState::Running
    }

    /// Whether another thread or the system has reaped it: its number may be reused.
    pub(super) fn is_reaped(&self) -> bool {
        self.state() == ChildState::Reaped
    }

    fn state(&self) -> ChildState {
        let state_of = |id| {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            match waitid(id, options) {
                Ok(Some(_)) => Ok(ChildState::Exited),
                Ok(None) | Err(Errno::INTR) => Ok(ChildState::Running),
                Err(Errno::CHILD) => Ok(ChildState::Reaped),
                Err(error) => Err(error),
            }
        };
        // A descriptor never means another child with the same number (Linux 5.4).
        #[cfg(target_os = "linux")]
        if let Some(descriptor) = &self.descriptor
            && let Ok(state) = state_of(descriptor.id())
        {
            return state;
        }
        state_of(WaitId::Pid(self.pid)).unwrap_or(ChildState::Reaped)
    }

    /// Ready when the child has exited. Cancel safe.
    pub(super) async fn exit(&mut self) {
        #[cfg(target_os = "linux")]
        if let Some(descriptor) = &mut self.descriptor
            && !self.is_polled
        {
            // The tracer of a traced child gets the exit first, so the child is polled from here on.
            let _ = descriptor.exit().await;
            self.is_polled = true;
            (self.next_poll, self.pause) = (clock::now(), FIRST_PAUSE);
        }
        while !self.has_exited() {
            clock::sleeping_until(self.next_poll.into()).await;
            self.next_poll = clock::now() + self.pause;
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Blocks the thread until the child has exited, at most this long.
    pub(super) fn wait(&self, max: Duration) {
        let started = clock::now();
        while !self.has_exited() {
            let rest = max.saturating_sub(clock::now() - started);
            if rest.is_zero() {
                return;
            }
            #[cfg(target_os = "linux")]
            if let Some(descriptor) = &self.descriptor
                && !descriptor.has_exited_within(rest)
            {
                continue;
            }
            if !self.has_exited() {
                clock::sleep(FIRST_PAUSE.min(rest));
            }
        }
    }
}

/// A descriptor that is readable once its process has exited (pidfd_open(2)).
#[cfg(target_os = "linux")]
mod pidfd {
    use std::io;
    use std::os::fd::{AsFd as _, OwnedFd};
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Pid, PidfdFlags, WaitId, pidfd_open};
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    pub(super) struct ProcessDescriptor(AsyncFd<OwnedFd>);

    impl ProcessDescriptor {
        pub(super) fn of(child: Pid) -> io::Result<Self> {
            let descriptor = pidfd_open(child, PidfdFlags::empty())?;
            #[expect(deprecated, reason = "the other form is unsafe, and an `OwnedFd` meets its requirement")]
            let registered = AsyncFd::with_interest(descriptor, Interest::READABLE)?;
            Ok(Self(registered))
        }

        pub(super) async fn exit(&mut self) -> io::Result<()> {
            self.0.readable().await?.retain_ready();
            Ok(())
        }

        pub(super) fn id(&self) -> WaitId<'_> {
            WaitId::PidFd(self.0.get_ref().as_fd())
        }

        /// Whether the process exited in time. An interrupted wait returns `false`, and the caller waits again.
        pub(super) fn has_exited_within(&self, max: Duration) -> bool {
            let Ok(max) = Timespec::try_from(max) else { return false };
            poll(&mut [PollFd::new(self.0.get_ref(), PollFlags::IN)], Some(&max)).is_ok_and(|ready| ready > 0)
        }
    }
}
