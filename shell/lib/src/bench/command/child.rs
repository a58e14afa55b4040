//! Waits for a child with `wait4`, which gives its own use of resources.
#![expect(clippy::disallowed_methods, reason = "this module is the door to measured processes")]

use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use super::peak_memory::peak_bytes;

const LOST_EXIT: &str = "its exit status is lost because this process ignores SIGCHLD; do not ignore SIGCHLD";

/// What the system says about a child that has exited.
pub(super) struct Usage {
    pub(super) status: ExitStatus,
    pub(super) user: Duration,
    pub(super) system: Duration,
    pub(super) peak_bytes: Option<u64>,
}

/// Waits until a child has exited. It is not reaped, so its number stays its own.
///
/// A pidfd that is polled would do the same, but to open, poll and close it takes longer than all else that is done for a run.
pub(super) fn wait_for_exit(pid: Pid) -> io::Result<()> {
    loop {
        match waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(lost_or(error.into())),
        }
    }
}

/// Reaps a child: from here on the system may give its number to another process, whatever the result is.
pub(super) fn reap(pid: Pid) -> io::Result<Usage> {
    let (status, usage) = wait4(pid)?;
    Ok(Usage {
        status,
        user: duration(usage.ru_utime),
        system: duration(usage.ru_stime),
        peak_bytes: peak_bytes(usage.ru_maxrss),
    })
}

/// Reaps a child, and gives what it used, with its children that it waited for (wait4(2)).
#[expect(unsafe_code, reason = "only wait4 gives the use of one child, and no crate of ours wraps it")]
fn wait4(pid: Pid) -> io::Result<(ExitStatus, libc::rusage)> {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    loop {
        // SAFETY: both pointers are to variables that outlive the call.
        let reaped =
            unsafe { libc::wait4(pid.as_raw_nonzero().get(), &raw mut status, 0, usage.as_mut_ptr()) };
        if reaped > 0 {
            // SAFETY: a `rusage` consists of integers, for which zeros are valid, and the call has filled it.
            return Ok((ExitStatus::from_raw(status), unsafe { usage.assume_init() }));
        }
        let error = io::Error::last_os_error();
        if error.kind() != ErrorKind::Interrupted {
            return Err(lost_or(error));
        }
    }
}

/// Says why there is no such child, if that is the error.
fn lost_or(error: io::Error) -> io::Error {
    if error.raw_os_error() == Some(libc::ECHILD) { io::Error::other(LOST_EXIT) } else { error }
}

fn duration(time: libc::timeval) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let microseconds = u64::try_from(time.tv_usec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_micros(microseconds)
}
