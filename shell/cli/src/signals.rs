//! Handles signals during long work.

use std::time::Duration;

/// What a signal asks the program to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// SIGHUP of a process without a controlling terminal: reload.
    Reload,
    /// SIGINT or SIGTERM, or SIGHUP because the controlling terminal is closed: end.
    End,
}

/// What a signal asks a screen to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScreenSignal {
    /// SIGTSTP: give the terminal back, and call [`stop`].
    Stop,
    /// SIGCONT, after which the terminal may show something else, or SIGWINCH: its size has changed.
    Draw { is_continued: bool },
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
    use std::sync::atomic::AtomicBool;
    use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
    use std::thread::{self, JoinHandle};
    use std::time::Duration;

    use signal_hook::consts::{SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH, SIGXFSZ};
    use signal_hook::iterator::{Handle, Signals as Incoming};
    use signal_hook::low_level::emulate_default_handler;

    use super::{ScreenSignal, Signal, Then};
    use crate::terminal::restore_modes;
    use speckit::internal::documents::{has_controlling_terminal, status_of_process};

    /// Handles signals until it is dropped.
    pub(crate) struct SignalListener {
        handle: Handle,
        /// Dropped when the program has ended by itself.
        alive: Option<Sender<()>>,
        thread: Option<JoinHandle<()>>,
    }

    impl SignalListener {
        /// Handles SIGHUP, SIGINT and SIGTERM. A terminal that is closed counts once: the system and a shell both send a SIGHUP.
        pub(crate) fn start(
            mut handle_signal: impl FnMut(Signal) -> Then + Send + 'static,
        ) -> io::Result<Self> {
            // Asked now, since a terminal that is closed controls nothing any more.
            let has_terminal = has_controlling_terminal();
            let mut is_closed = false;
            Self::listen(&[SIGHUP, SIGINT, SIGTERM], move |signal| match signal {
                SIGHUP if !has_terminal => handle_signal(Signal::Reload),
                SIGHUP if std::mem::replace(&mut is_closed, true) => Then::Listen,
                _ => handle_signal(Signal::End),
            })
        }

        /// Handles SIGTSTP, SIGCONT and SIGWINCH for a screen.
        pub(crate) fn start_for_screen(
            mut handle_signal: impl FnMut(ScreenSignal) + Send + 'static,
        ) -> io::Result<Self> {
            Self::listen(&[SIGTSTP, SIGCONT, SIGWINCH], move |signal| {
                handle_signal(match signal {
                    SIGTSTP => ScreenSignal::Stop,
                    signal => ScreenSignal::Draw { is_continued: signal == SIGCONT },
                });
                Then::Listen
            })
        }

        /// Signals that were ignored at the start stay ignored, here and in child processes: nohup(1) ignores SIGHUP, and a shell
        /// without job control ignores SIGINT for background jobs.
        #[expect(clippy::disallowed_methods, reason = "it ends with the handle, and is joined")]
        fn listen(
            signals: &[i32],
            mut handle_signal: impl FnMut(i32) -> Then + Send + 'static,
        ) -> io::Result<Self> {
            let handled = signals.iter().filter(|signal| !is_ignored(**signal));
            let mut incoming = Incoming::new(handled)?;
            let handle = incoming.handle();
            let (alive, ended) = channel();
            let thread = thread::Builder::new().spawn(move || {
                for signal in incoming.forever() {
                    match handle_signal(signal) {
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

    /// A flag that each SIGCONT sets: the process was stopped, and the terminal may show something else.
    ///
    /// # Errors
    /// An error of the system.
    pub(crate) fn continued() -> io::Result<Arc<AtomicBool>> {
        let flag = Arc::default();
        signal_hook::flag::register(SIGCONT, Arc::clone(&flag))?;
        Ok(flag)
    }

    /// Sends SIGTSTP to the whole job of this process, as the key Ctrl-Z does on a terminal that does not report keys.
    pub(crate) fn stop_job() {
        // Without the signal the key does nothing.
        let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
    }

    /// Takes the default action of SIGTSTP: stops until SIGCONT. The system does nothing if no shell could continue the process,
    /// while it obeys SIGSTOP, which `emulate_default_handler` raises.
    #[expect(unsafe_code, reason = "no safe function takes a handler away and puts it back")]
    pub(crate) fn stop() {
        // SAFETY: a zeroed `sigaction` is the default action without flags, and the other one is what the system wrote there.
        unsafe {
            let default: libc::sigaction = std::mem::zeroed();
            let mut handler: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(SIGTSTP, &raw const default, &raw mut handler) == 0 {
                libc::raise(SIGTSTP);
                libc::sigaction(SIGTSTP, &raw const handler, std::ptr::null_mut());
            }
        }
    }

    /// Turns SIGXFSZ into an error of the write that exceeds the limit of the size of files (`ulimit -f`), as SQLite advises
    /// (<https://sqlite.org/limits.html>): by default it ends the program. A handler is not inherited by agents, as ignoring it would be.
    pub(crate) fn survive_file_size_limit() {
        // Without a handler, the write ends the program as before.
        let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
    }

    /// Takes the default action of a signal if the program does not end in time.
    fn end_within(signal: i32, patience: Duration, ended: &Receiver<()>) {
        if ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            // It ends the process; errors cannot be handled.
            let _ = restore_modes();
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
pub(crate) use unix::{
    SignalListener, continued, restore_child_exits, stop, stop_job, survive_file_size_limit,
};

/// Elsewhere Ctrl-C ends the program at once.
#[cfg(not(unix))]
pub(crate) struct SignalListener;

#[cfg(not(unix))]
pub(crate) fn survive_file_size_limit() {}

#[cfg(not(unix))]
pub(crate) fn restore_child_exits() -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn continued() -> std::io::Result<std::sync::Arc<std::sync::atomic::AtomicBool>> {
    Ok(std::sync::Arc::default())
}

#[cfg(not(unix))]
pub(crate) fn stop() {}

#[cfg(not(unix))]
pub(crate) fn stop_job() {}

#[cfg(not(unix))]
impl SignalListener {
    pub(crate) fn start(_: impl FnMut(Signal) -> Then + Send + 'static) -> std::io::Result<Self> {
        Ok(Self)
    }

    pub(crate) fn start_for_screen(_: impl FnMut(ScreenSignal) + Send + 'static) -> std::io::Result<Self> {
        Ok(Self)
    }
}
