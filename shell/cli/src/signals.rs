//! Handles signals during long work.

use std::time::Duration;

/// A signal that the program handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// SIGHUP: reload, or end because the terminal is closed.
    Hangup,
    /// SIGINT or SIGTERM: end.
    End,
}

/// What to do after a signal was handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Wait for the next one.
    Listen,
    /// Take the default action of the signal if the program has not ended after this time.
    EndWithin(Duration),
    /// Take the default action of the signal now.
    EndNow,
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

    /// Handles signals until it is dropped.
    pub(crate) struct SignalListener {
        handle: Handle,
        /// Dropped when the program has ended by itself.
        alive: Option<Sender<()>>,
        thread: Option<JoinHandle<()>>,
    }

    impl SignalListener {
        /// Signals that were ignored at the start stay ignored, here and in child processes: nohup(1) ignores SIGHUP, and a shell
        /// without job control ignores SIGINT for background jobs.
        #[expect(clippy::disallowed_methods, reason = "it ends with the handle, and is joined")]
        pub(crate) fn start(
            mut handle_signal: impl FnMut(Signal) -> Then + Send + 'static,
        ) -> io::Result<Self> {
            let handled = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| !is_ignored(*signal));
            let mut incoming = Incoming::new(handled)?;
            let handle = incoming.handle();
            let (alive, ended) = channel();
            let thread = thread::Builder::new().spawn(move || {
                for signal in incoming.forever() {
                    match handle_signal(if signal == SIGHUP { Signal::Hangup } else { Signal::End }) {
                        Then::Listen => {}
                        Then::EndWithin(patience) => return end_within(signal, patience, &ended),
                        Then::EndNow => return end_within(signal, Duration::ZERO, &ended),
                    }
                }
            })?;
            Ok(Self { handle, alive: Some(alive), thread: Some(thread) })
        }
    }

    /// Whether this process ignores a signal (proc_pid_status(5), `SigIgn`); `false` on systems without this file.
    fn is_ignored(signal: i32) -> bool {
        let status = status_of_process().unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
        ignored >> (signal - 1) & 1 == 1
    }

    /// Stops ignoring SIGCHLD if this process was started so: the system would reap children and drop their exit status.
    ///
    /// # Errors
    /// An error of the system.
    pub(crate) fn restore_child_exits() -> io::Result<()> {
        if is_ignored(SIGCHLD) {
            signal_hook::flag::register(SIGCHLD, Arc::default())?;
        }
        Ok(())
    }

    /// Takes the default action of a signal if the program does not end in time.
    fn end_within(signal: i32, patience: Duration, ended: &Receiver<()>) {
        if ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            // It ends the process; an error cannot be handled.
            let _ = emulate_default_handler(signal);
        }
    }

    impl Drop for SignalListener {
        fn drop(&mut self) {
            self.alive = None;
            self.handle.close();
            if let Some(thread) = self.thread.take() {
                // A panic of the handler was reported by the panic hook.
                let _ = thread.join();
            }
        }
    }
}

#[cfg(unix)]
pub(crate) use unix::{SignalListener, restore_child_exits};

/// Elsewhere Ctrl-C ends the program at once.
#[cfg(not(unix))]
pub(crate) struct SignalListener;

#[cfg(not(unix))]
pub(crate) fn restore_child_exits() -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
impl SignalListener {
    pub(crate) fn start(_: impl FnMut(Signal) -> Then + Send + 'static) -> std::io::Result<Self> {
        Ok(Self)
    }
}
