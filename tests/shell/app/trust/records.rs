//! Where trust is kept.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::thread;

use speckit_tests::golden;

use super::{CLONED, GATE, cloned, comparable, record, records};
use crate::test_dir::TestDir;

fn trusted() -> TestDir {
    let dir = cloned();
    dir.run("trust ./speckit.toml --yes").succeeds();
    dir
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_record_is_a_private_file_in_the_state_folder() {
    let dir = trusted();
    assert_eq!((mode(&record(&dir)), mode(&records(&dir))), (0o600, 0o700));
    let json: serde_json::Value = serde_json::from_str(&fs::read_to_string(record(&dir)).unwrap()).unwrap();
    assert_eq!(json["version"], 1);
    assert_eq!(json["fingerprints"]["store.path"].as_str().unwrap().len(), 64);
    let dir = cloned();
    let state = dir.path("state").to_str().unwrap().to_owned();
    let dir = dir.variable("XDG_STATE_HOME", &state);
    dir.run("trust ./speckit.toml --yes").succeeds();
    assert!(dir.path("state/speckit/trust").exists() && !records(&dir).exists());
    dir.run(GATE).succeeds();
}

#[test]
fn a_record_that_others_could_have_written_is_not_used() {
    let dir = trusted();
    let path = record(&dir);
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let refused = dir.run(GATE).exits_2();
    golden!("app/trust", "record_open_to_others", hidden_name(&dir, &refused.err));
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    dir.run(GATE).succeeds();
    fs::set_permissions(records(&dir), Permissions::from_mode(0o777)).unwrap();
    dir.run(GATE).exits_2().stderr_has("chmod 700");
    fs::set_permissions(records(&dir), Permissions::from_mode(0o700)).unwrap();
    let elsewhere = dir.path("elsewhere.json");
    fs::rename(&path, &elsewhere).unwrap();
    symlink(&elsewhere, &path).unwrap();
    dir.run(GATE).exits_2().stderr_has("it is a link, which is not followed");
    // New trust replaces the link, and leaves its target alone.
    let before = fs::read(&elsewhere).unwrap();
    dir.run("trust ./speckit.toml --yes").succeeds();
    assert!(!path.is_symlink());
    assert_eq!(fs::read(&elsewhere).unwrap(), before);
    dir.run(GATE).succeeds();
}

/// The text with one name in the place of the hash that names the record.
fn hidden_name(dir: &TestDir, text: &str) -> String {
    let name = record(dir).file_stem().unwrap().to_str().unwrap().to_owned();
    comparable(dir, &text.replace(&name, "HASH"))
}

#[test]
fn a_damaged_a_newer_and_a_foreign_record_are_not_used_and_can_be_replaced() {
    for (text, problem) in [
        ("", "it is damaged"),
        ("{\"version\":1", "it is damaged"),
        ("{\"version\":2}", "a newer version of this program wrote it"),
        ("{\"version\":1,\"file\":\"/other\",\"fingerprints\":{}}", "it is the record of another file"),
    ] {
        let dir = trusted();
        fs::write(record(&dir), text).unwrap();
        dir.run(GATE).exits_2().stderr_has(problem);
        if !problem.contains("another") {
            dir.run("trust --list").succeeds().stderr_has(problem);
        }
        dir.run("trust ./speckit.toml --yes").succeeds().stderr_has(problem);
        dir.run(GATE).succeeds();
        fs::write(record(&dir), text).unwrap();
        dir.run("untrust ./speckit.toml").succeeds();
        assert_eq!(fs::read_dir(records(&dir)).unwrap().count(), 0);
    }
}

#[test]
fn trust_of_a_deleted_file_can_be_taken_back() {
    let dir = trusted();
    fs::remove_file(dir.path("speckit.toml")).unwrap();
    golden!("app/trust", "list", comparable(&dir, &dir.run("trust --list").succeeds().out));
    let result = dir.run("untrust ./speckit.toml").succeeds();
    golden!("app/trust", "untrusted", comparable(&dir, &result.out));
    dir.run("untrust ./speckit.toml").exits_1();
    assert_eq!(dir.run("trust --list").succeeds().out, "no file is trusted\n");
}

#[test]
fn many_processes_that_trust_at_once_leave_whole_records() {
    let dir = cloned();
    for number in 0..4 {
        dir.write(&format!("p{number}/speckit.toml"), CLONED);
    }
    thread::scope(|scope| {
        for number in 0..12 {
            let dir = &dir;
            scope.spawn(move || {
                dir.run(&format!("trust p{}/speckit.toml --yes", number % 4)).succeeds();
            });
        }
    });
    assert_eq!(dir.run("trust --list").succeeds().no_stderr().out.lines().count(), 5);
    assert_eq!(fs::read_dir(records(&dir)).unwrap().count(), 4, "no temporary file is left");
}

#[test]
fn without_a_place_for_the_record_nothing_is_trusted() {
    let dir = cloned().file("home/.local", "a file in the place of the folder");
    let refused = dir.run("trust ./speckit.toml --yes").exits_2();
    assert!(!refused.out.contains("It is trusted"), "{}", refused.out);
    dir.run(GATE).exits_2().stderr_has("trust/required");
    // A missing variable does not hide the home folder that the system knows.
    let dir = cloned().variable("HOME", "relative");
    dir.run("trust ./speckit.toml --yes").exits_2().stderr_has("set `HOME`, or `XDG_STATE_HOME`");
    dir.run("trust --list").exits_2().stderr_has("set `HOME`, or `XDG_STATE_HOME`");
    dir.run("untrust ./speckit.toml").exits_2().stderr_has("set `HOME`, or `XDG_STATE_HOME`");
    let refused = dir.run(GATE).exits_2().stderr_has("trust/required");
    golden!("app/trust", "no_home", comparable(&dir, &refused.err));
}
