//! What to say about a file that may be absent, and is.

use alloc::format;
use alloc::string::String;

use crate::tree::{Code, Diagnostic, Key};

/// The shortest name, in characters without its extension, for which another one counts as misspelt.
const SHORTEST_STEM: usize = 4;

/// The warning about an absent file that was probably meant to be another one: its path begins with `~`, or one of the
/// `names` of the files beside it differs in one letter. `None` for a file that is just absent.
///
/// ```
/// use speckit_core::config::source::absent_file;
/// let found = absent_file("etc/setings.toml", "setings.toml", &["settings.toml".into()]).unwrap();
/// assert_eq!(found.message, "`etc/setings.toml` does not exist");
/// assert_eq!(found.help.as_deref(), Some("did you mean `settings.toml`, which is in the same folder?"));
/// assert!(absent_file("app.local.toml", "app.local.toml", &["app.toml".into()]).is_none());
/// ```
pub fn absent_file(path: &str, name: &str, names: &[String]) -> Option<Diagnostic> {
    let help = if path.starts_with("~/") || path.starts_with("~\\") {
        String::from("`~` is not replaced by the home folder here: give the whole path")
    } else {
        let near = names.iter().filter(|other| is_misspelt(name, other)).min()?;
        format!("did you mean `{near}`, which is in the same folder?")
    };
    Some(Diagnostic::warning(Code::FileAbsent, Key::root(), format!("`{path}` does not exist")).help(help))
}

/// Whether two names differ only in the case of letters, or in one character that is no digit.
fn is_misspelt(name: &str, other: &str) -> bool {
    let stem =
        |name: &str| name.split('.').find(|part| !part.is_empty()).map_or(0, |part| part.chars().count());
    let digits = |name: &str| name.chars().filter(char::is_ascii_digit).collect::<String>();
    let is_long = stem(name).min(stem(other)) >= SHORTEST_STEM;
    name != other
        && is_long
        && digits(name) == digits(other)
        && strsim::damerau_levenshtein(&name.to_lowercase(), &other.to_lowercase()) <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_that_differs_in_one_letter_is_probably_meant() {
        for (name, other, is_meant) in [
            ("setings.toml", "settings.toml", true),
            ("settigns.toml", "settings.toml", true),
            ("Settings.toml", "settings.toml", true),
            ("config.json", "config.jsonc", true),
            (".confg.toml", ".config.toml", true),
            ("node1.toml", "node2.toml", false),
            ("node.toml", "node2.toml", false),
            ("a.toml", "b.toml", false),
            ("app.toml", "api.toml", false),
            ("settings.toml", "settings.local.toml", false),
            ("settings.toml", "settings.toml", false),
        ] {
            assert_eq!(absent_file(name, name, &[other.into()]).is_some(), is_meant, "{name} {other}");
        }
        let home = absent_file("~/settings.toml", "settings.toml", &[]).unwrap();
        assert!(home.help.unwrap().contains('~'));
    }
}
