//! The hooks that speckit installs.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

/// A hook of git (githooks(5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HookName {
    /// Before a commit: the staged files are checked.
    PreCommit,
    /// Once a commit has its message: the message is checked.
    CommitMsg,
    /// Before a push: the files of the pushed commits are checked.
    PrePush,
}

impl HookName {
    /// Every hook, in the order in which git runs them.
    pub const ALL: [Self; 3] = [Self::PreCommit, Self::CommitMsg, Self::PrePush];

    /// The name of its file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::CommitMsg => "commit-msg",
            Self::PrePush => "pre-push",
        }
    }

    /// The name under which the hook that was there before is kept: `pre-commit.before-speckit`.
    pub fn former(self) -> String {
        String::from(self.as_str()) + ".before-speckit"
    }

    /// The command that goes on without this hook, once.
    pub fn bypass(self) -> &'static str {
        match self {
            Self::PreCommit | Self::CommitMsg => "git commit --no-verify",
            Self::PrePush => "git push --no-verify",
        }
    }
}

impl fmt::Display for HookName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The name of a hook that speckit does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the hooks are pre-commit, commit-msg and pre-push")]
pub struct UnknownHook;

impl FromStr for HookName {
    type Err = UnknownHook;

    fn from_str(name: &str) -> Result<Self, UnknownHook> {
        Self::ALL.into_iter().find(|hook| hook.as_str() == name).ok_or(UnknownHook)
    }
}
