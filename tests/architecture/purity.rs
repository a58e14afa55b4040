//! The core is `no_std` and has no unsafe code.

use crate::{assert_none, names, text};

/// The attributes of a crate root that are missing.
fn missing_attributes(root: &str) -> Vec<String> {
    ["#![no_std]", "#![forbid(unsafe_code)]", "#![deny(missing_docs)]"]
        .into_iter()
        .filter(|attribute| !root.lines().any(|line| line.trim_end() == *attribute))
        .map(|attribute| format!("core/src/lib.rs has no line `{attribute}`"))
        .collect()
}

/// The places where a source links `std` outside tests.
fn links_to_std(name: &str, source: &str) -> Vec<String> {
    let mut before = "";
    let mut found = Vec::new();
    for (number, line) in (1..).zip(source.lines().map(str::trim)) {
        let links = line.starts_with("extern crate std") || line.starts_with("pub extern crate std");
        if links && before != "#[cfg(test)]" {
            found.push(format!("{name}:{number} links std"));
        }
        before = line;
    }
    found
}

#[test]
fn a_root_without_no_std_is_detected() {
    let root = "//! Docs with #![no_std] in them.\n#![forbid(unsafe_code)]\n#![deny(missing_docs)]\n";
    assert_eq!(missing_attributes(root), ["core/src/lib.rs has no line `#![no_std]`"]);
}

#[test]
fn std_is_for_tests_only() {
    assert_eq!(links_to_std("a.rs", "#[cfg(test)]\nextern crate std;\n"), [""; 0]);
    assert_eq!(links_to_std("a.rs", "mod x {\n    extern crate std;\n}\n"), ["a.rs:2 links std"]);
}

#[test]
fn the_core_stays_pure() {
    let mut violations = missing_attributes(&text("core/src/lib.rs"));
    for name in names().iter().filter(|name| name.starts_with("core/") && name.ends_with(".rs")) {
        violations.extend(links_to_std(name, &text(name)));
    }
    assert_none(violations, "move the effect to the shell; see ARCHITECTURE.md");
}
