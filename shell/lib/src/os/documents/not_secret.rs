//! Why a private file or folder is not used.

use std::io;
use std::path::Path;

use speckit_core::text::command_line;

/// Why a file or folder is not used.
#[derive(Debug)]
pub(crate) enum NotSecret {
    /// An error of the system.
    Io(io::Error),
    /// It is a link.
    Link,
    /// It is a folder, and a file is needed.
    Folder,
    /// It is neither a file nor a folder, or a file where a folder is needed.
    OtherKind,
    /// It belongs to another user.
    OtherOwner {
        /// The id of that user.
        owner: u32,
        /// The id of the user of this process.
        user: u32,
    },
    /// Other users may read or change it.
    OpenToOthers {
        /// Its permissions.
        mode: u32,
    },
    /// It is longer than wanted.
    TooLarge,
}

impl From<io::Error> for NotSecret {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl NotSecret {
    /// What is wrong with a file, as a fragment with the command that mends it.
    pub(crate) fn of_file(&self, path: &Path) -> String {
        self.problem(path, "600", "it is no regular file")
    }

    /// What is wrong with a folder, as a fragment with the command that mends it.
    pub(crate) fn of_folder(&self, path: &Path) -> String {
        self.problem(path, "700", "it is no folder")
    }

    fn problem(&self, path: &Path, mode: &str, other_kind: &str) -> String {
        let name = path.to_string_lossy();
        let (problem, command) = match self {
            Self::Io(error) => (error.to_string(), None),
            Self::Link => ("it is a link, which is not followed".into(), Some(vec!["rm", &name])),
            Self::Folder => ("it is a folder".into(), Some(vec!["rm", "-r", &name])),
            Self::OtherKind => (other_kind.into(), Some(vec!["rm", &name])),
            Self::OtherOwner { owner, user } => {
                let user_text = user.to_string();
                let command = command_line(&["sudo", "chown", &user_text, &name]);
                let problem =
                    format!("it belongs to user {owner}, and this process to user {user}: `{command}`");
                (problem, None)
            }
            Self::OpenToOthers { mode: found } => {
                (format!("other users may use it (mode {found:04o})"), Some(vec!["chmod", mode, &name]))
            }
            Self::TooLarge => ("it is too long".into(), Some(vec!["rm", &name])),
        };
        let command = command.map(|words| format!(": `{}`", command_line(&words))).unwrap_or_default();
        problem + &command
    }
}
