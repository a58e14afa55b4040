//! Starts a program in a session of its own (setsid(2)).

use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Makes the program lead a session, and with it a process group, of its own. It has no controlling terminal, so opening `/dev/tty`
/// fails (ENXIO).
///
/// The child is made by fork and not by `posix_spawn`: `std` has no stable way to ask for a session, and not every system has
/// `POSIX_SPAWN_SETSID`. Fork copies the page tables of the parent, which takes longer the more memory it uses.
pub(crate) fn in_own_session(command: &mut Command) {
    let setsid = || {
        rustix::process::setsid()?;
        Ok(())
    };
    // SAFETY: the closure runs between fork and exec, where only async-signal-safe functions may be called. It calls only setsid(2),
    // which is one of them; it allocates nothing, takes no lock and cannot panic.
    #[expect(unsafe_code, reason = "only `pre_exec` runs code between fork and exec, and it is unsafe")]
    unsafe {
        command.pre_exec(setsid);
    }
}
