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
    refused(path, &reason.of_file(path))
}

/// The error about a folder.
pub(super) fn refused_folder(path: &Path, reason: &NotSecret) -> AuthError {
    refused(path, &reason.of_folder(path))
}

fn refused(path: &Path, problem: &str) -> AuthError {
    AuthError::Store(format!("`{}` is not used for tokens: {problem}", visible(&path.to_string_lossy())))
}
