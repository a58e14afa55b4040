//! The commit of the working folder.
#![expect(clippy::disallowed_methods, reason = "this module is the door to git")]

use std::process::{Command, Stdio};

use speckit_core::bench::Provenance;

use crate::os::clock::{millis, since_epoch};

/// The present time, and the commit of the working folder if git can be run and the folder belongs to a repository.
pub fn provenance() -> Provenance {
    let now = Provenance { measured_at_ms: Some(millis(since_epoch())), ..Provenance::default() };
    let mut git = Command::new("git");
    git.args(["--no-optional-locks", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]);
    let described = git.stdin(Stdio::null()).stderr(Stdio::null()).output().ok();
    match described.filter(|described| described.status.success()) {
        Some(described) => now.of_git_describe(&String::from_utf8_lossy(&described.stdout)),
        None => now,
    }
}
