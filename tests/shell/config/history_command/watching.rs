//! A running `watch` records generations, applies a rollback, and can start with the last good generation.

use super::{dir, read_causes, record_generations, retry_text};
use crate::running_program::RunningProgram;
use crate::test_dir::TestDir;

#[test]
fn a_running_watch_records_reloads_and_applies_a_rollback() {
    let text_with = |attempts| format!("[hot_reload]\ndebounce_ms = 500\n{}", retry_text(attempts));
    let dir = TestDir::with_config(&text_with(4));
    let mut watch = RunningProgram::start(&dir, "watch --plain ");
    assert_eq!(watch.next_line(), "loaded generation 1, watched");
    dir.write("speckit.toml", text_with(5));
    assert_eq!(watch.next_line(), "changed speckit.toml");
    assert!(watch.next_line().starts_with("generation 2 is in use"));
    let _ = (watch.next_line(), watch.next_line());
    dir.run("history rollback 1").succeeds();
    assert_eq!(watch.next_line(), "changed speckit.toml");
    assert!(watch.next_line().starts_with("generation 3 is in use"));
    assert_eq!(
        (watch.next_line().as_str(), watch.next_line().as_str()),
        ("  - retry.max_attempts = 5", "  + retry.max_attempts = 4")
    );
    assert_eq!(watch.stop_with("TERM").succeeds().err, "");
    assert_eq!(read_causes(&dir), ["1 opened null", "2 reloaded null", "3 rolled_back 1"]);
    assert_eq!(dir.names(), [".code", "speckit.toml", "speckit.toml.bak"]);
    assert_eq!(dir.read("speckit.toml"), text_with(4));
}

#[test]
fn the_option_fallback_starts_watch_with_the_last_good_generation() {
    let dir = dir();
    record_generations(&dir, &[retry_text(4)]);
    dir.write("c.toml", retry_text(0));
    dir.run("watch --plain").exits_1();
    let mut watch = RunningProgram::start(&dir, "watch --plain --fallback last-good");
    assert_eq!(watch.next_line(), "loaded generation 1, watched");
    assert_eq!(watch.next_line(), "refused with 1 error, generation 1 runs instead");
    dir.write("c.toml", retry_text(6));
    assert_eq!(watch.next_line(), "changed c.toml");
    assert!(watch.next_line().starts_with("generation 2 is in use"));
    let err = watch.stop_with("TERM").succeeds().err;
    assert!(
        err.contains(
            "warning[history/last-good]: the configuration is refused: generation 1 of the history, accepted at 20"
        ),
        "{err}"
    );
    assert_eq!(read_causes(&dir), ["1 opened null", "2 reloaded null"]);

    std::fs::remove_file(dir.path("h.db")).unwrap();
    dir.write("c.toml", retry_text(0));
    dir.run("watch --plain --fallback last-good").exits_1().stderr_has("nothing is recorded yet in `");
}

#[test]
fn with_another_schema_only_a_named_database_is_used() {
    let dir = TestDir::new().file("s.json", r#"{ "properties": { "store": { "type": "object" } } }"#);
    let dir = dir.file("app.toml", "[store]\npath = 'elsewhere.db'\nhistory = 'off'\n");
    for (arguments, expected_generations) in [("", 0), ("--database named.db", 1)] {
        let mut watch = RunningProgram::start(
            &dir,
            &format!("watch --plain --schema s.json --config app.toml {arguments}"),
        );
        assert_eq!(watch.next_line(), "loaded generation 1, watched");
        assert_eq!(watch.stop_with("TERM").succeeds().err, "");
        let history = format!("history --format json --schema s.json {arguments}");
        assert_eq!(
            dir.run(&history).succeeds().json()["generations"].as_array().unwrap().len(),
            expected_generations
        );
    }
    assert!(!dir.path("elsewhere.db").exists() && !dir.path(".code").exists(), "{:?}", dir.names());
    assert!(dir.path("named.db").exists());
}

#[test]
fn watch_reports_an_unusable_database_and_continues() {
    let dir = dir().file("c.toml", retry_text(4)).file("h.db", "no database");
    let mut watch = RunningProgram::start(&dir, "watch --plain ");
    assert_eq!(watch.next_line(), "loaded generation 1, watched");
    let err = watch.stop_with("TERM").succeeds().err;
    assert!(
        err.contains("warning[history/unavailable]") && err.contains("h.db` is no SQLite database"),
        "{err}"
    );
}
