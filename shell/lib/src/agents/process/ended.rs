//! How the end of a child is noticed without reaping it.
#![expect(clippy::disallowed_methods, reason = "this module belongs to the door to processes")]

use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::os::clock;

/// How often a child is looked at where the system does not tell of its end: soon at first, for those that end soon.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// The end of a child that is not reaped.
pub(super) struct End {
    pid: Pid,
    /// By which the system tells. Without it one has to look.
    #[cfg(target_os = "linux")]
    notice: Option<notice::Notice>,
    /// Whether it is to be looked at from time to time, whatever is told.
    is_looked_at: bool,
    next: Instant,
    pause: Duration,
}

/// What a child is seen to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Running,
    /// It waits to be reaped.
    Ended,
    Reaped,
}

impl End {
    /// Looks at a child from time to time.
    pub(super) fn of(pid: Pid) -> Self {
        Self {
            pid,
            #[cfg(target_os = "linux")]
            notice: None,
            is_looked_at: true,
            next: clock::now(),
            pause: FIRST_PAUSE,
        }
    }

    /// Has the system tell, where it can. It cannot on systems other than Linux, before Linux 5.3, in some sandboxes, and while
    /// no descriptor is free.
    pub(super) fn have_it_told(&mut self) {
        #[cfg(target_os = "linux")]
        if let Ok(notice) = notice::Notice::of(self.pid) {
            self.notice = Some(notice);
            self.is_looked_at = false;
        }
    }

    /// Whether it has come. A child that somebody else has reaped has ended too.
    pub(super) fn has_come(&self) -> bool {
        self.look() != Look::Running
    }

    /// Whether somebody else has reaped it: its number may belong to a stranger.
    pub(super) fn is_reaped(&self) -> bool {
        self.look() == Look::Reaped
    }

    fn look(&self) -> Look {
        let look = |id| {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            match waitid(id, options) {
                Ok(Some(_)) => Ok(Look::Ended),
                Ok(None) | Err(Errno::INTR) => Ok(Look::Running),
                Err(Errno::CHILD) => Ok(Look::Reaped),
                Err(error) => Err(error),
            }
        };
        // By its descriptor another child that was given its number is not taken for it (Linux 5.4).
        #[cfg(target_os = "linux")]
        if let Some(notice) = &self.notice
            && let Ok(seen) = look(notice.id())
        {
            return seen;
        }
        look(WaitId::Pid(self.pid)).unwrap_or(Look::Reaped)
    }

    /// Is ready when it has come. What is dropped and asked again goes on where it was.
    pub(super) async fn comes(&mut self) {
        #[cfg(target_os = "linux")]
        if let Some(notice) = &mut self.notice
            && !self.is_looked_at
        {
            // Of one that is traced the tracer is told first, and it is not to be had here before that has heard.
            let _ = notice.comes().await;
            self.is_looked_at = true;
            (self.next, self.pause) = (clock::now(), FIRST_PAUSE);
        }
        while !self.has_come() {
            clock::sleeping_until(self.next.into()).await;
            self.next = clock::now() + self.pause;
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Holds the thread up until it has come, for so long at most.
    pub(super) fn wait(&self, most: Duration) {
        let begun = clock::now();
        while !self.has_come() {
            let rest = most.saturating_sub(clock::now() - begun);
            if rest.is_zero() {
                return;
            }
            #[cfg(target_os = "linux")]
            if let Some(notice) = &self.notice
                && !notice.has_come_within(rest)
            {
                continue;
            }
            if !self.has_come() {
                clock::sleep(FIRST_PAUSE.min(rest));
            }
        }
    }
}

/// A descriptor of a process, which can be read once the process has ended (pidfd_open(2)).
#[cfg(target_os = "linux")]
mod notice {
    use std::io;
    use std::os::fd::{AsFd as _, OwnedFd};
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Pid, PidfdFlags, WaitId, pidfd_open};
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    pub(super) struct Notice(AsyncFd<OwnedFd>);

    impl Notice {
        pub(super) fn of(child: Pid) -> io::Result<Self> {
            let descriptor = pidfd_open(child, PidfdFlags::empty())?;
            #[expect(
                deprecated,
                reason = "the other form is unsafe, and an `OwnedFd` keeps what that asks for"
            )]
            let registered = AsyncFd::with_interest(descriptor, Interest::READABLE)?;
            Ok(Self(registered))
        }

        pub(super) async fn comes(&mut self) -> io::Result<()> {
            self.0.readable().await?.retain_ready();
            Ok(())
        }

        pub(super) fn id(&self) -> WaitId<'_> {
            WaitId::PidFd(self.0.get_ref().as_fd())
        }

        /// Whether it was told in time. An interrupted wait is begun again by whoever waits.
        pub(super) fn has_come_within(&self, most: Duration) -> bool {
            let Ok(most) = Timespec::try_from(most) else { return false };
            poll(&mut [PollFd::new(self.0.get_ref(), PollFlags::IN)], Some(&most)).is_ok_and(|told| told > 0)
        }
    }
}
