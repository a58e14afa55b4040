//! `watch` with its output in a pipe.
#![cfg(unix)]

#[cfg(target_os = "linux")]
use std::path::Path;
#[cfg(target_os = "linux")]
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::running_program::RunningProgram;
use crate::test_dir::{TestDir, member_names};

const CONFIG: &str = "[hot_reload]\ndebounce_ms = 500\n";

#[test]
fn json_output_is_one_document_for_each_event() {
    let dir = TestDir::with_config(CONFIG);
    let mut watch = RunningProgram::start(&dir, "watch --format json");
    assert_eq!(watch.next_line(), r#"{"event":"loaded","generation":1,"watching":"native"}"#);

    dir.write("speckit.toml", "[hot_reload]\ndebounce_ms = 600\n[store]\npath = 'other.db'\n");
    let changed = watch.next_json();
    assert_eq!(changed, json!({ "event": "file_changed", "generation": 1, "paths": ["speckit.toml"] }));
    let success = watch.next_recorded_success();
    assert_eq!(
        member_names(&success),
        ["changed", "elapsed_us", "event", "generation", "pending_restart", "recorded"]
    );
    assert_eq!(success["generation"], 2);
    assert_eq!(success["changed"], json!([{ "key": "hot_reload.debounce_ms", "old": 500, "new": 600 }]));
    assert_eq!(success["pending_restart"], json!(["store.path"]));
    assert!(success["elapsed_us"].as_u64().is_some_and(|elapsed| elapsed > 0));

    dir.write("speckit.toml", "[hot_reload]\ndebounce_ms = 'fast'\n");
    assert_eq!(watch.next_json()["event"], "file_changed");
    let failed = watch.next_json();
    assert_eq!(member_names(&failed), ["diagnostics", "event", "generation"]);
    assert_eq!((&failed["event"], &failed["generation"]), (&json!("reload_failed"), &json!(2)));
    assert_eq!(failed["diagnostics"][0]["code"], "schema/type");
    assert_eq!(failed["diagnostics"][0]["origin"]["line"], 2);

    let result = watch.stop_with("TERM").succeeds();
    assert_eq!(result.out, r#"{"event":"stopped","generation":2}"#);
    assert!(result.err.contains("speckit.toml:2:15"), "{}", result.err);
}

#[test]
fn plain_output_is_lines_and_reports_go_to_stderr() {
    let dir = TestDir::with_config(CONFIG);
    let mut watch = RunningProgram::start(&dir, "watch --plain");
    assert_eq!(watch.next_line(), "loaded generation 1, watched");
    dir.write("speckit.toml", "[hot_reload]\ndebounce_ms = 700\n");
    assert_eq!(watch.next_line(), "changed speckit.toml");
    assert!(watch.next_line().starts_with("generation 2 is in use after "));
    assert_eq!(watch.next_line(), "  - hot_reload.debounce_ms = 500");
    assert_eq!(watch.next_line(), "  + hot_reload.debounce_ms = 700");
    dir.write("speckit.toml", "[hot_reload]\ndebounce_ms = 7\n");
    assert_eq!(watch.next_line(), "changed speckit.toml");
    assert_eq!(watch.next_line(), "refused with 1 error, generation 2 stays");
    dir.write("speckit.toml", "[hot_reload]\ndebounce_ms = 700\n");
    assert_eq!(watch.next_line(), "changed speckit.toml");
    assert_eq!(watch.next_line(), "generation 2 is in use, with nothing changed");
    let result = watch.stop_with("INT").succeeds().stderr_has("2 | debounce_ms = 7\n");
    assert_eq!(result.out, "stopped");
}

#[test]
fn sighup_reloads_at_once_without_a_controlling_terminal() {
    let dir = TestDir::with_config("[hot_reload]\ndebounce_ms = 10000\n");
    let mut watch = RunningProgram::start_detached(&dir, "watch --format json");
    watch.next_line();
    dir.write("new.tmp", "[hot_reload]\ndebounce_ms = 9000\n");
    std::fs::rename(dir.path("new.tmp"), dir.path("speckit.toml")).unwrap();
    watch.signal("HUP");
    assert_eq!(watch.next_json()["event"], "file_changed");
    assert_eq!(watch.next_recorded_success()["generation"], 2);
    watch.signal("HUP");
    // Without this pause, the two signals could arrive as one.
    thread::sleep(Duration::from_millis(500));
    dir.write("new.tmp", "[hot_reload]\ndebounce_ms = 9\n");
    std::fs::rename(dir.path("new.tmp"), dir.path("speckit.toml")).unwrap();
    watch.signal("HUP");
    assert_eq!(watch.next_json()["event"], "file_changed");
    assert_eq!(watch.next_json()["event"], "reload_failed");
    thread::sleep(Duration::from_millis(500));
    let result = watch.stop_with("TERM").succeeds().stderr_has("reload on SIGHUP: nothing has changed");
    assert!(result.err.contains("reload on SIGHUP: the files are refused"), "{}", result.err);
}

#[test]
fn a_bad_file_at_the_start_ends_watch_unless_there_is_a_fallback() {
    let dir = TestDir::with_config("[hot_reload]\ndebounce_ms = 7\n");
    dir.run("watch").exits_1().only_stderr("expected at least 500, found 7");
    let result = dir.run("watch --format json").exits_1();
    assert_eq!(result.codes(), ["schema/minimum"]);
    assert_eq!(member_names(&result.json()), ["diagnostics", "event", "generation"]);
    assert_eq!((&result.json()["event"], &result.json()["generation"]), (&json!("reload_failed"), &json!(0)));

    let mut watch = RunningProgram::start(&dir, "watch --format json --fallback defaults");
    assert_eq!(watch.next_line(), r#"{"event":"loaded","generation":1,"watching":"native"}"#);
    let failed = watch.next_json();
    assert_eq!((&failed["event"], &failed["generation"]), (&json!("reload_failed"), &json!(1)));
    dir.write("speckit.toml", CONFIG);
    assert_eq!(watch.next_json()["event"], "file_changed");
    let success = watch.next_json();
    assert_eq!(success["changed"], json!([{ "key": "hot_reload.debounce_ms", "old": 2000, "new": 500 }]));
    watch.stop_with("TERM").succeeds();
}

#[test]
fn an_unreadable_file_ends_watch_with_2() {
    TestDir::new().run("watch --config nowhere.toml").exits_2().only_stderr("nowhere.toml");
    TestDir::new().run("watch --fallback last-week").exits_2().only_stderr("defaults");
}

#[test]
fn watch_follows_another_schema_and_its_configuration() {
    let dir = TestDir::new()
        .file("app.schema.json", r#"{ "properties": { "n": { "type": "integer", "x-secret": true } } }"#)
        .file("app.toml", "n = 1\n");
    let mut watch =
        RunningProgram::start(&dir, "watch --schema app.schema.json --config app.toml --format json");
    watch.next_line();
    dir.write("app.toml", "n = 4711\n");
    assert_eq!(watch.next_json()["paths"], json!(["app.toml"]));
    assert_eq!(
        watch.next_json()["changed"],
        json!([{ "key": "n", "old": "[redacted]", "new": "[redacted]" }])
    );
    dir.write("app.schema.json", "{ \"properties\": [] }");
    assert_eq!(watch.next_json()["paths"], json!(["app.schema.json"]));
    assert_eq!(watch.next_json()["diagnostics"][0]["code"], "schema/invalid");
    let result = watch.stop_with("TERM").succeeds();
    assert!(!result.both().contains("4711"), "{result:?}");
}

#[test]
fn closing_the_pipe_ends_watch() {
    let dir = TestDir::with_config(CONFIG);
    let mut watch = RunningProgram::start(&dir, "watch --format json");
    watch.next_line();
    drop(watch.lines);
    dir.write("speckit.toml", "[hot_reload]\ndebounce_ms = 700\n");
    assert!(watch.child.wait().unwrap().success());
    assert_eq!(watch.stderr_reader.join().unwrap(), "");
}

/// A pipe holds 64 KiB (pipe(7)). Then the program is blocked until somebody reads.
#[test]
fn a_signal_ends_watch_while_it_is_blocked_on_its_output() {
    use std::os::unix::process::ExitStatusExt as _;
    let dir = TestDir::with_config(CONFIG);
    let mut watch = RunningProgram::start_detached(&dir, "watch --format json");
    watch.next_line();
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

/// The number of wake-ups of all threads of a process, from proc(5).
#[cfg(target_os = "linux")]
fn count_wake_ups(id: u32) -> u64 {
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
    // The watcher also watches the parent folders, so the folder must lie where other tests and programs open no files.
    let folder = ["/var/tmp", env!("CARGO_TARGET_TMPDIR")].into_iter().find(|path| Path::new(path).is_dir());
    let dir = TestDir::new_in(folder.unwrap()).file("speckit.toml", CONFIG);
    let mut watch = RunningProgram::start(&dir, "watch --plain");
    watch.next_line();
    let count_wake_ups_in_a_second = || {
        let before = count_wake_ups(watch.child.id());
        thread::sleep(Duration::from_secs(1));
        count_wake_ups(watch.child.id()) - before
    };
    // Another program may cause a wake-up by opening a file in a parent folder, but not in every second.
    let counts: Vec<u64> =
        (0..20).map(|_| count_wake_ups_in_a_second()).take_while(|count| *count > 0).collect();
    assert!(counts.len() < 20, "{counts:?}");
    watch.stop_with("TERM").succeeds();
}

/// While the program is stopped, the event queue of the system overflows, and the events of the edit are lost.
#[cfg(target_os = "linux")]
#[test]
fn an_edit_is_found_after_the_event_queue_overflowed() {
    let queue = std::fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let queue: usize = queue.trim().parse().unwrap();
    if queue > 100_000 {
        eprintln!("SKIPPED: the queue of inotify holds {queue} events, which takes too long to fill");
        return;
    }
    let dir = TestDir::with_config(CONFIG);
    let mut watch = RunningProgram::start(&dir, "watch --format json");
    watch.next_line();
    watch.signal("STOP");
    for n in 0..queue {
        dir.write(&format!("noise{}", n % 2), "");
    }
    dir.write("speckit.toml", "[hot_reload]\ndebounce_ms = 700\n");
    watch.signal("CONT");
    assert_eq!(watch.next_json()["event"], "file_changed");
    assert_eq!(watch.next_recorded_success()["generation"], 2);
    dir.write("speckit.toml", "[hot_reload]\ndebounce_ms = 800\n");
    assert_eq!(watch.next_json()["event"], "file_changed");
    assert_eq!(watch.next_json()["generation"], 3);
    watch.stop_with("TERM").succeeds();
}
