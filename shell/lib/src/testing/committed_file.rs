//! A committed file that a test compares with a text, such as a reference of all settings.

use std::path::Path;

use similar::TextDiff;
use speckit_core::LayerKind;

use crate::os::documents::{Disk, Unread, read_source, write_with_folders};
use crate::os::environment;

/// The variable that makes a test write the file.
const UPDATE: &str = "SPECKIT_UPDATE";

/// Compares a committed file with the text that the program writes now. With the variable `SPECKIT_UPDATE=1`, the file is written
/// instead, with the folders that are missing.
///
/// A relative path begins at the folder where the test runs, which is that of the package under `cargo test`. Line ends of Windows
/// make no difference.
///
/// ```
/// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("settings.md"); // docs/settings.md
/// # std::fs::write(&path, "# Settings\n\n## `port`\n\n- Type: integer\n- Default: `80`\n")?;
/// let builder = Config::builder().defaults_toml("port = 80");
/// speckit::testing::assert_file(&path, &builder.reference_markdown()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// The file does not exist, cannot be read or written, or differs. The message shows the difference, and how to accept it.
#[track_caller]
#[expect(clippy::panic, reason = "it is an assertion of a test")]
pub fn assert_file(path: impl AsRef<Path>, text: &str) {
    let is_update = environment::capture().text(UPDATE).is_some_and(|value| !matches!(value, "" | "0"));
    if let Err(problem) = compare(path.as_ref(), text, is_update) {
        panic!("{problem}");
    }
}

fn compare(path: &Path, text: &str, is_update: bool) -> Result<(), String> {
    let name = path.display();
    let problem = match read_source(&Disk, LayerKind::File, path) {
        Ok(source) => match difference(source.text(), text) {
            None => return Ok(()),
            Some(lines) => {
                format!("`{name}` differs from what the program writes now (`-` is in the file):\n{lines}")
            }
        },
        Err(Unread::Missing) => format!("`{name}` does not exist"),
        Err(unread) => return Err(unread.diagnostic(path).message),
    };
    if !is_update {
        return Err(format!("{problem}\nto accept the new text, run the test with {UPDATE}=1"));
    }
    let written =
        write_with_folders(path, text).map_err(|error| format!("`{name}` cannot be written: {error}"));
    written.map(drop)
}

/// The lines that differ, with their neighbours; `None` for equal texts.
fn difference(committed: &str, text: &str) -> Option<String> {
    let (committed, text) = (committed.replace("\r\n", "\n"), text.replace("\r\n", "\n"));
    (committed != text).then(|| TextDiff::from_lines(&committed, &text).unified_diff().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_equal_file_passes_and_line_ends_do_not_count() {
        assert_eq!(difference("a\r\nb\r\n", "a\nb\n"), None);
    }

    #[test]
    fn a_difference_is_shown_with_its_lines() {
        let shown = difference("a\nb\nc\n", "a\nx\nc\n").unwrap();
        assert!(shown.contains("-b\n+x\n") && shown.contains(" a\n"), "{shown}");
    }

    #[test]
    fn an_update_writes_the_file_and_the_folders_that_are_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("docs/settings/all.md");
        for text in ["a\n", "b\n"] {
            compare(&path, text, true).unwrap();
            compare(&path, text, false).unwrap();
        }
        assert!(compare(&path, "c\n", false).unwrap_err().contains("-b\n+c\n"));
        assert!(compare(folder.path(), "c\n", true).is_err());
    }

    #[test]
    #[should_panic(expected = "does not exist\nto accept the new text, run the test with SPECKIT_UPDATE=1")]
    fn a_missing_file_says_how_to_write_it() {
        let folder = tempfile::tempdir().unwrap();
        assert_file(folder.path().join("absent.md"), "a\n");
    }
}
