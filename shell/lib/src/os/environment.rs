//! Access to the environment: read once, and passed on as a value.
#![expect(clippy::disallowed_methods, reason = "this module is the only access to the environment")]

use std::ffi::OsString;

use speckit_core::config::source::{Environment, Variable};

/// The current environment of this process.
///
/// Names that are not UTF-8 are left out, since they name no key. Values that are not UTF-8 are kept, so that they are reported.
pub fn capture() -> Environment {
    capture_wanted(&|_| true)
}

/// The current environment, only the variables with a wanted name.
pub(crate) fn capture_wanted(is_wanted: &dyn Fn(&str) -> bool) -> Environment {
    let wanted = std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_wanted));
    Environment::new(wanted.filter_map(|(name, value)| {
        let value = value.into_string().map_or(Variable::NotUnicode, Variable::Text);
        Some((name.into_string().ok()?, value))
    }))
}

/// The current environment with these changes: variables with their values, and, without a value, those that it does not have.
#[cfg(all(target_os = "linux", feature = "agents"))]
pub(crate) fn with(
    changes: &std::collections::BTreeMap<&str, Option<&str>>,
) -> impl Iterator<Item = (OsString, OsString)> {
    let is_kept = |name: &OsString| name.to_str().is_none_or(|name| !changes.contains_key(name));
    let kept = std::env::vars_os().filter(move |(name, _)| is_kept(name));
    kept.chain(changes.iter().filter_map(|(name, value)| Some((name.into(), (*value)?.into()))))
}

/// The arguments of this process, with the name of the program.
pub fn arguments() -> Vec<OsString> {
    std::env::args_os().collect()
}

/// The path of this program.
///
/// # Errors
/// The system does not know it.
#[cfg(feature = "policy")]
pub fn program() -> std::io::Result<std::path::PathBuf> {
    std::env::current_exe()
}

/// The home folder of the user: `$HOME`, or `%USERPROFILE%`.
#[cfg(any(feature = "auth", feature = "sqlite"))]
pub fn home() -> Option<std::path::PathBuf> {
    std::env::home_dir().filter(|home| !home.as_os_str().is_empty())
}

/// Whether the terminal can neither move its cursor nor show colours: `TERM` is unset, empty or `dumb`. Windows has no `TERM`.
pub fn has_dumb_terminal() -> bool {
    cfg!(unix) && std::env::var_os("TERM").is_none_or(|name| name.is_empty() || name == "dumb")
}

/// Whether `NO_COLOR` is set to anything (no-color.org).
pub fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}
