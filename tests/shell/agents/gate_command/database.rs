//! A database that refuses a run: nothing that the agents wrote is lost.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::json;
use speckit::store::Store;

use crate::agents::gate_command::{FINE, RUN, dir, finished, started, wait_for};
use crate::running_program::RunningProgram;
use crate::test_dir::TestDir;

#[test]
fn one_that_cannot_be_opened_ends_it_before_anything_starts() {
    let dir = dir(&[FINE]).file("text.db", "not a database, but long enough to look like one\n".repeat(30));
    let run = "gate run plan --spec S --prompt x --database";
    dir.run(&format!("{run} text.db"))
        .exits_2()
        .only_stderr("is no SQLite database")
        .stderr_has("--no-store");
    drop(Store::open(dir.path("runs.db")).unwrap());
    let other = Connection::open(dir.path("runs.db")).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE x (y)").unwrap();
    let answer = dir.run(RUN).exits_2().stderr_has("is locked by another connection");
    assert!(answer.err.contains("waiting for the database; Ctrl-C ends this program"), "{}", answer.err);
    assert!(answer.err.contains("--no-store") && answer.err.contains("--database"), "{}", answer.err);
    assert!(!dir.path("a.pid").exists());
}

/// A gate whose agents have ended, and the connection that has the lock on its database. Its agent waits for `go`.
fn locked_at_its_end(dir: &TestDir) -> (RunningProgram, Connection) {
    let mut gate = started(dir);
    wait_for(&mut gate, "agent_started", "a");
    let other = Connection::open(dir.path("runs.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    dir.write("go", "");
    wait_for(&mut gate, "agent_finished", "a");
    (gate, other)
}

#[test]
fn one_that_is_locked_when_the_run_is_over_leaves_the_run_in_a_file() {
    let dir = dir(&["while [ ! -e go ]; do sleep 0.02; done; printf 'fine\\302\\233\\n'; echo beside >&2"]);
    let (gate, other) = locked_at_its_end(&dir);
    // The program waits for the lock now; a signal ends that, and nothing else.
    std::thread::sleep(Duration::from_millis(1500));
    gate.signal("INT");
    let answer = gate
        .ended()
        .exits_2()
        .stderr_has("error[store/unavailable]")
        .stderr_has("is locked by another connection");
    assert!(answer.err.contains("waiting for the database; Ctrl-C saves the run"), "{}", answer.err);
    let last = finished(&answer);
    assert_eq!(
        (&last["run_id"], &last["verdict"], &last["cancelled"]),
        (&json!(null), &json!("full"), &json!(false))
    );
    let file = last["file"].as_str().expect("it names the file");
    let name = file.rsplit('/').next().unwrap();
    assert!(name.starts_with("speckit-run-plan-") && name.ends_with(".json"), "{name}");
    assert!(answer.err.contains(&format!("`speckit gate show {file}` shows it")), "{}", answer.err);
    assert!(dir.names().iter().any(|known| known == name), "it lies beside the database: {file}");
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains("fine\\u009b\\n") && !text.trim_end().contains(char::is_control), "{text:?}");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    let shown = dir.run_with(&["gate", "show", file]).succeeds().no_stderr();
    assert!(shown.out.contains("fine") && shown.out.contains("beside"), "{}", shown.out);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(dir.run("gate list --database runs.db --format json").succeeds().json()["runs"], json!([]));
}

#[test]
fn one_that_an_agent_removes_or_replaces_leaves_the_run_in_a_file() {
    for deed in ["rm runs.db", "rm runs.db; : > runs.db", "rm runs.db; mkdir runs.db"] {
        let dir = dir(&[deed]);
        let answer = dir
            .run(RUN)
            .exits_2()
            .stderr_has("error[store/unavailable]")
            .stderr_has("was removed or replaced");
        assert!(!answer.out.contains("is kept"), "{}", answer.out);
        assert!(dir.names().iter().any(|name| name.starts_with("speckit-run-plan-")), "{:?}", dir.names());
    }
}

#[test]
fn a_lock_that_is_given_back_in_time_only_takes_time() {
    let dir = dir(&["while [ ! -e go ]; do sleep 0.02; done; echo fine"]);
    let (gate, other) = locked_at_its_end(&dir);
    std::thread::sleep(Duration::from_millis(700));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(finished(&gate.ended().succeeds())["run_id"], 1);
}
