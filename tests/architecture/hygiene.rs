//! No tracked file contains unfinished code, ignored tests or absolute paths of a machine.

use crate::{assert_none, names, text};

/// Split, so that this file passes the check too.
const OF_RUST: [(&str, &str); 3] = [
    (concat!("to", "do!("), "unfinished"),
    (concat!("unimplem", "ented!("), "unfinished"),
    (concat!("#[ign", "ore"), "a test that never runs"),
];
const OF_ANY_FILE: [(&str, &str); 4] = [
    (concat!("/wo", "rk/"), "a path of one machine"),
    (concat!("/tmp", "/wt"), "a path of one machine"),
    (concat!("/ro", "ot/"), "a path of one machine"),
    (concat!("<<<<", "<<< "), "a merge that is not finished"),
];

fn violations(name: &str, text: &str) -> Vec<String> {
    let of_rust = OF_RUST.iter().filter(|_| name.ends_with(".rs"));
    let words = of_rust.chain(&OF_ANY_FILE).collect::<Vec<_>>();
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        for (word, what) in &words {
            if begins_somewhere(line, word) {
                found.push(format!("{name}:{number} has `{word}`: {what}"));
            }
        }
    }
    found
}

/// Whether `line` contains `word`, not as the end of a longer word or path.
fn begins_somewhere(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|front| front.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '~'))
    })
}

#[test]
fn unfinished_code_and_machine_paths_are_detected() {
    let [(unfinished, _), _, (ignored, _)] = OF_RUST;
    let [(path, _), ..] = OF_ANY_FILE;
    let example =
        format!("fn a() {{ {unfinished}) }}\n{ignored}]\nlet b = \"{path}x\";\nlet c = \"net{path}\";\n");
    let found = violations("a.rs", &example);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found[0].starts_with("a.rs:1 ") && found[1].starts_with("a.rs:2 ") && found[2].starts_with("a.rs:3 ")
    );
    assert_eq!(violations("a.md", &format!("`{unfinished})` in prose")), [""; 0]);
}

#[test]
fn the_sources_are_clean() {
    let found = names().iter().flat_map(|name| violations(name, &text(name))).collect();
    assert_none(found, "finish it, run it, or make the path relative");
}
