//! Why a program was not started.

use std::io::{self, ErrorKind};

use rustix::io::Errno;

/// Why a program was not started, and what to do about it. Arguments are not shown, because one may be a whole prompt.
pub(crate) fn start_error(program: &str, error: &io::Error) -> String {
    let is_path = program.contains('/');
    match error.kind() {
        ErrorKind::NotFound if is_path => {
            format!("`{program}` does not exist, or the interpreter that its first line names does not")
        }
        ErrorKind::NotFound => {
            format!("the command `{program}` is not found in PATH: install it, or give its whole path")
        }
        ErrorKind::PermissionDenied => {
            format!(
                "`{program}` must not be executed (permission denied): make the file executable (`chmod +x`)"
            )
        }
        ErrorKind::ArgumentListTooLong => {
            format!("the arguments of `{program}` are longer than the system allows")
        }
        ErrorKind::WouldBlock => {
            format!("`{program}` is not started, because no more processes may run at the moment ({error})")
        }
        ErrorKind::InvalidInput => {
            format!(
                "the command `{program}` or one of its arguments has a NUL byte, which no program can get"
            )
        }
        _ if error.raw_os_error() == Some(Errno::NOEXEC.raw_os_error()) => {
            format!("this system cannot run `{program}`: a script needs a first line such as `#!/bin/sh`")
        }
        _ => format!("`{program}` cannot be started: {error}"),
    }
}
