//! Checks of the packages, their domains and the top-level folders.
//!
//! Each check is a function over names and texts; a test with an example violation shows that it works.

mod cycles;
mod domains;
mod hygiene;
mod imports;
mod layout;
mod links;
mod orphans;
mod public_api;
mod purity;

use speckit_tests::{tracked_files, workspace};

/// The tracked files by their names, with `/` on every platform.
fn names() -> Vec<String> {
    tracked_files().iter().map(|file| file.to_string_lossy().replace('\\', "/")).collect()
}

/// The text of a file of the workspace; bytes that are not UTF-8 are replaced.
fn text(name: &str) -> String {
    let bytes = std::fs::read(workspace().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Fails with one violation on each line.
#[track_caller]
fn assert_none(violations: Vec<String>, what_to_do: &str) {
    assert!(violations.is_empty(), "\n  {}\n{what_to_do}\n", violations.join("\n  "));
}
