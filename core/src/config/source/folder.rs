//! The diagnostic about a folder of configuration files in which no file is read.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Language;
use crate::tree::{Code, Diagnostic, Key};

/// How many files that are not read are named.
const NAMED: usize = 5;

/// The diagnostic about a folder without a single `*.toml` file; `files` are the names of the files in it.
///
/// A folder that is called like a file is an error, as a container engine makes one where the file to mount is missing.
///
/// ```
/// use speckit_core::config::source::folder_without_documents;
/// let found = folder_without_documents("conf.d", &["a.yaml".into(), "README".into()]);
/// assert_eq!(found.message, "the folder `conf.d` has no *.toml file and sets nothing; not read: `a.yaml`");
/// assert_eq!(folder_without_documents("app.toml", &[]).code.as_str(), "file/unreadable");
/// ```
pub fn folder_without_documents(folder: &str, files: &[String]) -> Diagnostic {
    let named = unread(files);
    let unread = if named.is_empty() { named.join("") } else { format!("; not read: {}", named.join(", ")) };
    let name = folder.trim_end_matches(['/', '\\']);
    let lower = name.to_ascii_lowercase();
    if [".toml", ".json", ".jsonc"].iter().any(|ending| lower.ends_with(ending)) {
        let (what, help) = if files.is_empty() {
            (
                "an empty folder, expected a file",
                "remove the folder and create the file; where a file to mount is missing, a container engine makes \
                 an empty folder of its name",
            )
        } else {
            ("a folder without a *.toml file, expected a file", "name a file, or a folder of *.toml files")
        };
        let message = format!("`{folder}` is {what}{unread}");
        return Diagnostic::error(Code::FileUnreadable, Key::root(), message).help(help);
    }
    let message = format!("the folder `{folder}` has no *.toml file and sets nothing{unread}");
    let help = if named.is_empty() {
        "check the path; of a folder, the *.toml files are read"
    } else {
        "of a folder, only the *.toml files are read: convert the others, or name each file"
    };
    Diagnostic::warning(Code::FileEmpty, Key::root(), message).help(help)
}

/// The first files of a configuration format in which no file of a folder is read, and how many more there are.
fn unread(files: &[String]) -> Vec<String> {
    let mut unread: Vec<&str> = files.iter().map(String::as_str).collect();
    unread.retain(|name| !name.starts_with('.') && Language::is_configuration(name));
    unread.sort_unstable();
    let mut named: Vec<String> = unread.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    if unread.len() > NAMED {
        named.push(format!("{} more", unread.len() - NAMED));
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Severity;

    #[test]
    fn a_folder_with_the_name_of_a_file_is_an_error() {
        for name in ["app.toml", "etc/app.json", "APP.TOML/", "a.jsonc"] {
            let found = folder_without_documents(name, &[]);
            assert_eq!((found.severity, found.code), (Severity::Error, Code::FileUnreadable), "{name}");
            assert!(found.message.contains("empty folder"), "{found:?}");
        }
        let found = folder_without_documents("app.toml", &["app.yaml".into()]);
        assert_eq!(
            found.message,
            "`app.toml` is a folder without a *.toml file, expected a file; not read: `app.yaml`"
        );
    }

    #[test]
    fn files_that_look_like_configuration_are_named_once_and_not_without_end() {
        let files = ["z.conf", "b.json", "README.md", ".hidden.toml", "a.yml", "notes"];
        let found = folder_without_documents("conf.d", &files.map(String::from));
        assert_eq!((found.severity, found.code), (Severity::Warning, Code::FileEmpty));
        assert_eq!(
            found.message,
            "the folder `conf.d` has no *.toml file and sets nothing; not read: `a.yml`, `b.json`, `z.conf`"
        );
        let many: Vec<String> = (10..30).map(|i| format!("{i}.ini")).collect();
        let found = folder_without_documents("conf.d", &many);
        assert!(found.message.ends_with("`13.ini`, `14.ini`, 15 more"), "{}", found.message);
    }
}
