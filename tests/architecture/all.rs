//! What keeps the packages, their domains and the top-level folders what they are.
//!
//! Each check is a function over names and texts, tried on a planted offence before it is tried on the workspace.

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

/// Fails with one offence a line.
#[track_caller]
fn none(offences: Vec<String>, what_to_do: &str) {
    assert!(offences.is_empty(), "\n  {}\n{what_to_do}\n", offences.join("\n  "));
}
