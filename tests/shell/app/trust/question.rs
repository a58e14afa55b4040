//! What `trust` shows and asks.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value as Json;
use speckit_tests::golden;

use super::{CLONED, GATE, cloned, comparable, records, with};
use crate::executable::write_executable;
use crate::pseudo_terminal::PseudoTerminal;
use crate::test_dir::{TestDir, member_names};

/// Runs the program on a terminal, and types an answer. The arguments are words of a shell. Returns the exit code and what is shown.
fn on_terminal(dir: &TestDir, arguments: &str, answer: &str) -> (i32, String) {
    let script = format!("stty -echo; exec \"$0\" {arguments}");
    let mut terminal = PseudoTerminal::start_under(dir, (80, 24), &script, "");
    // What is typed earlier would be echoed.
    terminal.wait_for("[y/N] ");
    terminal.press(answer);
    let (code, shown) = terminal.wait_for_exit();
    (code, shown.replace("\r\n", "\n"))
}

#[test]
fn only_a_clear_yes_trusts_a_file() {
    for answer in ["y\n", "Yes\n"] {
        let dir = cloned();
        let (code, shown) = on_terminal(&dir, "trust ./speckit.toml", answer);
        assert_eq!(code, 0, "{shown}");
        assert!(shown.contains("Do you trust it? [y/N] It is trusted now"), "{shown}");
        dir.run(GATE).succeeds();
    }
    for answer in ["\n", "n\n", "yess\n", "\u{4}"] {
        let dir = cloned();
        let (code, shown) = on_terminal(&dir, "trust ./speckit.toml", answer);
        assert_eq!(code, 1, "{answer:?}: {shown}");
        assert!(!records(&dir).exists());
        dir.run(GATE).exits_2();
    }
}

#[test]
fn the_text_of_a_question_is_whole() {
    let dir = cloned();
    let (_, shown) = on_terminal(&dir, "trust ./speckit.toml", "n\n");
    golden!("app/trust", "question", comparable(&dir, &shown));
}

#[test]
fn the_values_are_shown_beside_the_question_wherever_the_result_goes() {
    for to in ["> /dev/null", "--format json", "--format json > result"] {
        let dir = cloned();
        let (_, shown) = on_terminal(&dir, &format!("trust ./speckit.toml {to}"), "n\n");
        let question = shown.find("Do you trust it?").unwrap();
        assert!(
            shown.find("providers.google.command = \"sh\"").is_some_and(|at| at < question),
            "{to}: {shown}"
        );
    }
}

