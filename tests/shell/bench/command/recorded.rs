//! What is recorded while commands are measured, also by a database that fails.

use std::time::{Duration, Instant};

use rusqlite::Connection;
use speckit::store::Store;

use super::bench_dir;
use crate::running_program::RunningProgram;
use crate::test_dir::{RunResult, TestDir};

#[track_caller]
fn wait_until(what: &str, is_true: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_true() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn runs(dir: &TestDir) -> usize {
    std::fs::read_to_string(dir.path("log")).unwrap_or_default().lines().count()
}

/// A script that writes a line for each run.
const RUN: [&str; 9] =
    ["bench", "run", "-n", "12", "--database", "runs.db", "--shell", "--", "echo x >> log; sleep 0.15"];

fn start(dir: &TestDir) -> std::process::Child {
    let mut command = dir.command(&RUN);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    command.spawn().unwrap()
}

/// The file that the standard error names, imported elsewhere.
#[track_caller]
fn saved(dir: &TestDir, result: &RunResult) -> serde_json::Value {
    assert!(result.err.contains("the run could not be recorded"), "{}", result.err);
    let name = dir.names().into_iter().find(|name| name.starts_with("speckit-bench-")).expect("a file");
    assert!(result.err.contains(&format!("{name}` keeps it")), "{}", result.err);
    dir.run(&format!("bench import {name} --database other.db")).succeeds();
    serde_json::from_str(&dir.read(&name)).unwrap()
}

#[test]
fn a_killed_program_has_recorded_its_runs_as_interrupted() {
    let dir = bench_dir();
    let mut program = start(&dir);
    wait_until("four runs", || runs(&dir) >= 4);
    program.kill().unwrap();
    program.wait().unwrap();
    let report = dir.run("bench report --database runs.db --format json").succeeds().json();
    let benchmark = &report["benchmarks"][0];
    assert!(benchmark["samples_ns"].as_array().unwrap().len() >= 3, "{benchmark}");
    assert_eq!(benchmark["partial"], true);
}

#[test]
fn runs_that_a_locked_database_cannot_record_are_saved_to_a_file() {
    let dir = bench_dir();
    let program = start(&dir);
    wait_until("two runs", || runs(&dir) >= 2);
    let other = Connection::open(dir.path("runs.db")).unwrap();
    other.busy_timeout(Duration::from_secs(5)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let result = RunResult::from_output(program.wait_with_output().unwrap()).exits_2();
    assert!(result.err.contains("is locked by another connection"), "{}", result.err);
    let saved = saved(&dir, &result);
    assert_eq!(saved["benchmarks"][0]["samples_ns"].as_array().unwrap().len(), 12);
}

#[test]
fn a_database_that_is_locked_from_the_start_does_not_prevent_the_runs() {
    let dir = bench_dir();
    drop(Store::open(dir.path("runs.db")).unwrap());
    let other = Connection::open(dir.path("runs.db")).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE x (y)").unwrap();
    let result = dir.run("bench run -n 3 --database runs.db -- true").exits_2();
    assert!(result.err.contains("warning[store/unavailable]: the runs cannot be recorded"), "{}", result.err);
    saved(&dir, &result);
    let none = dir.run("bench run -n 3 --no-store --database runs.db -- true").succeeds().no_stderr();
    assert!(none.out.contains("runs         3"), "{}", none.out);
}

#[test]
fn runs_that_a_full_disk_cannot_record_are_saved_to_a_file() {
    let dir = bench_dir();
    drop(Store::open(dir.path("runs.db")).unwrap());
    // No file may be larger than 8 KiB, so that SQLite cannot write its pages.
    let script = "trap '' XFSZ; ulimit -f 16; exec \"$0\" \"$@\"";
    let program = RunningProgram::start_under(&dir, script, "bench run -n 3 --database runs.db -- true");
    let result = program.wait_for_exit().exits_2();
    let saved = saved(&dir, &result);
    assert_eq!(saved["benchmarks"][0]["samples_ns"].as_array().unwrap().len(), 3);
}

#[test]
fn a_database_that_is_none_is_reported_and_the_runs_are_saved() {
    let dir = bench_dir().file("runs.db", "not a database, but long enough to look like one\n".repeat(30));
    let result = dir.run("bench run -n 3 --database runs.db -- true").exits_2();
    saved(&dir, &result);
    dir.run("bench list --database runs.db").exits_2().only_stderr("is no SQLite database");
}

#[test]
fn only_the_newest_runs_remain() {
    let dir = bench_dir();
    for _ in 0..12 {
        dir.run("bench run -n 1 --database runs.db -- true").succeeds();
    }
    let database = Connection::open(dir.path("runs.db")).unwrap();
    let count = |table: &str| {
        database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((count("bench_benchmarks"), count("bench_samples")), (10, 10));
}
