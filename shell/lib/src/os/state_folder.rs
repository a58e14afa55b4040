//! Where the program keeps what it must remember about its user.

use std::path::{Path, PathBuf};

use crate::os::environment;

/// A folder of the program's state: `$XDG_STATE_HOME/speckit/NAME` or `~/.local/state/speckit/NAME`; `None` without a home folder.
pub(crate) fn state_folder(name: &str) -> Option<PathBuf> {
    const STATE: &str = "XDG_STATE_HOME";
    let environment = environment::capture_wanted(&|name| name == STATE);
    folder_of(environment.text(STATE), environment::home().as_deref(), name)
}

/// What to do without a home folder.
pub(crate) const NO_STATE_FOLDER: &str = "set `HOME`, or `XDG_STATE_HOME` to an absolute path";

/// A relative path is ignored, as the XDG Base Directory Specification demands: it would lead into the working folder.
fn folder_of(state: Option<&str>, home: Option<&Path>, name: &str) -> Option<PathBuf> {
    let is_absolute = |path: &&Path| path.is_absolute();
    let state = state.map(Path::new).filter(is_absolute).map(PathBuf::from);
    let state = state.or_else(|| Some(home.filter(is_absolute)?.join(".local").join("state")));
    Some(state?.join("speckit").join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_folders_count() {
        let of = |state, home: Option<&str>| folder_of(state, home.map(Path::new), "auth");
        assert_eq!(of(Some("/s"), Some("/home/a")).unwrap(), Path::new("/s/speckit/auth"));
        let in_home = Path::new("/home/a/.local/state/speckit/auth");
        for state in [None, Some(""), Some("s"), Some("./s"), Some("~/s")] {
            assert_eq!(of(state, Some("/home/a")).unwrap(), in_home, "{state:?}");
        }
        for home in [None, Some("home"), Some("")] {
            assert_eq!(of(Some("s"), home), None);
        }
    }
}
