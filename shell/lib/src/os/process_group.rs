//! Signals to a whole process group. An empty group is not an error.
#![expect(clippy::disallowed_methods, reason = "this module belongs to the doors to processes")]

use rustix::process::{Pid, Signal, kill_process_group};

/// Asks the group to end. A stopped group, such as one that read from the terminal in the background (SIGTTIN), must continue to
/// get the signal (as in systemd.kill(5), `SendSIGCONT=`).
#[cfg(any(feature = "agents", feature = "bench"))]
pub(crate) fn terminate(group: Pid) {
    send(group, &[Signal::TERM, Signal::CONT]);
}

/// Kills the group, with the processes that it starts meanwhile.
pub(crate) fn kill(group: Pid) {
    send(group, KILLING);
}

/// On Linux fork(2) is atomic with respect to a signal to a group: either the new process gets it too, or the process that has it pending
/// starts none (`copy_process` in `kernel/fork.c`).
#[cfg(target_os = "linux")]
const KILLING: &[Signal] = &[Signal::KILL];
/// Elsewhere the group is stopped first, so that no process starts another one meanwhile.
#[cfg(not(target_os = "linux"))]
const KILLING: &[Signal] = &[Signal::STOP, Signal::KILL];

fn send(group: Pid, signals: &[Signal]) {
    for signal in signals {
        let _ = kill_process_group(group, *signal);
    }
}
