//! Starts a program by fork and exec.
#![expect(
    clippy::disallowed_methods,
    reason = "this module belongs to the door to processes in sessions of their own"
)]
#![expect(unsafe_code, reason = "only `pre_exec` runs code between fork and exec, and it is unsafe")]

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::process::Pid;

use super::Program;

/// The time of a fork grows with the memory of this process, because it copies the page tables.
pub(super) fn spawn(program: &Program<'_>, streams: [OwnedFd; 3]) -> io::Result<Pid> {
    let mut command = Command::new(program.name);
    command.args(program.arguments);
    for (variable, value) in &program.variables {
        match value {
            Some(value) => command.env(variable, value),
            None => command.env_remove(variable),
        };
    }
    let [stdin, stdout, stderr] = streams;
    command.stdin(stdin).stdout(stdout).stderr(stderr);
    let setsid = || {
        rustix::process::setsid()?;
        Ok(())
    };
    // SAFETY: the closure runs between fork and exec, where only async-signal-safe functions may be called. It calls only setsid(2),
    // which is one of them; it allocates nothing, takes no lock and cannot panic.
    unsafe { command.pre_exec(setsid) };
    Ok(Pid::from_child(&command.spawn()?))
}
