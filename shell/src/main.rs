//! The program `speckit`.

use std::process::ExitCode;

fn main() -> ExitCode {
    if speckit_shell::agents::become_guard_if_asked() {
        return ExitCode::SUCCESS;
    }
    speckit_shell::cli::run()
}
