//! Why a file or folder is not used, with the command that mends it.

use std::path::Path;

use speckit_core::auth::AuthError;
use speckit_core::text::{command_line, visible};

use crate::os::documents::NotSecret;

/// The command that logs in.
pub(super) fn login_line(login: &str) -> String {
    command_line(&["speckit", "auth", "login", login])
}

/// The error about a file.
pub(super) fn refused_file(path: &Path, reason: &NotSecret) -> AuthError {
    refused(path, reason, "600", "it is no regular file")
}

/// The error about a folder.
pub(super) fn refused_folder(path: &Path, reason: &NotSecret) -> AuthError {
    refused(path, reason, "700", "it is no folder")
}

fn refused(path: &Path, reason: &NotSecret, mode: &str, other_kind: &str) -> AuthError {
    let name = path.to_string_lossy();
    let (problem, command) = match reason {
        NotSecret::Io(error) => (error.to_string(), None),
        NotSecret::Link => ("it is a link, which is not followed".into(), Some(vec!["rm", &name])),
        NotSecret::Folder => ("it is a folder".into(), Some(vec!["rm", "-r", &name])),
        NotSecret::OtherKind => (other_kind.into(), Some(vec!["rm", &name])),
        NotSecret::OtherOwner { owner, user } => {
            let user_text = user.to_string();
            let command = command_line(&["sudo", "chown", &user_text, &name]);
            let problem = format!("it belongs to user {owner}, and this process to user {user}: `{command}`");
            (problem, None)
        }
        NotSecret::OpenToOthers { mode: found } => {
            (format!("other users may use it (mode {found:04o})"), Some(vec!["chmod", mode, &name]))
        }
        NotSecret::TooLarge => ("it is too long".into(), Some(vec!["rm", &name])),
    };
    let command = command.map(|words| format!(": `{}`", command_line(&words))).unwrap_or_default();
    AuthError::Store(format!("`{}` is not used for tokens: {problem}{command}", visible(&name)))
}
