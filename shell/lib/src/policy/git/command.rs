//! Runs git.
#![expect(clippy::disallowed_methods, reason = "this module is a door to git")]

use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use speckit_core::policy::git::GitError;

use crate::os::documents;

/// How a diff is written: by path, with the whole ids, and whatever the configuration says about diffs.
pub(super) const DIFF_OPTIONS: [&str; 9] = [
    "--raw",
    "-z",
    "--no-abbrev",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--ignore-submodules=none",
    "--diff-filter=ACMRT",
];

/// The commands of git in one folder.
#[derive(Clone, Debug)]
pub(super) struct Git {
    folder: PathBuf,
}

impl Git {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.into() }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder as an error shows it.
    pub(super) fn folder_text(&self) -> String {
        documents::absolute(&self.folder).unwrap_or_else(|_| self.folder.clone()).display().to_string()
    }

    /// A command that reads nothing, and writes to pipes.
    ///
    /// Its messages are in English, it takes no lock of the index, and objects are those that a push sends, whatever
    /// `refs/replace` says.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.arg("--no-pager").arg("-C").arg(&self.folder).args(arguments);
        command.env("LC_ALL", "C").env("GIT_OPTIONAL_LOCKS", "0").env("GIT_NO_REPLACE_OBJECTS", "1");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(super) fn spawn(&self, command: &mut Command) -> Result<Child, GitError> {
        command.spawn().map_err(|error| unstartable(&error))
    }

    /// The standard output of a command that succeeds.
    pub(super) fn output(&self, name: &'static str, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
        self.succeeded(name, self.command(arguments).output())
    }

    /// As [`Git::output`], of a command that reads this input.
    pub(super) fn output_of_input(
        &self,
        name: &'static str,
        arguments: &[&str],
        input: &[u8],
    ) -> Result<Vec<u8>, GitError> {
        let mut child = self.spawn(self.command(arguments).stdin(Stdio::piped()))?;
        let stdin = child.stdin.take();
        let output = thread::scope(|scope| {
            // A command that ends early gives the reason itself.
            scope.spawn(|| stdin.map(|mut stdin| stdin.write_all(input)));
            child.wait_with_output()
        });
        self.succeeded(name, output)
    }

    /// As [`Git::output`], for a command whose name is one word.
    pub(super) fn run(&self, name: &'static str, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
        self.output(name, &[&[name], arguments].concat())
    }

    /// The line that a command answers; `None` if it exits without success and without a reason.
    pub(super) fn answer(&self, name: &'static str, arguments: &[&str]) -> Result<Option<String>, GitError> {
        let output = self.command(arguments).output().map_err(|error| unstartable(&error))?;
        if !output.status.success() && output.stderr.is_empty() {
            return Ok(None);
        }
        let line = self.succeeded(name, Ok(output))?;
        let line = String::from_utf8(line).map_err(|_| GitError::Unexpected { command: name })?;
        Ok(Some(line.trim_end_matches('\n').into()))
    }

    fn succeeded(&self, name: &'static str, output: io::Result<Output>) -> Result<Vec<u8>, GitError> {
        let output = output.map_err(|error| unstartable(&error))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(self.failed(name, &output.stderr))
    }

    pub(super) fn failed(&self, name: &'static str, stderr: &[u8]) -> GitError {
        GitError::of_stderr(name, &self.folder_text(), &String::from_utf8_lossy(stderr))
    }
}

fn unstartable(error: &io::Error) -> GitError {
    match error.kind() {
        ErrorKind::NotFound => GitError::Missing,
        _ => GitError::Unstartable { reason: error.to_string() },
    }
}
