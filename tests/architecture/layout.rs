//! The allowed entries of the top level.

use std::collections::BTreeSet;

use crate::{assert_none, names};

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
