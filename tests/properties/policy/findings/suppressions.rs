//! A suppression holds for its statement, whatever else is suppressed in the file.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;
use speckit_core::policy::Policy;
use speckit_core::policy::findings::{CheckOptions, FindingState, Position};

/// What begins, continues and ends statements, matches of the rule, and comments; `@` is a directive.
const PIECES: [&str; 24] = [
    "print(1)",
    "print(",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ";",
    ",",
    "\n",
    "\n",
    "\n\n",
    " ",
    "=",
    ".then(",
    "\\\n",
    "\"a\nb\"",
    "'x'",
    "// @\n",
    "/* @ */",
    "/*\n * @\n * @\n */",
    "# @\n",
    "-- @\n",
];

const DIRECTIVE: &str = "speckit:allow print why";
/// As long as a directive, and none.
const PROSE: &str = "speckit-allow print why";

/// The places that are suppressed in a file.
fn suppressed(policy: &Policy, path: &str, text: &str) -> BTreeSet<Position> {
    let report = policy.conclude([policy.check_file(path, text.as_bytes())], &CheckOptions::default());
    let findings = report.findings.into_iter().filter(|finding| finding.state == FindingState::Suppressed);
    findings.map(|finding| finding.start).collect()
}

/// The places that all suppressions of a text suppress, and those that each does when the others are prose.
fn together_and_alone(text: &str, extension: &str) -> (BTreeSet<Position>, BTreeSet<Position>) {
    let rules = json!({ "rules": { "print": { "pattern": "print\\(", "message": "m" } } });
    let policy = Policy::compile(&serde_json::from_value(rules).unwrap()).unwrap();
    let path = format!("a.{extension}");
    let parts: Vec<&str> = text.split('@').collect();
    let alone = (1..parts.len()).flat_map(|one| {
        let (before, after) = parts.split_at(one);
        suppressed(&policy, &path, &[before.join(PROSE), after.join(PROSE)].join(DIRECTIVE))
    });
    (suppressed(&policy, &path, &parts.join(DIRECTIVE)), alone.collect())
}

#[test]
fn each_suppresses_the_same_alone_where_brackets_do_not_match() {
    let (together, alone) = together_and_alone("[// @\n)print(]print()print())// @\nprint(1)", "rs");
    assert_eq!(together, alone);
}

proptest! {
    #![proptest_config(speckit_tests::cases(400))]

    #[test]
    fn each_suppresses_what_it_suppresses_alone(
        pieces in vec(select(&PIECES[..]), 0..50),
        extension in select(vec!["rs", "py", "ts", "sh", "go", "sql", "toml", "yaml", "txt"]),
    ) {
        let (together, alone) = together_and_alone(&pieces.concat(), extension);
        prop_assert_eq!(together, alone);
    }
}
