//! Which of the configured logins a command means.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use thiserror::Error;

use crate::text::visible;
use crate::tree::nearest::nearest;
use crate::tree::{Code, Diagnostic, Key};

/// Why no login is meant.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SelectionError {
    /// The configuration has no login at all.
    #[error("no login is configured{}", wanted.as_ref().map(|wanted| format!(", so there is no `{}`", visible(wanted))).unwrap_or_default())]
    NoneConfigured {
        /// The name that the command has.
        wanted: Option<String>,
    },
    /// There is no login of this name.
    #[error("there is no login `{}`, but {}", visible(wanted), listed(known))]
    Unknown {
        /// The name that the command has.
        wanted: String,
        /// The names of all logins, sorted.
        known: Vec<String>,
    },
    /// The command has no name, and there are several logins.
    #[error("which login is meant? There are {}", listed(known))]
    Several {
        /// The names of all logins, sorted.
        known: Vec<String>,
    },
}

/// The login of this name; without a name, the only one.
///
/// ```
/// use speckit_core::auth::select;
/// assert_eq!(select(["company"], None), Ok("company"));
/// assert_eq!(select(["company", "github"], Some("github")), Ok("github"));
/// let error = select(["company", "github"], Some("gihub")).unwrap_err();
/// assert_eq!(error.to_string(), "there is no login `gihub`, but `company` and `github`");
/// assert_eq!(error.help(), "did you mean `github`?");
/// ```
///
/// # Errors
/// [`SelectionError`], with every name that could be meant.
pub fn select<'a>(
    names: impl IntoIterator<Item = &'a str>,
    wanted: Option<&str>,
) -> Result<&'a str, SelectionError> {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    let known = || names.iter().map(|&name| name.into()).collect();
    match (wanted, names.as_slice()) {
        (wanted, []) => Err(SelectionError::NoneConfigured { wanted: wanted.map(String::from) }),
        (None, [only]) => Ok(only),
        (None, _) => Err(SelectionError::Several { known: known() }),
        (Some(wanted), all) => {
            let found = all.iter().find(|name| **name == wanted).copied();
            found.ok_or_else(|| SelectionError::Unknown { wanted: wanted.into(), known: known() })
        }
    }
}

/// What to do where no login is configured.
pub const FIRST_LOGIN: &str = "write a table such as `[auth.company]` with `issuer = \"https://id.example.com\"`, `client_id = \"…\"` and \
     `store = \"file\"` into `speckit.toml`; the guide `auth` has whole examples";

impl SelectionError {
    /// What to do.
    pub fn help(&self) -> String {
        match self {
            Self::NoneConfigured { .. } => FIRST_LOGIN.into(),
            Self::Unknown { wanted, known } => match nearest(wanted, known.iter().map(String::as_str)) {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => "name one of them, or write a table `[auth.NAME]` for another one".into(),
            },
            Self::Several { known } => {
                let first = known.first().map_or("NAME", String::as_str);
                format!("add its name to the command, such as `{first}`")
            }
        }
    }

    /// The error at the key `auth`.
    pub fn diagnostic(&self) -> Diagnostic {
        let error = Diagnostic::error(Code::AuthUnknown, Key::of(["auth"]), format!("{self}"));
        error.help(self.help())
    }
}

/// The names in a sentence: `a`, `b` and `c`. A configuration may name anything, so that they are made visible.
fn listed(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{}`", visible(name))).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn the_only_login_needs_no_name_and_of_several_each_is_listed() {
        assert_eq!(select(["a"], None), Ok("a"));
        assert_eq!(select(["a"], Some("a")), Ok("a"));
        let several = select(["c", "a", "b"], None).unwrap_err();
        assert_eq!(several.to_string(), "which login is meant? There are `a`, `b` and `c`");
        assert_eq!(several.help(), "add its name to the command, such as `a`");
    }

    #[test]
    fn an_unknown_login_is_never_replaced_by_the_only_one() {
        let error = select(["company"], Some("github")).unwrap_err();
        assert_eq!(error.to_string(), "there is no login `github`, but `company`");
        assert!(error.help().contains("[auth.NAME]"), "{}", error.help());
        let near = select(["company"], Some("compny")).unwrap_err();
        assert_eq!(near.help(), "did you mean `company`?");
    }

    #[test]
    fn without_a_login_the_help_says_what_to_write() {
        let error = select([], None).unwrap_err();
        assert_eq!(error.to_string(), "no login is configured");
        assert!(error.help().contains("[auth.company]") && error.help().contains("guide"));
        let named = select([], Some("a\u{1b}")).unwrap_err();
        assert_eq!(named.to_string(), "no login is configured, so there is no `a\\u{1b}`");
    }
}
