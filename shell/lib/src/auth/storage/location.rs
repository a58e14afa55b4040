//! Where the files of logins are.

use std::path::{Path, PathBuf};

use speckit_core::auth::AuthError;

use crate::os::environment;

/// The folder of the tokens: `$XDG_STATE_HOME/speckit/auth` or `~/.local/state/speckit/auth`.
///
/// # Errors
/// There is no home folder.
pub(super) fn folder() -> Result<PathBuf, AuthError> {
    const STATE: &str = "XDG_STATE_HOME";
    let environment = environment::capture_wanted(&|name| name == STATE);
    folder_of(environment.text(STATE), environment::home().as_deref())
}

/// A relative path is ignored, as the XDG Base Directory Specification demands: it would lead into the working folder.
fn folder_of(state: Option<&str>, home: Option<&Path>) -> Result<PathBuf, AuthError> {
    let is_absolute = |path: &&Path| path.is_absolute();
    let state = state.map(Path::new).filter(is_absolute).map(PathBuf::from);
    let state = state.or_else(|| Some(home.filter(is_absolute)?.join(".local").join("state")));
    let state = state.ok_or_else(|| {
        AuthError::Store(
            "there is no home folder for the tokens: set `HOME`, or `XDG_STATE_HOME` to an absolute path"
                .into(),
        )
    })?;
    Ok(state.join("speckit").join("auth"))
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
    fn only_absolute_folders_count() {
        let of = |state, home: Option<&str>| folder_of(state, home.map(Path::new)).map_err(|e| e.to_string());
        assert_eq!(of(Some("/s"), Some("/home/a")).unwrap(), Path::new("/s/speckit/auth"));
        let in_home = Path::new("/home/a/.local/state/speckit/auth");
        for state in [None, Some(""), Some("s"), Some("./s"), Some("~/s")] {
            assert_eq!(of(state, Some("/home/a")).unwrap(), in_home, "{state:?}");
        }
        for home in [None, Some("home"), Some("")] {
            let error = of(Some("s"), home).unwrap_err();
            assert!(error.contains("set `HOME`, or `XDG_STATE_HOME`"), "{error}");
        }
    }

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
