//! Whether this process is in the foreground of a terminal.
//!
//! A shell moves jobs between foreground and background. If a background job reads the terminal or sets its modes, the system
//! stops it (SIGTTIN and SIGTTOU), and what it writes is in the way of the shell.

#[cfg(unix)]
mod unix {
    use rustix::fd::BorrowedFd;
    use rustix::process::getpgrp;
    use rustix::stdio::{stderr, stdin};
    use rustix::termios::tcgetpgrp;

    /// Of the terminal that the keys come from.
    pub(in crate::terminal) fn keyboard() -> bool {
        is_in_foreground(stdin())
    }

    /// Of the terminal that shows progress.
    pub(in crate::terminal) fn progress() -> bool {
        is_in_foreground(stderr())
    }

    /// A terminal that does not control this process has no background.
    fn is_in_foreground(terminal: BorrowedFd<'_>) -> bool {
        tcgetpgrp(terminal).map_or(true, |group| group == getpgrp())
    }
}

#[cfg(unix)]
pub(super) use unix::{keyboard, progress};

/// Elsewhere there are no background jobs.
#[cfg(not(unix))]
pub(super) fn keyboard() -> bool {
    true
}

#[cfg(not(unix))]
pub(super) fn progress() -> bool {
    true
}
