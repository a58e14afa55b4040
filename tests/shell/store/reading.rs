//! Commands that only read a database: they change nothing, also where nothing can be changed.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;

use rusqlite::Connection;
use speckit::store::Store;

use crate::executable::copy_executable;
use crate::running_program::RunningProgram;
use crate::small_disk::SmallDisk;
use crate::test_dir::{NO_MACHINE_CHECKS, RunResult, TestDir};

const COMMANDS: [&str; 8] = [
    "history",
    "history show 1",
    "history rollback 1 --dry-run",
    "store stats",
    "store check",
    "gate list",
    "bench list",
    "history --format json",
];

fn text(attempts: u32) -> String {
    format!(
        "[hot_reload]\ndebounce_ms = 500\n[store]\npath = 'h.db'\n[retry]\nmax_attempts = {attempts}\n{NO_MACHINE_CHECKS}"
    )
}

fn dir() -> TestDir {
    let dir = TestDir::new();
    record(&dir);
    dir
}

/// Records a generation in `h.db`.
fn record(dir: &TestDir) {
    dir.write("speckit.toml", text(4));
    let mut watch = RunningProgram::start(dir, "watch --plain");
    watch.next_line();
    watch.stop_with("TERM").succeeds();
}

/// The contents of the database and its log.
fn contents(dir: &TestDir) -> [Option<Vec<u8>>; 2] {
    ["h.db", "h.db-wal"].map(|name| fs::read(dir.path(name)).ok())
}

#[test]
fn commands_that_read_change_nothing_and_leave_nothing() {
    let dir = dir();
    let (names, before) = (dir.names(), contents(&dir));
    for command in COMMANDS {
        dir.run(command).succeeds().no_stderr();
        assert_eq!((dir.names(), contents(&dir)), (names.clone(), before.clone()), "{command}");
    }
}

#[test]
fn commands_that_read_see_what_a_killed_program_has_left_in_the_log() {
    let dir = dir();
    let mut watch = RunningProgram::start(&dir, "watch --format json");
    watch.next_line();
    dir.write("speckit.toml", text(5));
    assert_eq!(watch.next_json()["event"], "file_changed");
    watch.next_recorded_success();
    watch.child.kill().unwrap();
    watch.child.wait().unwrap();
    for index in [true, false] {
        if !index {
            fs::remove_file(dir.path("h.db-shm")).unwrap();
        }
        let (names, before) = (dir.names(), contents(&dir));
        assert!(before[1].as_ref().is_some_and(|log| !log.is_empty()));
        for command in COMMANDS {
            dir.run(command).succeeds().no_stderr();
            assert_eq!((dir.names(), contents(&dir)), (names.clone(), before.clone()), "{command}");
        }
        assert_eq!(dir.run("history").succeeds().out.lines().count(), 2);
    }
}

#[test]
fn a_recorded_generation_survives_a_kill_at_once() {
    let dir = dir();
    for attempts in 5..10 {
        let mut watch = RunningProgram::start(&dir, "watch --format json");
        watch.next_line();
        dir.write("speckit.toml", text(attempts));
        assert_eq!(watch.next_json()["event"], "file_changed");
        assert_eq!(watch.next_recorded_success()["generation"], 2);
        watch.child.kill().unwrap();
        watch.child.wait().unwrap();
        let json = dir.run("history --format json").succeeds().json();
        let generations = json["generations"].as_array().unwrap();
        assert_eq!(generations.len(), attempts as usize - 3);
    }
}

#[test]
fn a_read_only_disk_is_read_and_only_the_recording_is_off() {
    let dir = TestDir::new();
    let Some(disk) = SmallDisk::mount(&dir.path(""), 16 * 1024) else { return };
    record(&dir);
    disk.protect();
    for command in COMMANDS {
        dir.run(command).succeeds().no_stderr();
    }
    let mut watch = RunningProgram::start(&dir, "watch --plain");
    assert_eq!(watch.next_line(), "loaded generation 1, watched");
    let err = watch.stop_with("TERM").succeeds().err;
    assert!(
        err.contains("warning[history/unavailable]") && err.contains("the history lacks 1 entry: "),
        "{err}"
    );
}

