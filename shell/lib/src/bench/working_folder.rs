//! The commit of the working folder.
#![expect(clippy::disallowed_methods, reason = "this module is the door to git")]

use std::process::{Child, Command, Stdio};

use speckit_core::bench::Provenance;

use crate::os::clock::{millis, since_epoch};

/// The present time, and the commit of the working folder if git can be run and the folder belongs to a repository.
pub fn provenance() -> Provenance {
    ProvenanceQuery::start().finish()
}

/// A question to git, which answers while this process does something else: it takes milliseconds in a repository.
#[derive(Debug)]
pub struct ProvenanceQuery {
    measured_at_ms: u64,
    git: Option<Child>,
}

impl ProvenanceQuery {
    /// Takes the time and starts git.
    pub fn start() -> Self {
        let mut git = Command::new("git");
        git.args(["--no-optional-locks", "status", "--porcelain=v2", "--branch", "--no-ahead-behind"]);
        git.arg("--untracked-files=no").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        Self { measured_at_ms: millis(since_epoch()), git: git.spawn().ok() }
    }

    /// Waits for the answer.
    pub fn finish(self) -> Provenance {
        let now = Provenance { measured_at_ms: Some(self.measured_at_ms), ..Provenance::default() };
        let answer = self.git.and_then(|git| git.wait_with_output().ok());
        match answer.filter(|answer| answer.status.success()) {
            Some(answer) => now.of_git_status(&String::from_utf8_lossy(&answer.stdout)),
            None => now,
        }
    }
}
