//! What is recorded of each accepted state and of each refusal, and what two generations differ in.

use std::time::Duration;

use speckit::Reloaded;

use super::{builder, bytes, history, holds, lines, reload, texts, whole};
use crate::test_dir::TestDir;

#[test]
fn what_is_opened_and_each_reload_is_recorded_with_what_it_changed() {
    let dir = TestDir::new().file("app.toml", "port = 9000\n");
    let before = std::time::SystemTime::now();
    let shell = builder(&dir).open().unwrap();
    reload(&shell, &dir, "port = 9001\ntoken = 'hunter2'\n");
    reload(&shell, &dir, "port = 9001\ntoken = 'hunter3'\n");
    let history = history(&shell);
    assert_eq!(
        lines(&history),
        [
            "1 (1) opened: unknown",
            "2 (2) reloaded: - port = 9000 + port = 9001 + token = \"[redacted]\"",
            "3 (3) reloaded: - token = \"[redacted]\" + token = \"[redacted]\"",
        ]
    );
    let third = whole(&history, 3);
    assert_eq!(texts(&third), [Some("port = 9001\ntoken = 'hunter3'\n")]);
    assert_eq!(third.state.sources[0].path, dir.path("app.toml").to_str().unwrap());
    let values = third.state.resolved.unwrap().to_string();
    assert_eq!(values, r#"{ port = 9001, token = "[redacted]", workers = 4 }"#);
    let since_epoch = |time: std::time::SystemTime| time.duration_since(std::time::UNIX_EPOCH).unwrap();
    let at = Duration::from_millis(third.accepted_at_ms);
    let (began, ended) = (since_epoch(before), since_epoch(std::time::SystemTime::now()));
    assert!(at.as_millis() >= began.as_millis() && at <= ended, "{at:?}");
    assert_eq!(history.generation(4).unwrap(), None);
}

#[test]
fn an_equal_state_is_not_recorded_again_when_the_program_starts_again() {
    let dir = TestDir::new().file("app.toml", "port = 9000\n");
    drop(builder(&dir).open().unwrap());
    drop(builder(&dir).open().unwrap());
    dir.write("app.toml", "port = 9000\ntoken = 'one'\n");
    drop(builder(&dir).open().unwrap());
    dir.write("app.toml", "port = 9001\ntoken = 'two'\n");
    let shell = builder(&dir).open().unwrap();
    assert_eq!(
        lines(&history(&shell)),
        [
            "1 (1) opened: unknown",
            "2 (1) opened: + token = \"[redacted]\"",
            "3 (1) opened: - port = 9000 + port = 9001 - token = \"[redacted]\" + token = \"[redacted]\"",
        ]
    );
}

#[test]
fn an_edit_of_a_comment_replaces_the_texts_of_the_generation() {
    let dir = TestDir::new().file("app.toml", "port = 9000\n");
    let shell = builder(&dir).open().unwrap();
    reload(&shell, &dir, "# the door\nport = 9000\n");
    let history = history(&shell);
    assert_eq!(lines(&history), ["1 (1) opened: unknown"]);
    assert_eq!(texts(&whole(&history, 1)), [Some("# the door\nport = 9000\n")]);
}

#[test]
fn what_waits_for_a_restart_is_recorded_as_it_was_written() {
    let dir = TestDir::new().file("app.toml", "port = 9000\n");
    let shell = builder(&dir).open().unwrap();
    reload(&shell, &dir, "port = 9000\nworkers = 8\n");
    assert_eq!(lines(&history(&shell)).last().unwrap(), "2 (2) reloaded: - workers = 4 + workers = 8");
    let values = whole(&history(&shell), 2).state.resolved.unwrap().to_string();
    assert_eq!(values, "{ port = 9000, workers = 8 }");
    drop(shell);
    let again = builder(&dir).open().unwrap();
    assert_eq!(lines(&history(&again)).len(), 2, "it starts with what was accepted");
}

#[test]
fn what_waits_for_a_guard_is_recorded_when_it_is_in_force() {
    let dir = TestDir::new();
    let shell = builder(&dir).open().unwrap();
    let guard = shell.busy();
    dir.write("app.toml", "port = 9000\n");
    assert_eq!(shell.reload(), Ok(Reloaded::Deferred));
    assert_eq!(lines(&history(&shell)).len(), 1);
    drop(guard);
    assert_eq!(lines(&history(&shell)).last().unwrap(), "2 (2) reloaded: - port = 8080 + port = 9000");
}

#[test]
fn a_refusal_is_recorded_with_its_findings_and_no_secret() {
    let dir = TestDir::new().file("app.toml", "port = 9000\n");
    let shell = builder(&dir).open().unwrap();
    dir.write("app.toml", "port = 'hunter2'\ntoken = 'hunter2'\n");
    assert!(shell.reload().is_err());
    let refusals = history(&shell).refusals().unwrap();
    let [refusal] = &refusals[..] else { panic!("{refusals:?}") };
    assert_eq!((refusal.generation, &refusal.diagnostics[0]["code"]), (1, &"schema/type".into()));
    assert_eq!(refusal.files, [dir.path("app.toml").to_str().unwrap()]);
    drop(shell);
    assert_eq!(holds(&bytes(&dir), "hunter2"), 0);
}

#[test]
fn what_two_generations_differ_in_can_be_asked_in_both_directions() {
    let dir = TestDir::new().file("app.toml", "port = 1\ntoken = 'one'\n");
    let shell = builder(&dir).open().unwrap();
    reload(&shell, &dir, "port = 2\ntoken = 'one'\n");
    reload(&shell, &dir, "port = 3\ntoken = 'two'\n");
    let history = history(&shell);
    let text = |from, to| history.difference(from, to).unwrap().unwrap().to_text(from, to);
    let secret = "- token = \"[redacted]\"\n+ token = \"[redacted]\"\n";
    assert_eq!(text(1, 3), format!("- port = 1\n+ port = 3\n{secret}"));
    assert_eq!(text(3, 1), format!("- port = 3\n+ port = 1\n{secret}"));
    assert_eq!(text(2, 1), "- port = 2\n+ port = 1\n");
    assert_eq!(text(2, 2), "generations 2 and 2 have the same values\n");
    assert!(history.difference(1, 4).unwrap().is_none() && history.difference(4, 1).unwrap().is_none());
}
