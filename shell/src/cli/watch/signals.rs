//! The signals that the program listens to while it watches.

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// SIGHUP: reload now.
    Reload,
    /// SIGINT or SIGTERM: end.
    End,
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::thread::{self, JoinHandle};

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::{Handle, Signals as Incoming};

    use super::Signal;

    /// Listens until it is dropped.
    pub(in super::super) struct Signals {
        handle: Handle,
        thread: Option<JoinHandle<()>>,
    }

    impl Signals {
        #[expect(clippy::disallowed_methods, reason = "it ends with the handle, and is joined")]
        pub(in super::super) fn listen(tell: impl Fn(Signal) + Send + 'static) -> io::Result<Self> {
            let mut incoming = Incoming::new([SIGHUP, SIGINT, SIGTERM])?;
            let handle = incoming.handle();
            let thread = thread::spawn(move || {
                for signal in incoming.forever() {
                    tell(if signal == SIGHUP { Signal::Reload } else { Signal::End });
                }
            });
            Ok(Self { handle, thread: Some(thread) })
        }
    }

    impl Drop for Signals {
        fn drop(&mut self) {
            self.handle.close();
            if let Some(thread) = self.thread.take() {
                // It has no code of its own that could panic.
                let _ = thread.join();
            }
        }
    }
}

#[cfg(unix)]
pub(super) use unix::Signals;

/// Elsewhere Ctrl-C ends the program at once.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(super) fn listen(_: impl Fn(Signal) + Send + 'static) -> io::Result<Self> {
        Ok(Self)
    }
}
