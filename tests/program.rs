//! The program `speckit`, as `speckit-shell` builds it.

use std::process::ExitCode;

fn main() -> ExitCode {
    speckit_shell::cli::run()
}
