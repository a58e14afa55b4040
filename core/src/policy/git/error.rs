//! The errors of git, and what to do about them.

use alloc::format;
use alloc::string::String;

use crate::text::visible;
use crate::tree::{Code, Diagnostic, Key};

/// The output of git has another form than its documentation says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnexpectedOutput;

/// Why git cannot give an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// The program `git` is missing.
    #[error("`git` was not found in PATH")]
    Missing,
    /// The program `git` cannot be started.
    #[error("`git` cannot be started: {reason}")]
    Unstartable {
        /// What the system says.
        reason: String,
    },
    /// The folder is in no repository.
    #[error("`{}` is not in a git repository", visible(folder))]
    NotARepository {
        /// The folder.
        folder: String,
    },
    /// The repository belongs to another user, and git refuses to read it (`safe.directory`).
    #[error("git does not trust the repository of `{}`, which belongs to another user", visible(folder))]
    OtherOwner {
        /// The folder.
        folder: String,
    },
    /// Staged files were asked for outside a work tree.
    #[error("`{}` is in a bare repository, or in a git folder, where no files are staged", visible(folder))]
    NoWorkTree {
        /// The folder.
        folder: String,
    },
    /// A range does not consist of two revisions.
    #[error("`{}` is not a range of commits", visible(range))]
    InvalidRange {
        /// The range.
        range: String,
    },
    /// A revision is unknown.
    #[error("git does not know the revision `{}`", visible(revision))]
    UnknownRevision {
        /// The revision.
        revision: String,
    },
    /// A revision is unknown, or two have no common commit, in a clone that has only the last commits.
    #[error("`{}` is not in this clone, which is shallow: it has only the last commits", visible(revision))]
    Shallow {
        /// The revision, or the range.
        revision: String,
    },
    /// The two revisions of `A...B` have no common commit.
    #[error("the revisions of `{}` have no common commit", visible(range))]
    NoMergeBase {
        /// The range.
        range: String,
    },
    /// A line of the standard input of a hook has an unknown form.
    #[error("the line `{}` names no pushed ref", visible(line))]
    PushLine {
        /// The line.
        line: String,
    },
    /// A command of git failed.
    #[error("`git {command}` failed: {}", visible(reason))]
    Failed {
        /// The command.
        command: &'static str,
        /// The line of its standard error that says why.
        reason: String,
    },
    /// The output of a command of git has an unknown form.
    #[error("`git {command}` answered in an unknown form")]
    Unexpected {
        /// The command.
        command: &'static str,
    },
}

impl GitError {
    /// Why a command failed, from its standard error in the locale C.
    pub fn of_stderr(command: &'static str, folder: &str, stderr: &str) -> Self {
        let folder = || folder.into();
        if stderr.contains("not a git repository") {
            return Self::NotARepository { folder: folder() };
        }
        if stderr.contains("detected dubious ownership") {
            return Self::OtherOwner { folder: folder() };
        }
        if stderr.contains("must be run in a work tree") {
            return Self::NoWorkTree { folder: folder() };
        }
        let lines = || stderr.lines().map(str::trim).filter(|line| !line.is_empty());
        let line = lines().rfind(|line| line.starts_with("fatal: ")).or_else(|| lines().next_back());
        let reason = line.unwrap_or("it gave no reason");
        Self::Failed { command, reason: reason.strip_prefix("fatal: ").unwrap_or(reason).into() }
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Missing | Self::Unstartable { .. } => {
                "install git, or check files without it: `speckit policy check PATH…`".into()
            }
            Self::NotARepository { .. } => {
                "run it in a repository, or check files without git: `speckit policy check PATH…`".into()
            }
            Self::OtherOwner { folder } => {
                format!("if you trust it: `git config --global --add safe.directory {}`", visible(folder))
            }
            Self::NoWorkTree { .. } => "run it in a work tree, or check commits with `--range A..B`".into(),
            Self::InvalidRange { .. } => "write `A..B`, or `A...B` for what B changed since it left A".into(),
            Self::UnknownRevision { .. } => "fetch it, or name another one; `git log --all` lists commits".into(),
            Self::Shallow { .. } => {
                "fetch the rest with `git fetch --unshallow`; in GitHub Actions set `fetch-depth: 0` for actions/checkout"
                    .into()
            }
            Self::NoMergeBase { .. } => "compare the two trees instead: `A..B`".into(),
            Self::PushLine { .. } => {
                "give it the standard input of the hook pre-push or pre-receive, as git writes it".into()
            }
            Self::Failed { command, .. } | Self::Unexpected { command } => {
                format!("run `git {command}` there by hand; git 2.31 or newer is needed")
            }
        }
    }

    /// The error as a diagnostic.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(Code::PolicyGit, Key::root(), format!("{self}")).help(self.help())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(stderr: &str) -> GitError {
        GitError::of_stderr("diff", "here", stderr)
    }

    #[test]
    fn what_git_says_most_often_is_recognised() {
        let folder = || String::from("here");
        let cases = [
            ("fatal: not a git repository (or any of the parent directories): .git\n", {
                GitError::NotARepository { folder: folder() }
            }),
            ("fatal: this operation must be run in a work tree\n", GitError::NoWorkTree { folder: folder() }),
            (
                "fatal: detected dubious ownership in repository at '/r'\nTo add an exception, call:\n\n\tgit config\n",
                GitError::OtherOwner { folder: folder() },
            ),
        ];
        for (stderr, error) in cases {
            assert_eq!(of(stderr), error);
        }
    }

    #[test]
    fn the_reason_is_the_fatal_line_or_the_last_one() {
        let reason = |stderr| match of(stderr) {
            GitError::Failed { reason, .. } => reason,
            error => panic!("{error:?}"),
        };
        assert_eq!(reason("warning: x\nfatal: index file corrupt\nhint: y\n"), "index file corrupt");
        assert_eq!(reason("a\n  b\n\n"), "b");
        assert_eq!(reason(""), "it gave no reason");
    }

    #[test]
    fn a_diagnostic_has_a_way_out_and_no_control_characters() {
        let diagnostic = GitError::UnknownRevision { revision: "a\u{1b}[31m".into() }.diagnostic();
        assert_eq!(diagnostic.code, "policy/git");
        assert!(!diagnostic.message.contains('\u{1b}') && diagnostic.help.is_some());
    }
}
