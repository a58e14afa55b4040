//! A committed file that a test compares with a text, such as a reference of all settings.

use std::path::Path;

use similar::TextDiff;
use speckit_core::LayerKind;

use crate::os::documents::{Disk, Unread, read_source, write_atomically};
use crate::os::environment;

/// The variable that makes a test write the file.
const UPDATE: &str = "SPECKIT_UPDATE";

/// Compares a committed file with the text that the program writes now. With the variable `SPECKIT_UPDATE=1`, the file is written
/// instead.
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
    let path = path.as_ref();
    let name = path.display();
    let is_update = environment::capture().text(UPDATE).is_some_and(|value| !matches!(value, "" | "0"));
    let outcome = match read_source(&Disk, LayerKind::File, path) {
        Ok(source) => difference(source.text(), text).map(|lines| {
            format!("`{name}` differs from what the program writes now (`-` is in the file):\n{lines}")
        }),
        Err(Unread::Missing) => Some(format!("`{name}` does not exist")),
        Err(unread) => panic!("{}", unread.diagnostic(path).message),
    };
    match outcome {
        None => {}
        Some(_) if is_update => {
            if let Err(error) = write_atomically(path, text) {
                panic!("`{name}` cannot be written: {error}");
            }
        }
        Some(problem) => panic!("{problem}\nto accept the new text, run the test with {UPDATE}=1"),
    }
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
    #[should_panic(expected = "does not exist\nto accept the new text, run the test with SPECKIT_UPDATE=1")]
    fn a_missing_file_says_how_to_write_it() {
        let folder = tempfile::tempdir().unwrap();
        assert_file(folder.path().join("absent.md"), "a\n");
    }
}
