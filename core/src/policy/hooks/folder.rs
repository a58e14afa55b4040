//! The folder in which git looks for hooks, and the setting that decides it.

use alloc::format;
use alloc::string::String;

use crate::text::{command_line, visible};

/// The folder of the hooks, as git reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HooksFolder {
    /// Its absolute path.
    pub path: String,
    /// The git folder that all work trees of the repository share.
    pub git_folder: String,
    /// Where it lies.
    pub place: FolderPlace,
    /// The setting `core.hooksPath`; `None` if git uses its default.
    pub setting: Option<HooksPathSetting>,
}

/// Where the folder of the hooks lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderPlace {
    /// In the git folder of the repository.
    OwnGitFolder,
    /// In the work tree, with files that git tracks.
    Tracked,
    /// Elsewhere: another repository may use it too.
    Elsewhere,
}

/// Who sets `core.hooksPath`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HooksPathSetting {
    /// `system`, `global`, `local`, `worktree` or `command`.
    pub scope: String,
    /// The file, as `file:/home/ada/.gitconfig`, or `command line:`.
    pub origin: String,
    /// Its value.
    pub value: String,
}

/// Reads the output of `git config --show-scope --show-origin -z --get core.hooksPath`.
pub fn parse_setting(output: &str) -> Option<HooksPathSetting> {
    let mut fields = output.split('\0').map(String::from);
    let (scope, origin, value) = (fields.next()?, fields.next()?, fields.next()?);
    (!scope.is_empty()).then_some(HooksPathSetting { scope, origin, value })
}

impl HooksPathSetting {
    /// ``core.hooksPath` is `hooks` in the scope `global` (file:/home/ada/.gitconfig)``.
    pub fn describe(&self) -> String {
        let Self { scope, origin, value } = self;
        let origin = origin.trim_end_matches(':');
        format!("`core.hooksPath` is `{}` in the scope {scope} ({})", visible(value), visible(origin))
    }
}

impl HooksFolder {
    /// The command that makes git use the folder of this repository.
    pub(super) fn way_back(&self) -> String {
        match self.setting.as_ref().map(|setting| &*setting.scope) {
            Some(scope @ ("local" | "worktree")) => {
                format!("git config --{scope} --unset-all core.hooksPath")
            }
            _ => command_line(&[
                "git",
                "config",
                "--local",
                "core.hooksPath",
                &format!("{}/hooks", self.git_folder),
            ]),
        }
    }
}
