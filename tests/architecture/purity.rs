//! The core is `no_std` and has no unsafe code. The shell has unsafe code in a few doors.

use crate::{assert_none, names, text};

/// The attributes of a crate root that are missing.
fn missing_attributes(root: &str) -> Vec<String> {
    ["#![no_std]", "#![forbid(unsafe_code)]", "#![deny(missing_docs)]"]
        .into_iter()
        .filter(|attribute| !root.lines().any(|line| line.trim_end() == *attribute))
        .map(|attribute| format!("core/src/lib.rs has no line `{attribute}`"))
        .collect()
}

/// The files that may open the lint `unsafe_code`.
const UNSAFE_DOORS: [&str; 5] = [
    // Use of resources by one child: wait4(2).
    "shell/lib/src/bench/command/child.rs",
    // A session of its own for a child: posix_spawn(3), and elsewhere setsid(2) between fork and exec.
    "shell/lib/src/os/session/posix_spawn.rs",
    "shell/lib/src/os/session/fork.rs",
    // Which streams were closed, before the standard library opens them.
    "shell/lib/src/os/output/closed.rs",
    // The default action of SIGTSTP, and the handler again: sigaction(2).
    "shell/cli/src/signals.rs",
];

/// Whether a source opens the lint.
fn has_unsafe_code(source: &str) -> bool {
    source.lines().map(str::trim).any(|line| line.contains("unsafe_code") && !line.starts_with("//"))
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
fn unsafe_code_is_in_the_doors_only() {
    assert!(
        has_unsafe_code("    #[expect(unsafe_code, reason = \"a\")]\n")
            && !has_unsafe_code("// unsafe_code\n")
    );
    let sources = names().into_iter().filter(|name| name.starts_with("shell/") && name.ends_with(".rs"));
    let found: Vec<String> = sources.filter(|name| has_unsafe_code(&text(name))).collect();
    let mut doors = UNSAFE_DOORS;
    doors.sort_unstable();
    assert_eq!(found, doors, "call the door, or add a new one with its reason");
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
