//! Credential helpers of docker's protocol.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use speckit::auth::{LoginConfig, TokenStorage};

use super::{output, worker};
use crate::executable::write_executable;
use crate::test_dir::TestDir;

/// A helper that keeps what it gets in files, and records its arguments.
pub(in crate::auth) const KEEPER: &str = r#"#!/bin/sh
echo "$*" >> "$STORE/calls"
name() { echo "$STORE/$(printf %s "$1" | tr / _)"; }
case $1 in
store) input=$(cat); printf %s "$input" > "$STORE/new.$$"
    mv "$STORE/new.$$" "$(name "$(printf %s "$input" | sed 's/.*"ServerURL":"\([^"]*\)".*/\1/')")" ;;
get) read -r server; cat "$(name "$server")" 2>/dev/null || { echo 'credentials not found in native keychain'; exit 1; } ;;
erase) read -r server; rm "$(name "$server")" 2>/dev/null || { echo 'credentials not found in native keychain'; exit 1; } ;;
esac
"#;

/// Runs a worker that stores in a helper `docker-credential-test` with this script.
fn with_helper(dir: &TestDir, script: &str, command: &str) -> String {
    let program = dir.path("bin/docker-credential-test");
    if !script.is_empty() && !program.exists() {
        write_executable(&program, script);
        fs::create_dir(dir.path("kept")).unwrap();
    }
    let path = format!("{}:/usr/bin:/bin", dir.path("bin").display());
    let mut worker = worker(command, &dir.path("auth"), "canary");
    output(worker.arg("test").env("PATH", path).env("STORE", dir.path("kept")))
}

#[test]
fn a_helper_keeps_the_tokens_and_gets_them_on_its_standard_input_alone() {
    let dir = TestDir::new();
    let run = |command| with_helper(&dir, KEEPER, command);
    assert_eq!(run("load"), "ok: nobody");
    assert_eq!(run("store"), "ok: done");
    assert_eq!(run("load"), "ok: canary");
    assert_eq!(
        dir.read("kept/calls"),
        "get\nget\nstore\nget\nerase\nstore\nget\nget\n",
        "it is tried out first"
    );
    assert_eq!(run("store"), "ok: done");
    assert_eq!(run("remove"), "ok: done");
    assert_eq!(run("remove"), "ok: done");
    assert_eq!(run("load"), "ok: nobody");
    assert_eq!(fs::read_dir(dir.path("kept")).unwrap().count(), 1, "only the calls are left");
    assert_eq!(fs::read_dir(dir.path("auth")).unwrap().count(), 1, "only the lock file is there");
}

#[test]
fn a_helper_that_forgets_what_it_stores_is_found_out_before_a_login() {
    for (script, problem) in [
        (
            "#!/bin/sh\ncat >/dev/null\n[ $1 != get ] || { echo 'credentials not found in native keychain'; exit 1; }\n",
            "does not return what it stored",
        ),
        ("#!/bin/sh\ncat >/dev/null\necho garbage\n", "is not a JSON object with"),
    ] {
        let dir = TestDir::new();
        let told = with_helper(&dir, script, "store");
        assert!(
            told.contains("`docker-credential-test get` did not work") && told.contains(problem),
            "{told}"
        );
    }
}

#[test]
fn a_helper_that_does_not_work_is_an_error_with_a_way_out_and_is_not_shown() {
    for (script, text) in [
        (
            "",
            "the credential helper `docker-credential-test` is not found in PATH: install it, or change `auth.work.helper`",
        ),
        (
            "#!/bin/sh\necho canary; echo canary >&2; exit 3",
            "`docker-credential-test get` did not work: it ended with status 3; try `docker-credential-test list`",
        ),
        (
            "#!/bin/sh\nkill -9 $$",
            "`docker-credential-test get` did not work: a signal ended it; try `docker-credential-test list`",
        ),
        ("#!/bin/sh\nyes canary", "`docker-credential-test get` wrote more than 64 KiB and was killed"),
        ("#!/nowhere/canary", "the credential helper `docker-credential-test` is not found in PATH"),
    ] {
        let dir = TestDir::new();
        for command in ["load", "reserve"] {
            let output = with_helper(&dir, script, command);
            assert!(output.starts_with(&format!("failed: {text}")), "{script}: {output}");
            assert!(!output.contains("canary"), "{output}");
        }
    }
    let dir = TestDir::new();
    let garbage = "#!/bin/sh\necho canary";
    let output = with_helper(&dir, garbage, "load");
    assert!(
        output.starts_with(
            "failed: `docker-credential-test get` did not work: its output is not a JSON object"
        ),
        "{output}"
    );
    assert!(!output.contains("canary"), "{output}");
    let dir = TestDir::new();
    let reader =
        "#!/bin/sh\n[ $1 != store ] || exit 1\necho 'credentials not found in native keychain'; exit 1";
    let output = with_helper(&dir, reader, "reserve");
    assert!(
        output.starts_with("failed: `docker-credential-test store` did not work: it ended with status 1"),
        "{output}"
    );
}

#[test]
fn a_helper_that_does_not_end_is_killed_with_all_that_it_started() {
    let dir = TestDir::new();
    let script = "#!/bin/sh\nsleep 60 &\necho $! > \"$STORE/child\"\nsleep 60";
    let started = Instant::now();
    let output = with_helper(&dir, script, "load");
    assert!(
        output.starts_with("failed: `docker-credential-test get` did not end within 5 s and was killed"),
        "{output}"
    );
    assert!(started.elapsed() < Duration::from_secs(50), "it did not end by itself");
    let child = dir.read("kept/child");
    let is_running = || {
        let state = fs::read_to_string(format!("/proc/{}/stat", child.trim()));
        state.is_ok_and(|state| !state.contains(") Z "))
    };
    let end = Instant::now() + Duration::from_secs(5);
    while is_running() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!is_running());
}

#[test]
fn a_process_that_a_helper_leaves_in_the_background_is_not_waited_for() {
    let dir = TestDir::new();
    let script = "#!/bin/sh\nsleep 60 &\necho 'credentials not found in native keychain'; exit 1";
    let started = Instant::now();
    assert_eq!(with_helper(&dir, script, "load"), "ok: nobody");
    assert!(started.elapsed() < Duration::from_secs(50));
}

#[test]
fn a_helper_needs_a_name_of_its_own_form() {
    for (helper, text) in [
        (json!(null), "`auth.work.helper` is missing: name a credential helper, such as `pass`"),
        (
            json!(""),
            "`auth.work.helper` is ``, and the name of a credential helper has only a-z, 0-9 and `-`",
        ),
        (json!("../pass"), "`auth.work.helper` is `../pass`, and the name"),
        (json!("Pass"), "`auth.work.helper` is `Pass`, and the name"),
    ] {
        let config = json!({"client_id": "id", "store": "helper", "helper": helper});
        let config: LoginConfig = serde_json::from_value(config).unwrap();
        let error = TokenStorage::in_folder(Path::new("/nowhere"), "work", &config).unwrap_err().to_string();
        assert!(error.starts_with(text), "{error}");
    }
}
