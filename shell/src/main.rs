//! The program `speckit`.

use std::process::ExitCode;

fn main() -> ExitCode {
    speckit_shell::cli::run()
}
