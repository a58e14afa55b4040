//! Thirty inputs, each loaded by speckit without a schema and by four other crates: what each makes of it.

mod cases;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use cases::{CASES, Case, Expected, Group, SEVERAL};

const PEERS: [&str; 5] = ["speckit", "figment", "config", "confique", "schematic"];
/// The file of every case, unless it says otherwise: all that is required.
const REQUIRED: &str = "database.password = 'hunter2'\n";

/// What a crate makes of an input: its settings, and its messages.
struct Outcome {
    is_ok: bool,
    settings: BTreeMap<String, String>,
    messages: String,
}

fn run(peer: &str, case: &Case) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.toml");
    std::fs::write(&file, case.file.unwrap_or(REQUIRED)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_speckit-loader"));
    command.env_clear().envs(case.variables.iter().copied()).args([peer.as_ref(), file.as_os_str()]);
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let settings = text(output.stdout);
    let settings = settings.lines().filter_map(|line| line.split_once(" = "));
    Outcome {
        is_ok: output.status.success(),
        settings: settings.map(|(field, value)| (field.into(), value.into())).collect(),
        messages: text(output.stderr),
    }
}

/// The cell of the table, and whether it is right.
fn judge(case: &Case, outcome: &Outcome, unset: &Outcome) -> (String, bool) {
    match case.expected {
        Expected::Value(field, expected) => {
            let found = outcome.settings.get(field);
            let cell = match found {
                Some(value) if value == expected => expected.to_owned(),
                Some(value) if unset.settings.get(field) == Some(value) => "ignored".to_owned(),
                Some(value) => value.clone(),
                None => "error".to_owned(),
            };
            let is_right = found.is_some_and(|value| value == expected) && outcome.messages.is_empty();
            (cell, is_right)
        }
        Expected::Message(facts) => {
            let says = |words: &&str| match words.strip_prefix('!') {
                Some(secret) => !outcome.messages.contains(secret),
                None => outcome.messages.to_lowercase().contains(&words.to_lowercase()),
            };
            let named: Vec<&str> =
                facts.iter().filter(|(_, words)| words.iter().any(says)).map(|(name, _)| *name).collect();
            let cell = match (outcome.messages.is_empty(), named.is_empty()) {
                (true, _) => "silent".to_owned(),
                (false, _) if case.title == SEVERAL => format!("{} of {}", named.len(), facts.len()),
                (false, true) => "error".to_owned(),
                (false, false) => named.join(", "),
            };
            (cell, !outcome.messages.is_empty() && named.len() == facts.len())
        }
    }
}

#[test]
fn speckit_is_right_for_every_input_and_the_readme_has_the_counts() {
    let unset =
        Case { title: "", variables: &[], file: None, expected: Expected::Message(&[]), group: Group::Types };
    let unset = PEERS.map(|peer| run(peer, &unset));
    let mut counts: BTreeMap<Group, (usize, [usize; 5])> = BTreeMap::new();
    let mut wrong = String::new();
    let mut table = String::from("Each crate without a schema. `x`: not what the case asks for.\n");
    for case in CASES {
        writeln!(table, "\n{}", case.title).unwrap();
        let (total, right) = counts.entry(case.group).or_default();
        *total += 1;
        for (at, peer) in PEERS.iter().enumerate() {
            let outcome = run(peer, case);
            assert!(outcome.is_ok || !outcome.messages.is_empty(), "{peer}: {}", case.title);
            let (cell, is_right) = judge(case, &outcome, &unset[at]);
            right[at] += usize::from(is_right);
            writeln!(table, "  {} {peer:<10} {cell}", if is_right { ' ' } else { 'x' }).unwrap();
            if at == 0 && !is_right {
                writeln!(wrong, "{}: {cell}\n{}", case.title, outcome.messages).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "speckit is wrong:\n{wrong}");
    insta::with_settings!({ snapshot_path => "../../snapshots/peers", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("thirty_inputs", table);
    });
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    let rows = counts.into_iter().map(|(group, (total, right))| {
        let cells: Vec<String> = right.iter().map(|right| format!("{right} of {total}")).collect();
        format!("| {} | {} |\n", group.title(), cells.join(" | "))
    });
    let rows: String = rows.collect();
    assert!(readme.contains(&rows), "the README lacks the rows\n{rows}");
}
