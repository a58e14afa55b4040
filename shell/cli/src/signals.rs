//! The signals that the program listens to while it does long work.

use std::time::Duration;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// SIGHUP: read again, or end, as the terminal is gone.
    Hangup,
    /// SIGINT or SIGTERM: end.
    End,
}

/// What is done after a signal was told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Wait for the next one.
    Listen,
    /// Let it do what it would have done without us if the program does not end by itself within so long.
    Insist(Duration),
    /// Let it do that now.
    Obey,
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::sync::Arc;
    use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
    use std::thread::{self, JoinHandle};
    use std::time::Duration;

    use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::{Handle, Signals as Incoming};
    use signal_hook::low_level::emulate_default_handler;

    use super::{Signal, Then};
    use speckit::internal::documents::status_of_process;

    /// Listens until it is dropped.
    pub(crate) struct Signals {
        handle: Handle,
        /// Dropped when the program has ended by itself.
        alive: Option<Sender<()>>,
        thread: Option<JoinHandle<()>>,
    }

    impl Signals {
        /// Those that whoever started the program has ignored stay so, here and in what it starts: nohup(1) does that, and a
        /// shell without job control with what it starts in the background.
        #[expect(clippy::disallowed_methods, reason = "it ends with the handle, and is joined")]
        pub(crate) fn listen(mut tell: impl FnMut(Signal) -> Then + Send + 'static) -> io::Result<Self> {
            let heard = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| !is_ignored(*signal));
            let mut incoming = Incoming::new(heard)?;
            let handle = incoming.handle();
            let (alive, ended) = channel();
            let thread = thread::Builder::new().spawn(move || {
                for signal in incoming.forever() {
                    match tell(if signal == SIGHUP { Signal::Hangup } else { Signal::End }) {
                        Then::Listen => {}
                        Then::Insist(patience) => return insist(signal, patience, &ended),
                        Then::Obey => return insist(signal, Duration::ZERO, &ended),
                    }
                }
            })?;
            Ok(Self { handle, alive: Some(alive), thread: Some(thread) })
        }
    }

    /// Whether this process ignores a signal (proc_pid_status(5), `SigIgn`): no, where the system does not say.
    fn is_ignored(signal: i32) -> bool {
        let status = status_of_process().unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
        ignored >> (signal - 1) & 1 == 1
    }

    /// Has the ends of children told, where whoever started the program has them ignored: the system would reap children
    /// then, and say nothing of how they ended.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn hear_of_children() -> io::Result<()> {
        if is_ignored(SIGCHLD) {
            signal_hook::flag::register(SIGCHLD, Arc::default())?;
        }
        Ok(())
    }

    /// Lets the signal do what it would have done without us if the program does not end by itself.
    fn insist(signal: i32, patience: Duration, ended: &Receiver<()>) {
        if ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
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
pub(crate) use unix::{Signals, hear_of_children};

/// Elsewhere Ctrl-C ends the program at once.
#[cfg(not(unix))]
pub(crate) struct Signals;

#[cfg(not(unix))]
pub(crate) fn hear_of_children() -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
impl Signals {
    pub(crate) fn listen(_: impl FnMut(Signal) -> Then + Send + 'static) -> std::io::Result<Self> {
        Ok(Self)
    }
}