#[test]
fn the_last_good_generation_is_read_from_a_read_only_disk() {
    let dir = TestDir::new();
    let Some(disk) = SmallDisk::mount(&dir.path(""), 16 * 1024) else { return };
    record(&dir);
    dir.write("speckit.toml", format!("{}broken =\n", text(4)));
    disk.protect();
    let mut watch = RunningProgram::start(&dir, "watch --plain --database h.db --fallback last-good");
    assert_eq!(watch.next_line(), "loaded generation 1, watched");
    assert_eq!(watch.next_line(), "refused with 1 error, generation 1 runs instead");
    watch.stop_with("TERM").succeeds();
}

#[test]
fn a_log_that_cannot_be_read_is_named() {
    let dir = TestDir::new();
    let Some(disk) = SmallDisk::mount(&dir.path(""), 16 * 1024) else { return };
    record(&dir);
    let store = Store::open(dir.path("h.db")).unwrap();
    store.write(|tx| Ok(tx.execute_batch("CREATE TABLE notes (text TEXT)")?)).unwrap();
    let files = [("h.db", "copy.db"), ("h.db-wal", "copy.db-wal")];
    for (from, copy) in files {
        fs::copy(dir.path(from), dir.path(copy)).unwrap();
    }
    drop(store);
    for (to, copy) in files {
        fs::rename(dir.path(copy), dir.path(to)).unwrap();
    }
    disk.protect();
    // A copy without the log would be incomplete.
    let elsewhere = TestDir::new();
    elsewhere
        .run(&format!("store backup b.db --database {}", dir.path("h.db").display()))
        .exits_2()
        .stderr_has("has its newest entries in the log `");
    elsewhere
        .run(&format!("store restore {} --database new.db", dir.path("h.db").display()))
        .exits_2()
        .stderr_has("has its newest entries in the log `");
    assert_eq!(elsewhere.names(), [""; 0]);
    for command in COMMANDS {
        dir.run(command)
            .succeeds()
            .stderr_has("warning[store/log-unread]: the newest entries may be missing: the log `");
    }
}

/// The id of an unprivileged user.
const USER: u32 = 65534;

#[test]
fn a_database_in_a_folder_of_another_user_is_read() {
    let dir = dir();
    let probe = dir.path("probe");
    fs::write(&probe, "").unwrap();
    if chown(&probe, Some(USER), Some(USER)).is_err() {
        println!("skipped: only the administrator can become another user");
        return;
    }
    fs::remove_file(probe).unwrap();
    let program = dir.path("program");
    copy_executable(dir.command(&[]).get_program().as_ref(), &program);
    chown(dir.path("h.db"), Some(USER), Some(USER)).unwrap();
    fs::set_permissions(dir.path("h.db"), fs::Permissions::from_mode(0o400)).unwrap();
    fs::set_permissions(dir.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    let run = |arguments: &str| {
        let template = dir.command(&[]);
        let mut command = std::process::Command::new(&program);
        command.args(arguments.split_whitespace()).current_dir(dir.path("")).env_clear().uid(USER).gid(USER);
        for (name, value) in template.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        RunResult::from_output(command.output().unwrap())
    };
    for command in COMMANDS {
        run(command).succeeds().no_stderr();
    }
    assert!(!dir.path("h.db-shm").exists() && !dir.path("h.db-wal").exists());
}

#[test]
fn the_end_of_watch_counts_what_a_lock_keeps_from_the_history() {
    let dir = dir();
    let mut watch = RunningProgram::start(&dir, "watch --format json");
    watch.next_line();
    let other = Connection::open(dir.path("h.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    dir.write("speckit.toml", text(5));
    while watch.next_json()["event"] != "reload_success" {}
    watch.signal("TERM");
    let warning = watch.next_json();
    assert_eq!(warning["event"], "warning");
    assert_eq!(warning["diagnostics"][0]["code"], "history/unwritten");
    let message = warning["diagnostics"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("the history lacks "), "{message}");
    watch.child.wait().unwrap();
    other.execute_batch("ROLLBACK").unwrap();
}