#[test]
fn without_a_terminal_the_option_yes_is_needed() {
    let dir = cloned();
    let mut command = dir.command(&["trust", "speckit.toml"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"y\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(!records(&dir).exists());
    golden!("app/trust", "no_terminal", comparable(&dir, &String::from_utf8(output.stderr).unwrap()));
    dir.run("trust speckit.toml --yes").succeeds().no_stderr();
    let again = dir.run("trust speckit.toml").succeeds();
    assert!(again.out.ends_with("It is trusted already.\n"), "{}", again.out);
}

#[test]
fn files_of_the_project_are_marked() {
    let text = "[providers.google]\ncommand = \"agent\"\nargs = [\"prompts/a.md\", \"{prompt}\", \"none.md\"]\n\
                [providers.openai]\ncommand = \"later/agent\"\n\
                [providers.anthropic]\ncommand = \"sh\"\nargs = [\"../outside.sh\", \"linked\"]\n\
                [policy.commands.own]\nrun = [\"PROGRAM\"]\non = [\"check\"]\n";
    let dir = with("").file("prompts/a.md", "be kind");
    dir.write("speckit.toml", text.replace("PROGRAM", dir.path("tool").to_str().unwrap()));
    write_executable(&dir.path("agent"), "#!/bin/sh\n");
    write_executable(&dir.path("tool"), "#!/bin/sh\n");
    std::os::unix::fs::symlink("/etc/passwd", dir.path("linked")).unwrap();
    let dir = dir.variable("PATH", ".:/usr/bin:/bin");
    let shown = dir.run("trust speckit.toml --yes").succeeds().out;
    golden!("app/trust", "marks", comparable(&dir, &shown));
}

#[test]
fn a_hostile_file_cannot_hide_what_it_sets() {
    let text = CLONED
        .replace("\"touch ran; echo yes\"", "\"x\\u001b[2K\\u001b[1A\\u202Edetsurt\\nfake = 1\"")
        .replace("[models.a]", "[models.\"a\\u001b[8m\\nok\"]")
        .replace("client_id = \"me\"", "client_id = \"me\"\nclient_secret = \"hunter2\"");
    let dir = with(&text);
    let result = dir.run("trust speckit.toml --yes").succeeds();
    assert!(
        !result.both().contains(['\u{1b}', '\u{202e}']) && !result.both().contains("hunter2"),
        "{}",
        result.both()
    );
    assert!(
        !result.out.lines().any(|line| line.starts_with("fake") || line.starts_with("ok")),
        "{}",
        result.out
    );
    golden!("app/trust", "hostile", comparable(&dir, &result.out));
    let json = with(&text).run("trust speckit.toml --yes --format json").succeeds();
    assert!(!json.out.contains("hunter2"), "{}", json.out);
    json.json();
}

#[test]
fn every_form_has_its_document() {
    let dir = cloned();
    let refused = dir.run("trust speckit.toml --format json").exits_2().json();
    assert_eq!(member_names(&refused), ["changed", "file", "trusted", "values"]);
    assert_eq!((&refused["trusted"], refused["changed"].as_array().unwrap().len()), (&Json::from(false), 0));
    let trusted = dir.run("trust speckit.toml --yes --format json").succeeds().no_stderr().json();
    assert_eq!(trusted["trusted"], true);
    assert_eq!(member_names(&trusted["values"][0]), ["key", "project_files", "value"]);
    assert!(trusted["file"].as_str().unwrap().ends_with("/speckit.toml"));
    let list = dir.run("trust --list --format json").succeeds().no_stderr().json();
    assert_eq!(list["files"][0]["file"], trusted["file"]);
    assert_eq!(list["files"][0]["exists"], true);
    let keys =
        serde_json::json!(["auth", "models", "policy.commands", "providers", "quality_gates", "store.path"]);
    assert_eq!(list["files"][0]["keys"], keys);
    dir.write("speckit.toml", CLONED.replace("chosen.db", "other.db"));
    let changed = dir.run("trust speckit.toml --format json").exits_2().json();
    assert_eq!(changed["changed"], serde_json::json!(["store.path"]));
    let gone = dir.run("untrust speckit.toml --format json").succeeds().json();
    assert_eq!((member_names(&gone), &gone["removed"]), (vec!["file", "removed"], &Json::from(true)));
    assert_eq!(dir.run("untrust speckit.toml --format json").exits_1().json()["removed"], false);
    let empty = dir.run("trust --list --format json").succeeds().json();
    assert_eq!(empty, serde_json::json!({ "files": [], "unusable": [] }));
}

#[test]
fn a_file_that_cannot_be_read_is_not_trusted() {
    let dir = with("models = [\n");
    dir.run("trust speckit.toml --yes").exits_2().stderr_has("parse/toml");
    dir.run("trust absent.toml --yes").exits_2().stderr_has("file/missing");
    dir.run("trust . --yes").exits_2();
    dir.run("trust --yes").exits_2();
    dir.run("trust speckit.toml --yes --schema speckit.toml").exits_2();
    assert!(!records(&dir).exists());
    let nothing = with("[retry]\nmax_attempts = 3\n");
    nothing.run("trust speckit.toml").succeeds().no_stderr();
    assert!(!records(&nothing).exists());
}
