//! `auth login`: each outcome, and what is left behind.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use speckit_tests::fakes::provider::{Decision, Dialect, HttpAnswer, Provider, Reply, Route};
use speckit_tests::golden;

use super::{TOKEN_FILE, change_record, dialect, dir_with, logged_in, record, stored_files, transcript};
use crate::executable::write_executable;
use crate::running_program::RunningProgram;
use crate::test_dir::{RunResult, TestDir, member_names};

/// The documents of a run with `--format json`.
fn events(result: &RunResult) -> Vec<Json> {
    result.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The last document, which is the end of a login.
fn finished(result: &RunResult) -> Json {
    let last = events(result).pop().expect("a login ends with an event");
    assert_eq!(member_names(&last), ["event", "message", "outcome"]);
    assert_eq!(last["event"], "finished");
    last
}

#[test]
fn a_granted_login_shows_address_and_code_and_stores_the_tokens() {
    let provider = Provider::start(dialect());
    provider.decide_at_poll(2, Decision::Approve);
    let dir = dir_with(&provider);
    let result = dir.run("auth login company").succeeds();
    golden!("auth/program", "login_granted", transcript(&result, &provider, &dir));
    assert_eq!(stored_files(&dir), ["company.json"]);
    assert!(provider.accepts_access_token(record(&dir)["access_token"].as_str().unwrap()));
    assert_eq!(provider.requests_to(Route::Token).len(), 2);
}

#[test]
fn a_denied_login_exits_with_1_and_stores_nothing() {
    let provider = Provider::start(dialect());
    provider.decide_at_poll(1, Decision::Deny);
    let dir = dir_with(&provider);
    let result = dir.run("auth login").exits_1();
    golden!("auth/program", "login_denied", transcript(&result, &provider, &dir));
    assert_eq!(stored_files(&dir), [""; 0]);
    let json = dir.run("auth login --format json").exits_1().no_stderr();
    assert_eq!(finished(&json)["outcome"], "denied");
}

#[test]
fn a_code_that_nobody_enters_expires_with_exit_1() {
    let provider = Provider::start(Dialect { code_lifetime: 2, ..dialect() });
    let dir = dir_with(&provider);
    let result = dir.run("auth login").exits_1();
    golden!("auth/program", "login_expired", transcript(&result, &provider, &dir));
    assert_eq!(stored_files(&dir), [""; 0]);
}

#[test]
fn the_events_of_a_login_are_those_of_the_contract() {
    let provider = Provider::start(dialect());
    provider.decide_at_poll(2, Decision::Approve);
    let dir = dir_with(&provider);
    let result = dir.run("auth login --format json").succeeds().no_stderr();
    let events = events(&result);
    let [code, poll, finished] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(
        member_names(code),
        ["event", "expires_in_s", "user_code", "verification_uri", "verification_uri_complete"]
    );
    assert_eq!((&code["event"], &code["expires_in_s"]), (&json!("code"), &json!(600)));
    assert!(code["verification_uri"].as_str().unwrap().starts_with(&provider.url("/")), "{code}");
    let user_code = code["user_code"].as_str().unwrap();
    assert!(code["verification_uri_complete"].as_str().unwrap().contains(user_code), "{code}");
    assert_eq!(member_names(poll), ["event", "reason", "wait_ms"]);
    assert_eq!((&poll["event"], &poll["wait_ms"]), (&json!("poll"), &json!(1000)));
    assert!(poll["reason"].is_string());
    assert_eq!(member_names(finished), ["event", "message", "outcome"]);
    assert_eq!((&finished["event"], &finished["outcome"]), (&json!("finished"), &json!("granted")));
}

#[test]
fn an_address_without_the_code_is_null_in_json() {
    let provider = Provider::start(Dialect { has_complete_uri: false, ..dialect() });
    provider.decide_at_poll(1, Decision::Deny);
    let dir = dir_with(&provider);
    let result = dir.run("auth login --format json").exits_1();
    assert!(events(&result)[0]["verification_uri_complete"].is_null(), "{}", result.out);
}

#[test]
fn a_signal_cancels_the_login_and_leaves_nothing_behind() {
    for signal in ["INT", "TERM"] {
        let provider = Provider::start(dialect());
        let dir = dir_with(&provider);
        let mut program = RunningProgram::start(&dir, "auth login --format json");
        assert_eq!(program.next_json()["event"], "code");
        let result = program.stop_with(signal).exits_2().no_stderr();
        assert_eq!(finished(&result)["outcome"], "cancelled");
        assert_eq!(stored_files(&dir), [""; 0]);
        // The lock is free again.
        provider.decide_at_poll(1, Decision::Approve);
        dir.run("auth login").succeeds();
    }
}

#[test]
fn a_signal_ends_a_login_whose_provider_stalls() {
    let pause = Duration::from_secs(60);
    for stalling in [Route::Device, Route::Token] {
        let provider = Provider::start(dialect());
        provider
            .always(stalling, Reply::json(200, &json!({ "padding": "x".repeat(1000) })).with_pause(pause));
        let dir = dir_with(&provider);
        let program = RunningProgram::start(&dir, "auth login --format json");
        assert!(provider.wait_for(stalling, 1, Duration::from_secs(30)));
        let start = Instant::now();
        let result = program.stop_with("INT").exits_2().no_stderr();
        // The time limit of a request is five times as long.
        assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
        assert_eq!(finished(&result)["outcome"], "cancelled");
        assert_eq!(stored_files(&dir), [""; 0]);
    }
}

#[test]
fn a_cancelled_login_has_a_message() {
    let provider = Provider::start(dialect());
    let dir = dir_with(&provider);
    let program = RunningProgram::start(&dir, "auth login");
    assert!(provider.wait_for(Route::Token, 1, Duration::from_secs(30)));
    let result = program.stop_with("INT").exits_2();
    golden!("auth/program", "login_cancelled", transcript(&result, &provider, &dir));
}

#[test]
fn a_cancelled_login_keeps_the_tokens_of_an_earlier_one() {
    let (provider, dir) = logged_in();
    let before = dir.read(TOKEN_FILE);
    let mut program = RunningProgram::start(&dir, "auth login --format json");
    assert_eq!(program.next_json()["event"], "code");
    drop(provider);
    program.stop_with("INT").exits_2();
    assert_eq!(dir.read(TOKEN_FILE), before);
    assert_eq!(stored_files(&dir), ["company.json"]);
}

#[test]
fn verbose_shows_the_status_and_the_wait_of_each_poll() {
    let provider = Provider::start(dialect());
    provider.script(Route::Token, [Reply::html(502)]);
    provider.decide_at_poll(1, Decision::Approve);
    let dir = dir_with(&provider);
    let result = dir.run("auth login --verbose").succeeds();
    let text = transcript(&result, &provider, &dir);
    let (before, left) = text.rsplit_once("the code expires in ").unwrap();
    assert!(left.starts_with("9 min 5"), "{left}");
    golden!("auth/program", "login_verbose", format!("{before}the code expires in …\n"));
    assert!(!result.err.contains("Bad Gateway"), "{}", result.err);
}

#[test]
fn a_provider_that_cannot_be_reached_is_named_with_exit_2() {
    let provider = Provider::start(dialect());
    provider.always(Route::Device, Reply::error(401, "invalid_client"));
    let dir = dir_with(&provider);
    let result = dir.run("auth login").exits_2();
    golden!("auth/program", "login_refused", transcript(&result, &provider, &dir));
    let json = dir.run("auth login --format json").exits_2().no_stderr();
    assert_eq!(finished(&json)["outcome"], "failed");
}

#[test]
fn a_login_replaces_the_tokens_of_another_client_and_says_so() {
    let (provider, dir) = logged_in();
    let mut identity = record(&dir)["identity"].clone();
    identity["client_id"] = "other".into();
    change_record(&dir, "identity", identity);
    let result = dir.run("auth login").succeeds();
    golden!("auth/program", "login_replaces", transcript(&result, &provider, &dir));
    assert_eq!(record(&dir)["identity"]["client_id"], "speckit-cli");
    // The same client needs no note.
    let again = dir.run("auth login").succeeds();
    assert!(!again.err.contains("note:"), "{}", again.err);
}

#[test]
fn a_missing_client_secret_is_named_with_the_line_to_type() {
    let provider = Provider::start(Dialect { interval: Some(json!(1)), ..Dialect::google() });
    let own = "client_secret_env = \"COMPANY_SECRET\"\nstore = \"file\"";
    let dir = TestDir::with_config(&provider.settings("company", own));
    let result = dir.run("auth login").exits_2();
    golden!("auth/program", "login_without_secret", transcript(&result, &provider, &dir));
    assert_eq!(provider.requests().len(), 0);
}

#[test]
fn what_a_provider_sends_controls_no_terminal() {
    let provider = Provider::start(dialect());
    let error =
        json!({ "error": "access_denied", "error_description": "no\u{1b}[2J\r\nerror: forged\u{202e}" });
    provider.always(Route::Token, Reply::answer(HttpAnswer::json(400, &error)));
    let dir = dir_with(&provider);
    let refused = dir.run("auth login").exits_1();
    assert!(refused.err.contains("no\\u{1b}[2J\\r\\nerror: forged\\u{202e}"), "{}", refused.err);
    let json = dir.run("auth login --format json").exits_1();
    // A code that a person cannot type is an answer that is not understood.
    let authorization = json!({
        "device_code": "d", "user_code": "AB\u{1b}[2J\u{202e}CD", "expires_in": 600, "interval": 1,
        "verification_uri": provider.url("/go"),
    });
    provider.always(Route::Device, Reply::json(200, &authorization));
    let misunderstood = dir.run("auth login").exits_2();
    for result in [refused, json, misunderstood] {
        assert!(!result.both().contains(['\u{1b}', '\r', '\u{202e}']), "{:?}", result.both());
        assert!(!result.err.lines().any(|line| line.starts_with("error: forged")), "{}", result.err);
    }
}

#[test]
fn a_browser_is_opened_only_if_asked_for() {
    let provider = Provider::start(dialect());
    provider.decide_at_poll(1, Decision::Approve);
    let dir = dir_with(&provider);
    let dir = with_path(dir, "fake");
    write_executable(&dir.path("fake/xdg-open"), "#!/bin/sh\nprintf '%s\\n' \"$@\" > \"$HOME/opened\"\n");
    dir.run("auth login").succeeds();
    assert!(!dir.path("opened").exists());
    let opened = dir.run("auth login --open").succeeds();
    assert!(!opened.err.contains("note:"), "{}", opened.err);
    let address = dir.read("opened");
    assert!(address.starts_with(&provider.url("/")) && address.contains("user_code="), "{address}");
}

#[test]
fn a_browser_that_cannot_be_opened_is_a_note() {
    let provider = Provider::start(dialect());
    provider.decide_at_poll(1, Decision::Approve);
    let dir = dir_with(&provider).variable("PATH", "/nonexistent");
    let result = dir.run("auth login --open").succeeds();
    result.stderr_has("note: no browser could be opened here: ");
}

/// With a folder of its own before the usual ones.
fn with_path(dir: TestDir, folder: &str) -> TestDir {
    let path = format!("{}:/usr/bin:/bin", dir.path(folder).display());
    dir.variable("PATH", &path)
}
