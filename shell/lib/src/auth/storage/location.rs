//! Where the files of logins are.

use std::path::PathBuf;

use speckit_core::auth::AuthError;

use crate::os::state_folder::{NO_STATE_FOLDER, state_folder};

/// The folder of the tokens: `$XDG_STATE_HOME/speckit/auth` or `~/.local/state/speckit/auth`.
///
/// # Errors
/// There is no home folder.
pub(super) fn folder() -> Result<PathBuf, AuthError> {
    state_folder("auth")
        .ok_or_else(|| AuthError::Store(format!("there is no home folder for the tokens: {NO_STATE_FOLDER}")))
}

/// The name of a login within the name of a file. No two logins have the same one, and none leads to another folder.
pub(super) fn file_name(login: &str) -> String {
    let mut name = String::new();
    for byte in login.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(byte.into()),
            _ => name.push_str(&format!("%{byte:02X}")),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_of_any_name_has_a_file_of_its_own_in_the_folder() {
        for (login, name) in [
            ("work-1_A", "work-1_A"),
            ("..", "%2E%2E"),
            ("a/b", "a%2Fb"),
            ("a%2Fb", "a%252Fb"),
            ("é", "%C3%A9"),
            ("a.json", "a%2Ejson"),
        ] {
            assert_eq!(file_name(login), name);
        }
    }
}
