//! The allowed entries of the top level.

use std::collections::BTreeSet;

use crate::{assert_none, names, text};

/// Beside these only dotfiles. Guides for users are rustdoc modules.
const ALLOWED: [&str; 13] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "core",
    "deny.toml",
    "proptest-regressions",
    "shell",
    "snapshots",
    "tests",
];

fn unknown_entries(names: &[String]) -> Vec<String> {
    let entries = names.iter().map(|name| name.split('/').next().unwrap_or(name)).collect::<BTreeSet<_>>();
    let known = |entry: &str| entry.starts_with('.') || ALLOWED.contains(&entry);
    entries
        .into_iter()
        .filter(|entry| !known(entry))
        .map(|entry| format!("{entry} at the top level"))
        .collect()
}

/// The `.rs` files that a document names by their path, and that do not exist.
fn missing_files(document: &str, names: &[String]) -> Vec<String> {
    let quoted = document.split('`').skip(1).step_by(2);
    let paths =
        quoted.filter(|path| path.ends_with(".rs") && path.contains('/') && !path.contains(['<', ' ']));
    let missing = paths.filter(|path| !names.iter().any(|name| name == path));
    missing.map(|path| format!("{path} does not exist")).collect()
}

#[test]
fn a_document_that_names_a_missing_file_is_detected() {
    let names = ["core/src/a.rs".to_owned()];
    let document = "Read `core/src/a.rs`, then `core/src/b.rs`, and `merge.rs` or `tests/<suite>/<name>.rs`.";
    assert_eq!(missing_files(document, &names), ["core/src/b.rs does not exist"]);
}

#[test]
fn the_documents_name_files_that_exist() {
    let documents = ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"].map(text).concat();
    assert_none(missing_files(&documents, &names()), "correct the path in the document");
}

#[test]
fn an_unknown_entry_of_the_top_level_is_detected() {
    let names = ["docs/guide.md", "docs/api.md", "core/src/lib.rs", ".ci/run", "tests/lib.rs", "notes.txt"];
    assert_eq!(
        unknown_entries(&names.map(String::from)),
        ["docs at the top level", "notes.txt at the top level"]
    );
}

#[test]
fn the_top_level_has_only_known_entries() {
    assert_none(
        unknown_entries(&names()),
        "a guide is a rustdoc module, a script lies in .ci, a test file in tests",
    );
}
