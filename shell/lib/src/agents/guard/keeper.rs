//! The guard's side: it listens, and kills what is left.
#![expect(clippy::disallowed_methods, reason = "a guard is told by its input, and answers once")]

use std::ffi::CStr;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::OwnedFd;
use rustix::process::{Pid, Signal, getppid, kill_process_group, test_kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use speckit_core::agents::process::guard::{GuardIdentity, Register, Sweep};

use super::{READY, processes};
use crate::os::clock;

/// What a guard is called in lists of processes, so that whoever kills the program by its name does not kill both.
pub(super) const NAME: &str = "gate-guard";
const THREAD_NAME: &CStr = c"gate-guard";

/// How long processes may take to end once they are killed: one in a call that cannot be interrupted ends after it.
const BOUND: Duration = Duration::from_secs(2);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Waits for the end of the program, or its farewell, and kills what is left.
///
/// On a terminal there is no program that could end, but a person, who is not held up.
pub(super) fn keep() {
    if io::stdin().is_terminal() {
        return;
    }
    // None of these is needed: a guard with another name that can be asked to end is a guard still.
    let _ = rustix::thread::set_name(THREAD_NAME);
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        let _ = signal_hook::flag::register(signal, Arc::default());
    }
    let own = own();
    let program = program_alive();
    if io::stdout().write_all(READY).and_then(|()| io::stdout().flush()).is_err() {
        return;
    }
    let register = listen(own, program);
    sweep(&register, own);
}

/// Read from the list of processes: the system's own answer to who they are is 0 in a container for a group or a session that
/// began outside of it, which is no number of a process to the calls that ask for it.
#[cfg(target_os = "linux")]
fn own() -> GuardIdentity {
    let own = processes::of(std::process::id());
    let program = getppid().and_then(|program| processes::of(number(program)));
    GuardIdentity {
        // A guard is started as the leader of a group.
        group: own.map_or_else(std::process::id, |own| own.group),
        program_group: program.map_or(0, |program| program.group),
        session: own.map_or(0, |own| own.session),
    }
}

#[cfg(not(target_os = "linux"))]
fn own() -> GuardIdentity {
    use rustix::process::{getpgid, getpgrp, getsid};
    GuardIdentity {
        group: number(getpgrp()),
        program_group: getppid().and_then(|program| getpgid(Some(program)).ok()).map_or(0, number),
        session: getsid(None).map_or(0, number),
    }
}

fn number(id: Pid) -> u32 {
    u32::try_from(id.as_raw_nonzero().get()).unwrap_or(0)
}

/// Reads until the farewell, or the end of the pipe.
///
/// Copies of its other end are held by children that the program had just begun to start, until they have begun, and by those
/// that it made without starting a program. What can be found before they let go is killed as soon as the program has ended.
fn listen(own: GuardIdentity, mut program: Option<OwnedFd>) -> Register {
    let mut register = Register::default();
    // Without a buffer, which would hold what `poll` does not see.
    let stdin = io::stdin();
    let mut bytes = [0; 4096];
    loop {
        let is_silent = program.as_ref().is_some_and(|program| ends_in_silence(&stdin, program));
        if is_silent {
            program = None;
            sweep(&register, own);
        }
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

/// Waits until there is something to be read, or the program has ended: then whether it has, and there is nothing to be read.
fn ends_in_silence(lines: &io::Stdin, program: &OwnedFd) -> bool {
    let mut ready = [PollFd::new(lines, PollFlags::IN), PollFd::new(program, PollFlags::IN)];
    loop {
        match poll(&mut ready, None) {
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
            Ok(_) => {
                let [lines, program] = ready.map(|one| !one.revents().is_empty());
                return program && !lines;
            }
        }
    }
}

/// Something that can be read once the program has ended.
#[cfg(target_os = "linux")]
fn program_alive() -> Option<OwnedFd> {
    rustix::process::pidfd_open(getppid()?, rustix::process::PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
fn program_alive() -> Option<OwnedFd> {
    None
}

/// Kills what is left in the register, and what else has the mark.
fn sweep(register: &Register, own: GuardIdentity) {
    let mut sweep = Sweep::new(register, own);
    let begun = clock::now();
    while !sweep.is_done() && clock::now().saturating_duration_since(begun) < BOUND {
        let seen = processes::all();
        let groups: Vec<u32> = match &seen {
            Some(seen) => sweep.groups_to_kill(seen, &mut |id| processes::mark_of(id, register.mark())),
            None => sweep.unverified().filter(|group| is_group(*group)).collect(),
        };
        if seen.is_none() && groups.is_empty() {
            return;
        }
        // All stand still before the first is killed, so that none makes others meanwhile.
        for signal in [Signal::STOP, Signal::KILL] {
            for group in groups.iter().filter_map(|group| pid(*group)) {
                // It may have ended by itself.
                let _ = kill_process_group(group, signal);
            }
        }
        clock::sleep(PAUSE);
    }
}

fn is_group(group: u32) -> bool {
    pid(group).is_some_and(|group| test_kill_process_group(group).is_ok())
}

fn pid(number: u32) -> Option<Pid> {
    i32::try_from(number).ok().and_then(Pid::from_raw)
}
