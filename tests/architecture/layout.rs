//! What may lie at the top level.

use std::collections::BTreeSet;

use crate::{names, none};

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

fn strangers(names: &[String]) -> Vec<String> {
    let entries = names.iter().map(|name| name.split('/').next().unwrap_or(name)).collect::<BTreeSet<_>>();
    let known = |entry: &str| entry.starts_with('.') || ALLOWED.contains(&entry);
    entries
        .into_iter()
        .filter(|entry| !known(entry))
        .map(|entry| format!("{entry} at the top level"))
        .collect()
}

#[test]
fn a_stranger_at_the_top_level_is_seen() {
    let names = ["docs/guide.md", "docs/api.md", "core/src/lib.rs", ".ci/run", "tests/lib.rs", "notes.txt"];
    assert_eq!(strangers(&names.map(String::from)), ["docs at the top level", "notes.txt at the top level"]);
}

#[test]
fn the_top_level_holds_what_the_design_says() {
    none(strangers(&names()), "a guide is a rustdoc module, a script lies in .ci, a test file in tests");
}
