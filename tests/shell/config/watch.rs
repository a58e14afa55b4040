//! `watch` in a pipe: what a script reads, line by line.
#![cfg(unix)]

#[cfg(target_os = "linux")]
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::running_program::RunningProgram;
use crate::test_dir::{TestDir, members};

const CONFIG: &str = "[hot_reload]\ndebounce_ms = 500\n";

#[test]
fn a_script_reads_one_document_an_event() {
    let dir = TestDir::with_config(CONFIG);
    let mut watch = RunningProgram::start(&dir, "watch --format json");
    assert_eq!(watch.line(), r#"{"event":"loaded","generation":1,"watching":"native"}"#);

    dir.write("speckit.toml", "[hot_reload]\ndebounce_ms = 600\n[store]\npath = 'other.db'\n");
    let changed = watch.json();
    assert_eq!(changed, json!({ "event": "file_changed", "generation": 1, "paths": ["speckit.toml"] }));
    let success = watch.json();
    assert_eq!(members(&success), ["changed", "elapsed_us", "event", "generation", "pending_restart"]);
    assert_eq!((&success["event"], &success["generation"]), (&json!("reload_success"), &json!(2)));
    assert_eq!(success["changed"], json!([{ "key": "hot_reload.debounce_ms", "old": 500, "new": 600 }]));
    assert_eq!(success["pending_restart"], json!(["store.path"]));
    assert!(success["elapsed_us"].as_u64().is_some_and(|elapsed| elapsed > 0));

    dir.write("speckit.toml", "[hot_reload]\ndebounce_ms = 'fast'\n");
    assert_eq!(watch.json()["event"], "file_changed");
    let failed = watch.json();
    assert_eq!(members(&failed), ["diagnostics", "event", "generation"]);
    assert_eq!((&failed["event"], &failed["generation"]), (&json!("reload_failed"), &json!(2)));
    assert_eq!(failed["diagnostics"][0]["code"], "schema/type");
    assert_eq!(failed["diagnostics"][0]["origin"]["line"], 2);

    let answer = watch.ended_by("TERM").succeeds();
    assert_eq!(answer.out, r#"{"event":"stopped","generation":2}"#);
    assert!(answer.err.contains("speckit.toml:2:15"), "{}", answer.err);
}

#[test]
fn a_person_reads_lines_and_the_report_beside_them() {
    let dir = TestDir::with_config(CONFIG);
    let mut watch = RunningProgram::start(&dir, "watch --plain");
    assert_eq!(watch.line(), "loaded generation 1, watched");
    dir.write("speckit.toml", "[hot_reload]\ndebounce_ms = 700\n");
    assert_eq!(watch.line(), "changed speckit.toml");
    assert!(watch.line().starts_with("generation 2 is in force after "));
    assert_eq!(watch.line(), "  - hot_reload.debounce_ms = 500");
    assert_eq!(watch.line(), "  + hot_reload.debounce_ms = 700");
    dir.write("speckit.toml", "[hot_reload]\ndebounce_ms = 7\n");
    assert_eq!(watch.line(), "changed speckit.toml");
    assert_eq!(watch.line(), "refused with 1 error, generation 2 stays");
    dir.write("speckit.toml", "[hot_reload]\ndebounce_ms = 700\n");
    assert_eq!(watch.line(), "changed speckit.toml");
    assert_eq!(watch.line(), "generation 2 is in force, with nothing changed");
    let answer = watch.ended_by("INT").succeeds().stderr_has("2 | debounce_ms = 7\n");
    assert_eq!(answer.out, "stopped");
}

#[test]
fn a_hangup_reloads_at_once() {
    let dir = TestDir::with_config("[hot_reload]\ndebounce_ms = 10000\n");
    let mut watch = RunningProgram::start(&dir, "watch --format json");
    watch.line();
    dir.write("new.tmp", "[hot_reload]\ndebounce_ms = 9000\n");
    std::fs::rename(dir.path("new.tmp"), dir.path("speckit.toml")).unwrap();
    watch.signal("HUP");
    assert_eq!(watch.json()["event"], "file_changed");
    assert_eq!(watch.json()["generation"], 2);
    watch.signal("HUP");
    // A signal that falls into the next one is one with it.
    thread::sleep(Duration::from_millis(500));
    dir.write("new.tmp", "[hot_reload]\ndebounce_ms = 9\n");
    std::fs::rename(dir.path("new.tmp"), dir.path("speckit.toml")).unwrap();
    watch.signal("HUP");
    assert_eq!(watch.json()["event"], "file_changed");
    assert_eq!(watch.json()["event"], "reload_failed");
    thread::sleep(Duration::from_millis(500));
    let answer = watch.ended_by("TERM").succeeds().stderr_has("reload on SIGHUP: nothing has changed");
    assert!(answer.err.contains("reload on SIGHUP: the files are refused"), "{}", answer.err);
}

#[test]
fn a_bad_file_ends_it_at_the_start_unless_something_stands_in() {
    let dir = TestDir::with_config("[hot_reload]\ndebounce_ms = 7\n");
    dir.run("watch").exits_1().only_stderr("expected at least 500, found 7");
    let answer = dir.run("watch --format json").exits_1();
    assert_eq!(answer.codes(), ["schema/minimum"]);
    assert_eq!(members(&answer.json()), ["diagnostics", "event", "generation"]);
    assert_eq!((&answer.json()["event"], &answer.json()["generation"]), (&json!("reload_failed"), &json!(0)));

    let mut watch = RunningProgram::start(&dir, "watch --format json --fallback defaults");
    assert_eq!(watch.line(), r#"{"event":"loaded","generation":1,"watching":"native"}"#);
    let failed = watch.json();
    assert_eq!((&failed["event"], &failed["generation"]), (&json!("reload_failed"), &json!(1)));
    dir.write("speckit.toml", CONFIG);
    assert_eq!(watch.json()["event"], "file_changed");
    let success = watch.json();
    assert_eq!(success["changed"], json!([{ "key": "hot_reload.debounce_ms", "old": 2000, "new": 500 }]));
    watch.ended_by("TERM").succeeds();
}

#[test]
fn a_file_that_cannot_be_read_ends_it_as_one_that_could_not_be_done() {
    TestDir::new().run("watch --config nowhere.toml").exits_2().only_stderr("nowhere.toml");
    TestDir::new().run("watch --fallback last-week").exits_2().only_stderr("defaults");
}

#[test]
fn a_configuration_of_ones_own_schema_is_watched_with_its_schema() {
    let dir = TestDir::new()
        .file("app.schema.json", r#"{ "properties": { "n": { "type": "integer", "x-secret": true } } }"#)
        .file("app.toml", "n = 1\n");
    let mut watch =
        RunningProgram::start(&dir, "watch --schema app.schema.json --config app.toml --format json");
    watch.line();
    dir.write("app.toml", "n = 4711\n");
    assert_eq!(watch.json()["paths"], json!(["app.toml"]));
    assert_eq!(watch.json()["changed"], json!([{ "key": "n", "old": "[redacted]", "new": "[redacted]" }]));
    dir.write("app.schema.json", "{ \"properties\": [] }");
    assert_eq!(watch.json()["paths"], json!(["app.schema.json"]));
    assert_eq!(watch.json()["diagnostics"][0]["code"], "schema/invalid");
    let answer = watch.ended_by("TERM").succeeds();
    assert!(!answer.both().contains("4711"), "{answer:?}");
}

#[test]
fn a_reader_that_has_had_enough_ends_it() {
    let dir = TestDir::with_config(CONFIG);
    let mut watch = RunningProgram::start(&dir, "watch --format json");
    watch.line();
    drop(watch.lines);
    dir.write("speckit.toml", "[hot_reload]\ndebounce_ms = 700\n");
    assert!(watch.child.wait().unwrap().success());
    assert_eq!(watch.err.join().unwrap(), "");
}

/// A pipe holds 64 KiB (pipe(7)); then the program hangs in a line that nobody reads.
#[test]
fn a_signal_ends_it_though_nobody_reads_its_lines() {
    use std::os::unix::process::ExitStatusExt as _;
    let dir = TestDir::with_config(CONFIG);
    let mut watch = RunningProgram::start(&dir, "watch --format json");
    watch.line();
    let long = "x".repeat(30_000);
    for n in 0..8 {
        let model = format!("[models.long]\nprovider = 'openai'\ntier = 'low'\nmodel = '{long}{n}'\n");
        dir.write("speckit.toml", model);
        watch.signal("HUP");
        thread::sleep(Duration::from_millis(100));
    }
    watch.signal("TERM");
    assert_eq!(watch.child.wait().unwrap().signal(), Some(15));
}

/// The sum of the wake-ups of every thread, by proc(5).
#[cfg(target_os = "linux")]
fn wake_ups(id: u32) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{id}/task")).unwrap();
    let statuses = tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("status")).unwrap());
    let count = |status: String| -> u64 {
        let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches")).unwrap();
        line.split_whitespace().last().unwrap().parse().unwrap()
    };
    statuses.map(count).sum()
}

#[cfg(target_os = "linux")]
#[test]
fn an_idle_watcher_does_not_wake_up() {
    // The watcher also watches the folders above, so they must not be those in which other tests write.
    let quiet = ["/dev/shm", env!("CARGO_TARGET_TMPDIR")].into_iter().find(|path| Path::new(path).is_dir());
    let dir = TestDir::within(quiet.unwrap()).file("speckit.toml", CONFIG);
    let mut watch = RunningProgram::start(&dir, "watch --plain");
    watch.line();
    let wake_ups_of_a_second = || {
        let before = wake_ups(watch.child.id());
        thread::sleep(Duration::from_secs(1));
        wake_ups(watch.child.id()) - before
    };
    // Somebody else may open a file in a folder above; one that wakes by itself does so in each second.
    let counts: Vec<u64> = (0..20).map(|_| wake_ups_of_a_second()).take_while(|count| *count > 0).collect();
    assert!(counts.len() < 20, "{counts:?}");
    watch.ended_by("TERM").succeeds();
}

/// The queue of the system overflows while the program is stopped; the events of the edit are lost in it.
#[cfg(target_os = "linux")]
#[test]
fn an_edit_whose_events_were_lost_in_an_overflow_is_seen() {
    let queue = std::fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let queue: usize = queue.trim().parse().unwrap();
    if queue > 100_000 {
        eprintln!("SKIPPED: the queue of inotify holds {queue} events, which takes too long to fill");
        return;
    }
    let dir = TestDir::with_config(CONFIG);
    let mut watch = RunningProgram::start(&dir, "watch --format json");
    watch.line();
    watch.signal("STOP");
    for n in 0..queue {
        dir.write(&format!("noise{}", n % 2), "");
    }
    dir.write("speckit.toml", "[hot_reload]\ndebounce_ms = 700\n");
    watch.signal("CONT");
    assert_eq!(watch.json()["event"], "file_changed");
    assert_eq!(watch.json()["generation"], 2);
    dir.write("speckit.toml", "[hot_reload]\ndebounce_ms = 800\n");
    assert_eq!(watch.json()["event"], "file_changed");
    assert_eq!(watch.json()["generation"], 3);
    watch.ended_by("TERM").succeeds();
}
