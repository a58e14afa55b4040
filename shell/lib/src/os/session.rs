//! Starts programs in sessions of their own (setsid(2)).

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;

use rustix::process::Pid;

#[cfg(not(target_os = "linux"))]
mod fork;
#[cfg(target_os = "linux")]
mod posix_spawn;

/// A program to start.
pub(crate) struct Program<'a> {
    /// Its name or its path.
    pub(crate) name: &'a str,
    /// Its arguments, without its name.
    pub(crate) arguments: &'a [String],
    /// How its environment differs from that of this process: variables that it gets, and, without a value, those that it does not inherit.
    pub(crate) variables: BTreeMap<&'a str, Option<&'a str>>,
}

/// Starts a program with these standard streams (input, output, error). It leads a session, and with it a process group, of its own.
/// Returns its process id; the caller has to reap it.
///
/// It has no controlling terminal, so opening `/dev/tty` fails (ENXIO).
///
/// # Errors
/// Why the system did not start it; then no process is left.
pub(crate) fn spawn_in_session(program: &Program<'_>, streams: [OwnedFd; 3]) -> io::Result<Pid> {
    #[cfg(target_os = "linux")]
    return posix_spawn::spawn(program, streams);
    #[cfg(not(target_os = "linux"))]
    fork::spawn(program, streams)
}
