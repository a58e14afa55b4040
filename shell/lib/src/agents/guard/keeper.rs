//! The work of the guard process: read its input, then kill the remaining groups.
#![expect(clippy::disallowed_methods, reason = "the guard reads its standard input and writes one line")]

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::OwnedFd;
use rustix::process::{Pid, getppid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use speckit_core::agents::process::guard::{OwnGroups, Register, Sweep};

use super::killing::kill_found;
use super::{READY, VARIABLE, processes};

/// The name of a guard in process lists, so that killing the program by its name does not kill both.
pub(super) const NAME: &str = "gate-guard";
#[cfg(target_os = "linux")]
const THREAD_NAME: &std::ffi::CStr = c"gate-guard";

/// How long killed processes may take to end: an uninterruptible system call delays the end.
const BOUND: Duration = Duration::from_secs(2);

/// Waits for the end of the program or its message that it exits, and kills the remaining groups.
///
/// If the standard input is a terminal, a person has started this, and it returns at once.
pub(super) fn keep() {
    if io::stdin().is_terminal() {
        return;
    }
    // The handlers keep Ctrl-C and a hang-up from ending the guard. It works without them, and without its name.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::set_name(THREAD_NAME);
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        let _ = signal_hook::flag::register(signal, Arc::default());
    }
    let own = own_groups();
    let program = program_pidfd();
    if io::stdout().write_all(READY).and_then(|()| io::stdout().flush()).is_err() {
        return;
    }
    let register = listen(own, program);
    sweep(&register, own);
}

/// Reads from `/proc`: in a container the system calls return 0 for a group from outside of it, and `rustix` does not accept 0 as an
/// id.
#[cfg(target_os = "linux")]
fn own_groups() -> OwnGroups {
    let program = getppid().and_then(|program| processes::of(number(program)));
    OwnGroups { guard: processes::own_group(), program: program.map_or(0, |program| program.group) }
}

#[cfg(not(target_os = "linux"))]
fn own_groups() -> OwnGroups {
    use rustix::process::{getpgid, getpgrp};
    OwnGroups {
        guard: number(getpgrp()),
        program: getppid().and_then(|program| getpgid(Some(program)).ok()).map_or(0, number),
    }
}

fn number(id: Pid) -> u32 {
    u32::try_from(id.as_raw_nonzero().get()).unwrap_or(0)
}

/// Reads until the program says that it exits, or until the end of the pipe.
///
/// Children between fork and exec, and children that never call exec, hold copies of the other end. So the pipe may stay
/// open after the program has ended, and on Linux a first sweep runs when the program ends, and another when the pipe closes.
fn listen(own: OwnGroups, mut program: Option<OwnedFd>) -> Register {
    let mut register = Register::default();
    let stdin = io::stdin();
    let mut bytes = [0; 4096];
    loop {
        let has_ended = program.as_ref().is_some_and(|program| ends_without_input(&stdin, program));
        if has_ended {
            program = None;
            sweep(&register, own);
        }
        // Not through the buffer of `Stdin`: `poll` does not see buffered bytes.
        match rustix::io::read(&stdin, &mut bytes) {
            Ok(0) => return register,
            Ok(read) => register.push(bytes.get(..read).unwrap_or_default()),
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return register,
        }
        if register.is_exiting() {
            return register;
        }
    }
}

/// Waits for input or the end of the program; `true` if the program has ended and there is no input.
fn ends_without_input(stdin: &io::Stdin, program: &OwnedFd) -> bool {
    let mut ready = [PollFd::new(stdin, PollFlags::IN), PollFd::new(program, PollFlags::IN)];
    loop {
        match poll(&mut ready, None) {
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
            Ok(_) => {
                let [has_input, has_ended] = ready.map(|one| !one.revents().is_empty());
                return has_ended && !has_input;
            }
        }
    }
}

/// A descriptor that is readable once the program has ended.
#[cfg(target_os = "linux")]
fn program_pidfd() -> Option<OwnedFd> {
    rustix::process::pidfd_open(getppid()?, rustix::process::PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
fn program_pidfd() -> Option<OwnedFd> {
    None
}

/// Kills the groups that [`Sweep`] selects: always the registered ones; if the program did not say that it exits, also all groups that
/// have the mark of the program.
fn sweep(register: &Register, own: OwnGroups) {
    let mark = &mut |id| processes::mark_of(id, VARIABLE, register.mark());
    kill_found(&mut Sweep::new(register, own), mark, BOUND);
}
