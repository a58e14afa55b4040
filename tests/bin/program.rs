//! The program `speckit`, built once more for the suites.

use std::process::ExitCode;

fn main() -> ExitCode {
    if speckit::agents::become_guard_if_asked() {
        return ExitCode::SUCCESS;
    }
    speckit_cli::run()
}
