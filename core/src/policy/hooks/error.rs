//! Why hooks are not installed, removed or inspected, and what to do.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use super::folder::{FolderPlace, HooksFolder};
use super::name::HookName;
use crate::policy::git::GitError;
use crate::text::visible;
use crate::tree::{Code, Diagnostic, Key};

/// Why something could not be done with a hook.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HookError {
    /// git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The folder of the hooks does not belong to this repository alone.
    #[error("{}", foreign(folder))]
    ForeignFolder {
        /// The folder.
        folder: Box<HooksFolder>,
    },
    /// There is a hook of another, and one that was kept before it.
    #[error("`{}` is not from speckit, and `{}` is there already", visible(path), name.former())]
    TwoFormer {
        /// The hook.
        name: HookName,
        /// Its file.
        path: String,
    },
    /// The script of speckit was edited.
    #[error("`{}` is from speckit, and was edited", visible(path))]
    Edited {
        /// The hook.
        name: HookName,
        /// Its file.
        path: String,
    },
    /// A folder has the name of the hook.
    #[error("`{}` is a folder", visible(path))]
    IsFolder {
        /// The folder.
        path: String,
    },
    /// The hook of another stands where that of speckit was.
    #[error("`{}` is not from speckit", visible(path))]
    NotOurs {
        /// The hook.
        name: HookName,
        /// Its file.
        path: String,
        /// Whether a hook is kept from before speckit was installed.
        has_former: bool,
    },
    /// A file cannot be read or written.
    #[error("`{}`: {}", visible(path), visible(reason))]
    File {
        /// The file.
        path: String,
        /// What the system says.
        reason: String,
    },
}

fn foreign(folder: &HooksFolder) -> String {
    let path = visible(&folder.path);
    let place = match folder.place {
        FolderPlace::Tracked => format!("git tracks files of `{path}`, where it looks for hooks"),
        FolderPlace::Elsewhere | FolderPlace::OwnGitFolder => {
            format!("git looks for hooks in `{path}`, outside the git folder of this repository")
        }
    };
    match &folder.setting {
        Some(setting) => format!("{place}: {}", setting.describe()),
        None => place,
    }
}

impl HookError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Git(error) => error.help(),
            Self::ForeignFolder { folder } => {
                let call = "speckit policy hooks run NAME -- \"$@\"";
                format!("use the folder of this repository with `{}`, or call `{call}` in the hooks there", {
                    folder.way_back()
                })
            }
            Self::TwoFormer { name, .. } => {
                format!("make one hook of the two, call it `{name}`, and remove `{}`", name.former())
            }
            Self::Edited { name, .. } => {
                format!(
                    "move your lines into an executable `{}`, which runs first, and remove the file",
                    name.former()
                )
            }
            Self::IsFolder { .. } => "move it away".into(),
            Self::NotOurs { name, has_former: true, .. } => {
                format!("remove it if it is not needed; `{}` is the hook from before speckit", name.former())
            }
            Self::NotOurs { .. } => "remove it by hand if it is not needed".into(),
            Self::File { .. } => "check who owns the folder, and whether it may be written".into(),
        }
    }

    /// The error as a diagnostic.
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Git(error) => error.diagnostic(),
            _ => Diagnostic::error(Code::PolicyHook, Key::root(), format!("{self}")).help(self.help()),
        }
    }
}
