//! The prefix of variables.

use alloc::format;
use alloc::string::String;

use crate::tree::{Code, Diagnostic, Key};

/// The prefix that was probably meant: `APP` for `APP`, `APP_` and `app`.
///
/// ```
/// use speckit_core::config::source::prefix_of;
/// assert_eq!(prefix_of("my_app_").as_deref(), Ok("MY_APP"));
/// assert!(prefix_of("my-app").is_err() && prefix_of("").is_err());
/// ```
///
/// # Errors
/// `rule/prefix` for a text that no variable begins with.
pub fn prefix_of(given: &str) -> Result<String, Diagnostic> {
    let prefix = given.trim_end_matches('_').to_ascii_uppercase();
    let is_in_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if !prefix.is_empty() && prefix.chars().all(is_in_name) {
        return Ok(prefix);
    }
    let message = format!("`{given}` is no prefix of variables");
    let help = "use letters, digits and `_`, such as `APP` for `APP_PORT`";
    Err(Diagnostic::error(Code::RulePrefix, Key::root(), message).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_either_case_and_an_underscore_at_the_end_are_one_prefix() {
        for (given, prefix) in [
            ("APP", "APP"),
            ("app", "APP"),
            ("App_", "APP"),
            ("MY_APP__", "MY_APP"),
            ("A1", "A1"),
            ("_X", "_X"),
        ] {
            assert_eq!(prefix_of(given).as_deref(), Ok(prefix));
        }
        for given in ["", "_", "__", " ", "my-app", "A B", "A.", "ß", "ı", "É", "A=", "A\n"] {
            assert!(prefix_of(given).is_err(), "{given:?}");
        }
    }
}
