//! How the end of a child is noticed without reaping it.
#![expect(clippy::disallowed_methods, reason = "this module belongs to the door to processes")]

use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::clock;

/// How often a child is looked at where the system does not tell of its end: soon at first, for those that end soon.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// The end of a child that is not reaped.
pub(super) struct End {
    pid: Pid,
    way: Way,
}

enum Way {
    /// The system tells.
    #[cfg(target_os = "linux")]
    Told(notice::Notice),
    /// It does not, so that one has to look.
    Looked { next: Instant, pause: Duration },
}

impl End {
    /// Looks at a child from time to time.
    pub(super) fn of(pid: Pid) -> Self {
        Self { pid, way: Way::Looked { next: clock::now(), pause: FIRST_PAUSE } }
    }

    /// Has the system tell, where it can. It cannot on systems other than Linux, before Linux 5.3, in some sandboxes, and while
    /// no descriptor is free.
    pub(super) fn have_it_told(&mut self) {
        #[cfg(target_os = "linux")]
        if let Ok(notice) = notice::Notice::of(self.pid) {
            self.way = Way::Told(notice);
        }
    }

    /// Whether it has come. A child that somebody else has reaped has ended too.
    pub(super) fn has_come(&self) -> bool {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        match waitid(WaitId::Pid(self.pid), look) {
            Ok(status) => status.is_some(),
            Err(error) => error != Errno::INTR,
        }
    }

    /// Is ready when it has come. What is dropped and asked again goes on where it was.
    pub(super) async fn comes(&mut self) {
        match &mut self.way {
            #[cfg(target_os = "linux")]
            Way::Told(notice) => {
                if notice.comes().await.is_ok() {
                    return;
                }
                self.way = Way::Looked { next: clock::now(), pause: FIRST_PAUSE };
            }
            Way::Looked { .. } => {}
        }
        self.is_seen().await;
    }

    async fn is_seen(&mut self) {
        while !self.has_come() {
            let (next, pause) = match &mut self.way {
                Way::Looked { next, pause } => (next, pause),
                #[cfg(target_os = "linux")]
                Way::Told(_) => return,
            };
            clock::sleeping_until((*next).into()).await;
            *next = clock::now() + *pause;
            *pause = (*pause * 2).min(LONGEST_PAUSE);
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
            match &self.way {
                #[cfg(target_os = "linux")]
                Way::Told(notice) => notice.wait(rest),
                Way::Looked { .. } => clock::sleep(FIRST_PAUSE.min(rest)),
            }
        }
    }
}

/// A descriptor of a process, which can be read once the process has ended (pidfd_open(2)).
#[cfg(target_os = "linux")]
mod notice {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Pid, PidfdFlags, pidfd_open};
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

        pub(super) fn wait(&self, most: Duration) {
            let Ok(most) = Timespec::try_from(most) else { return };
            // An interrupted wait is begun again by whoever waits.
            let _ = poll(&mut [PollFd::new(self.0.get_ref(), PollFlags::IN)], Some(&most));
        }
    }
}
