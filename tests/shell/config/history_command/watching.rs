//! A running `watch`: it records, takes a rollback up, and starts with what was good.

use super::{causes, dir, recorded, retry};
use crate::running_program::RunningProgram;
use crate::test_dir::TestDir;

#[test]
fn a_running_watch_records_and_takes_a_rollback_up_by_itself() {
    let quiet = |attempts| format!("[hot_reload]\ndebounce_ms = 500\n{}", retry(attempts));
    let dir = TestDir::with_config(&quiet(4));
    let mut watch = RunningProgram::start(&dir, "watch --plain ");
    assert_eq!(watch.line(), "loaded generation 1, watched");
    dir.write("speckit.toml", quiet(5));
    assert_eq!(watch.line(), "changed speckit.toml");
    assert!(watch.line().starts_with("generation 2 is in force"));
    let _ = (watch.line(), watch.line());
    dir.run("history rollback 1").succeeds();
    assert_eq!(watch.line(), "changed speckit.toml");
    assert!(watch.line().starts_with("generation 3 is in force"));
    assert_eq!(
        (watch.line().as_str(), watch.line().as_str()),
        ("  - retry.max_attempts = 5", "  + retry.max_attempts = 4")
    );
    assert_eq!(watch.ended_by("TERM").succeeds().err, "");
    assert_eq!(causes(&dir), ["1 opened null", "2 reloaded null", "3 rolled_back 1"]);
    assert_eq!(dir.names(), [".code", "speckit.toml", "speckit.toml.bak"]);
    assert_eq!(dir.read("speckit.toml"), quiet(4));
}

#[test]
fn watch_starts_with_the_last_good_generation_where_it_is_asked_to() {
    let dir = dir();
    recorded(&dir, &[retry(4)]);
    dir.write("c.toml", retry(0));
    dir.run("watch --plain").exits_1();
    let mut watch = RunningProgram::start(&dir, "watch --plain --fallback last-good");
    assert_eq!(watch.line(), "loaded generation 1, watched");
    assert_eq!(watch.line(), "refused with 1 error, generation 1 runs instead");
    dir.write("c.toml", retry(6));
    assert_eq!(watch.line(), "changed c.toml");
    assert!(watch.line().starts_with("generation 2 is in force"));
    let err = watch.ended_by("TERM").succeeds().err;
    assert!(
        err.contains(
            "warning[history/last-good]: the files are refused: generation 1 of the history, accepted at 20"
        ),
        "{err}"
    );
    assert_eq!(causes(&dir), ["1 opened null", "2 reloaded null"]);

    std::fs::remove_file(dir.path("h.db")).unwrap();
    dir.write("c.toml", retry(0));
    dir.run("watch --plain --fallback last-good").exits_1().stderr_has("nothing is recorded yet in `");
}

#[test]
fn another_schema_records_only_in_a_file_that_is_named() {
    let dir = TestDir::new().file("s.json", r#"{ "properties": { "store": { "type": "object" } } }"#);
    let dir = dir.file("app.toml", "[store]\npath = 'elsewhere.db'\nhistory = 'off'\n");
    for (arguments, recorded) in [("", 0), ("--database named.db", 1)] {
        let mut watch = RunningProgram::start(
            &dir,
            &format!("watch --plain --schema s.json --config app.toml {arguments}"),
        );
        assert_eq!(watch.line(), "loaded generation 1, watched");
        assert_eq!(watch.ended_by("TERM").succeeds().err, "");
        let history = format!("history --format json --schema s.json {arguments}");
        assert_eq!(dir.run(&history).succeeds().json()["generations"].as_array().unwrap().len(), recorded);
    }
    assert!(!dir.path("elsewhere.db").exists() && !dir.path(".code").exists(), "{:?}", dir.names());
    assert!(dir.path("named.db").exists());
}

#[test]
fn watch_says_that_nothing_can_be_recorded_and_goes_on() {
    let dir = dir().file("c.toml", retry(4)).file("h.db", "no database");
    let mut watch = RunningProgram::start(&dir, "watch --plain ");
    assert_eq!(watch.line(), "loaded generation 1, watched");
    let err = watch.ended_by("TERM").succeeds().err;
    assert!(
        err.contains("warning[history/unavailable]") && err.contains("h.db` is no SQLite database"),
        "{err}"
    );
}
