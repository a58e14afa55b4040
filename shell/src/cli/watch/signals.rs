//! The signals that the program listens to while it watches.

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Signal {
    /// SIGHUP: reload now.
    Reload,
    /// SIGINT or SIGTERM: end.
    End,
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
    use std::thread::{self, JoinHandle};
    use std::time::Duration;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::{Handle, Signals as Incoming};
    use signal_hook::low_level::emulate_default_handler;

    use super::Signal;

    /// How long the program has to end by itself. It may hang in the writing of a line that nobody reads.
    const PATIENCE: Duration = Duration::from_secs(2);

    /// Listens until it is dropped.
    pub(in crate::cli) struct Signals {
        handle: Handle,
        /// Dropped when the program has ended by itself.
        alive: Option<Sender<()>>,
        thread: Option<JoinHandle<()>>,
    }

    impl Signals {
        #[expect(clippy::disallowed_methods, reason = "it ends with the handle, and is joined")]
        pub(in crate::cli) fn listen(tell: impl Fn(Signal) + Send + 'static) -> io::Result<Self> {
            let mut incoming = Incoming::new([SIGHUP, SIGINT, SIGTERM])?;
            let handle = incoming.handle();
            let (alive, ended) = channel();
            let thread = thread::spawn(move || {
                for signal in incoming.forever() {
                    if signal == SIGHUP {
                        tell(Signal::Reload);
                    } else {
                        tell(Signal::End);
                        return insist(signal, &ended);
                    }
                }
            });
            Ok(Self { handle, alive: Some(alive), thread: Some(thread) })
        }
    }

    /// Lets the signal do what it would have done without us if the program does not end by itself.
    fn insist(signal: i32, ended: &Receiver<()>) {
        if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            // It ends the process; where it cannot, there is nothing left to be done.
            let _ = emulate_default_handler(signal);
        }
    }

    impl Drop for Signals {
        fn drop(&mut self) {
            self.alive = None;
            self.handle.close();
            if let Some(thread) = self.thread.take() {
                // It has no code of its own that could panic.
                let _ = thread.join();
            }
        }
    }
}

#[cfg(unix)]
pub(in super::super) use unix::Signals;

/// Elsewhere Ctrl-C ends the program at once.
#[cfg(not(unix))]
pub(in super::super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(in super::super) fn listen(_: impl Fn(Signal) + Send + 'static) -> std::io::Result<Self> {
        Ok(Self)
    }
}
