//! The database cannot record a run, and the output of the agents is not lost.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::json;
use speckit::store::Store;

use crate::agents::gate_command::{RUN, SUCCEEDING, gate_dir, last_event, start_gate, wait_for_event};
use crate::running_program::RunningProgram;
use crate::test_dir::TestDir;

#[test]
fn a_database_that_cannot_be_opened_prevents_the_start() {
    let dir = gate_dir(&[SUCCEEDING])
        .file("text.db", "not a database, but long enough to look like one\n".repeat(30));
    let run = "gate run plan --spec S --prompt x --database";
    dir.run(&format!("{run} text.db"))
        .exits_2()
        .only_stderr("is no SQLite database")
        .stderr_has("--no-store");
    drop(Store::open(dir.path("runs.db")).unwrap());
    let other = Connection::open(dir.path("runs.db")).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE x (y)").unwrap();
    let result = dir.run(RUN).exits_2().stderr_has("is locked by another connection");
    assert!(result.err.contains("waiting for the database; Ctrl-C ends this program"), "{}", result.err);
    assert!(result.err.contains("--no-store") && result.err.contains("--database"), "{}", result.err);
    assert!(!dir.path("a.pid").exists());
}

/// Runs a gate until its agent has ended, and locks the database meanwhile. The agent must wait for the file `go`.
fn run_gate_and_lock_database(dir: &TestDir) -> (RunningProgram, Connection) {
    let mut gate = start_gate(dir);
    wait_for_event(&mut gate, "agent_started", "a");
    let other = Connection::open(dir.path("runs.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    dir.write("go", "");
    wait_for_event(&mut gate, "agent_finished", "a");
    (gate, other)
}

#[test]
fn a_run_that_a_locked_database_cannot_record_is_saved_in_a_file() {
    let dir =
        gate_dir(&["while [ ! -e go ]; do sleep 0.02; done; printf 'fine\\302\\233\\n'; echo on-stderr >&2"]);
    let (gate, other) = run_gate_and_lock_database(&dir);
    // The program now waits for the lock. The signal ends this wait, and nothing else.
    std::thread::sleep(Duration::from_millis(1500));
    gate.signal("INT");
    let result = gate
        .wait_for_exit()
        .exits_2()
        .stderr_has("error[store/unavailable]")
        .stderr_has("is locked by another connection");
    assert!(result.err.contains("waiting for the database; Ctrl-C saves the run"), "{}", result.err);
    let last = last_event(&result);
    assert_eq!(
        (&last["run_id"], &last["verdict"], &last["cancelled"]),
        (&json!(null), &json!("full"), &json!(false))
    );
    let file = last["file"].as_str().expect("the event names the file");
    let name = file.rsplit('/').next().unwrap();
    assert!(name.starts_with("speckit-run-plan-") && name.ends_with(".json"), "{name}");
    assert!(result.err.contains(&format!("`speckit gate show {file}` shows it")), "{}", result.err);
    assert!(dir.names().iter().any(|known| known == name), "the file is next to the database: {file}");
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains("fine\\u009b\\n") && !text.trim_end().contains(char::is_control), "{text:?}");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    let shown = dir.run_with(&["gate", "show", file]).succeeds().no_stderr();
    assert!(shown.out.contains("fine") && shown.out.contains("on-stderr"), "{}", shown.out);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(dir.run("gate list --database runs.db --format json").succeeds().json()["runs"], json!([]));
}

#[test]
fn a_run_is_saved_in_a_file_if_an_agent_removes_the_database() {
    for script in ["rm runs.db", "rm runs.db; : > runs.db", "rm runs.db; mkdir runs.db"] {
        let dir = gate_dir(&[script]);
        let result = dir
            .run(RUN)
            .exits_2()
            .stderr_has("error[store/unavailable]")
            .stderr_has("was moved, deleted or replaced");
        assert!(!result.out.contains("is kept"), "{}", result.out);
        assert!(dir.names().iter().any(|name| name.starts_with("speckit-run-plan-")), "{:?}", dir.names());
    }
}

#[test]
fn a_lock_that_is_released_in_time_only_delays_the_recording() {
    let dir = gate_dir(&["while [ ! -e go ]; do sleep 0.02; done; echo fine"]);
    let (gate, other) = run_gate_and_lock_database(&dir);
    std::thread::sleep(Duration::from_millis(700));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(last_event(&gate.wait_for_exit().succeeds())["run_id"], 1);
}
