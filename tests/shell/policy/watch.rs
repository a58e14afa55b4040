//! `policy check --watch`: files and rules that change.

use std::thread;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::check::RULES;
#[cfg(target_os = "linux")]
use crate::pseudo_terminal::{PseudoTerminal, send};
use crate::running_program::RunningProgram;
use crate::test_dir::{NO_MACHINE_CHECKS, TestDir};

/// Longer than the quiet period of the check.
const PAUSE: Duration = Duration::from_millis(600);

fn config(rules: &str) -> String {
    format!("{NO_MACHINE_CHECKS}[hot_reload]\ndebounce_ms = 500\n{rules}")
}

fn places(report: &Json) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap_or_else(|| panic!("a report: {report}"));
    let place = |finding: &Json| format!("{}:{}", finding["path"].as_str().unwrap(), finding["line"]);
    findings.iter().map(place).collect()
}

/// A watch, whose first report was read.
fn start(dir: &TestDir, arguments: &str) -> (RunningProgram, Vec<String>) {
    let mut watch = RunningProgram::start(dir, &format!("policy check --watch --format json {arguments}"));
    let first = places(&watch.next_json());
    (watch, first)
}

#[test]
fn a_report_follows_each_change_of_a_file() {
    let dir = TestDir::with_config(&config(RULES)).file("a.py", "print(1)\n").file("src/b.py", "x = 1\n");
    let (mut watch, first) = start(&dir, "");
    assert_eq!(first, ["a.py:1"]);
    dir.write("src/b.py", "x = 1\nprint(x)\n");
    assert_eq!(places(&watch.next_json()), ["a.py:1", "src/b.py:2"]);
    dir.write("new folder/c.py", "print(3)\n");
    assert_eq!(places(&watch.next_json()), ["a.py:1", "new folder/c.py:1", "src/b.py:2"]);
    std::fs::remove_file(dir.path("a.py")).unwrap();
    assert_eq!(places(&watch.next_json()), ["new folder/c.py:1", "src/b.py:2"]);
    dir.write("new folder/c.py", "\nprint(3)\n");
    assert_eq!(places(&watch.next_json()), ["new folder/c.py:2", "src/b.py:2"]);
    std::fs::rename(dir.path("src"), dir.path("lib")).unwrap();
    assert_eq!(places(&watch.next_json()), ["lib/b.py:2", "new folder/c.py:2"]);
    let end = watch.stop_with("INT").succeeds();
    assert_eq!(end.out, "");
    assert!(end.err.contains("and the rules; Ctrl-C ends it"), "{}", end.err);
}

#[test]
fn nothing_is_printed_for_changes_without_another_finding() {
    let dir = TestDir::with_config(&config(RULES))
        .file(".gitignore", "ignored.py\n")
        .file("a.py", "print(1)\n")
        .file("ignored.py", "x\n");
    let (mut watch, _) = start(&dir, "");
    for (name, text) in [
        ("ignored.py", "print(2)\n"),
        ("b.py", "x = 1\n"),
        ("a.py", "print(1)\nx = 1\n"),
        (".git/x", "print(1)\n"),
    ] {
        dir.write(name, text);
        thread::sleep(PAUSE);
    }
    dir.write("b.py", "print(1)\n");
    assert_eq!(places(&watch.next_json()), ["a.py:1", "b.py:1"], "it is the second report");
    let end = watch.stop_with("TERM").succeeds();
    assert_eq!((end.out.as_str(), end.err.matches("watching").count()), ("", 2));
}

#[test]
fn rules_are_reloaded_and_an_invalid_configuration_leaves_them_as_they_were() {
    let dir = TestDir::with_config(&config(RULES)).file("a.py", "print(1)\nother(2)\n");
    let (mut watch, first) = start(&dir, "");
    assert_eq!(first, ["a.py:1"]);
    dir.write(
        "speckit.toml",
        config("[policy.rules.other]\npattern = 'other'\nmessage = 'm'\npaths = ['*.py']\n"),
    );
    assert_eq!(places(&watch.next_json()), ["a.py:2"]);
    dir.write("speckit.toml", config("[policy.rules.other]\npattern = 'other('\nmessage = 'm'\n"));
    let refused = watch.next_json();
    assert_eq!(
        (&refused["ok"], &refused["diagnostics"][0]["code"]),
        (&json!(false), &json!("policy/pattern"))
    );
    // A check that still runs would read a file that is only half written.
    thread::sleep(PAUSE);
    dir.write("a.py", "\nother(2)\nother(3)\n");
    assert_eq!(places(&watch.next_json()), ["a.py:2", "a.py:3"]);
    dir.write("speckit.toml", config(RULES));
    assert_eq!(places(&watch.next_json()), [""; 0]);
    let end = watch.stop_with("INT").succeeds().stderr_has("unclosed group");
    assert!(end.err.contains("the rules stay as they were"), "{}", end.err);
}

#[test]
fn options_and_a_baseline_hold_while_it_watches() {
    let dir = TestDir::with_config(&config(RULES))
        .file("src/a.py", "print(1)\n")
        .file("b.py", "print(1)  # LATER\n");
    let (mut watch, first) = start(&dir, "--rule no_print src");
    assert_eq!(first, ["src/a.py:1"]);
    dir.write("b.py", "print(2)\n");
    thread::sleep(PAUSE);
    dir.write("src/a.py", "\nprint(1)  # LATER\n");
    assert_eq!(places(&watch.next_json()), ["src/a.py:2"]);
    watch.stop_with("INT").succeeds();
    dir.run("policy check --watch --staged").exits_2().stderr_has("--staged");
    dir.run("policy check --watch --rule no_prnt").exits_2().stderr_has("did you mean");
    dir.run("policy check --watch --baseline absent.json").exits_2().stderr_has("absent.json");
}

#[test]
fn text_is_printed_as_in_a_single_check() {
    let dir = TestDir::with_config(&config(RULES)).file("a.py", "print(1)\n");
    let single = dir.run("policy check").exits_1().out;
    let mut watch = RunningProgram::start(&dir, "policy check --watch");
    let lines: Vec<String> = single.lines().map(|_| watch.next_line()).collect();
    assert_eq!(lines, single.lines().collect::<Vec<_>>());
    watch.stop_with("INT").succeeds();
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_that_is_closed_ends_the_watch() {
    let dir = TestDir::with_config(&config(RULES)).file("a.py", "print(1)\n");
    for is_closed in [true, false] {
        let mut terminal = PseudoTerminal::start(&dir, (80, 24), "policy check --watch");
        terminal.wait_for("Ctrl-C ends it");
        if is_closed {
            terminal.close();
        } else {
            send("HUP", terminal.id());
        }
        assert_eq!(terminal.wait_for_exit().0, 0, "closed: {is_closed}");
    }
}
