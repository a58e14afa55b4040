//! `auth refresh` and `auth token`.

use std::time::Duration;

use serde_json::json;
use speckit_tests::fakes::provider::{Dialect, Provider, RefreshRule, Reply, Route};
use speckit_tests::golden;

use crate::running_program::RunningProgram;

use super::{
    TOKEN_FILE, change_record, dialect, dir_with, logged_in, logged_in_to, on_terminal, record, transcript,
};

#[test]
fn a_refresh_stores_a_new_token() {
    let (provider, dir) = logged_in();
    let before = record(&dir);
    let result = dir.run("auth refresh").succeeds();
    golden!("auth/program", "refresh", transcript(&result, &provider, &dir));
    let after = record(&dir);
    assert_ne!(before["access_token"], after["access_token"]);
    assert!(provider.accepts_access_token(after["access_token"].as_str().unwrap()));
    assert_eq!(provider.refreshes().len(), 1);
    let json = dir.run("auth refresh company --format json").succeeds().no_stderr().json();
    assert_eq!(json["logins"][0]["name"], "company");
    assert_eq!(json["logins"][0]["state"], "valid");
}

#[test]
fn a_signal_during_a_refresh_waits_until_the_new_tokens_are_stored() {
    for command in ["auth refresh", "auth token company"] {
        let (provider, dir) = logged_in();
        let issued = record(&dir)["issued_at"].as_u64().unwrap();
        change_record(&dir, "issued_at", issued - 200);
        change_record(&dir, "expires_at", issued - 100);
        let logins = provider.requests_to(Route::Token).len();
        provider.script(Route::Token, [Reply::model().after(Duration::from_millis(1500))]);
        let program = RunningProgram::start(&dir, command);
        assert!(provider.wait_for(Route::Token, logins + 1, Duration::from_secs(30)));
        program.stop_with("INT").exits_2().only_stderr("its tokens are stored");
        assert!(provider.accepts_refresh_token(record(&dir)["refresh_token"].as_str().unwrap()));
    }
}

#[test]
fn a_refresh_needs_somebody_who_is_logged_in() {
    let provider = Provider::start(dialect());
    let dir = dir_with(&provider);
    let result = dir.run("auth refresh").exits_1();
    golden!("auth/program", "refresh_absent", transcript(&result, &provider, &dir));
    let json = dir.run("auth refresh --format json").exits_1();
    assert_eq!(json.codes(), ["auth/login-needed"]);
    dir.run("auth token company").exits_1().only_stderr("speckit auth login company");
    dir.run("auth logout").exits_1().only_stderr("nobody is logged in");
    assert_eq!(provider.requests().len(), 0);
}

#[test]
fn a_revoked_login_says_that_a_person_has_to_log_in_again() {
    let (provider, dir) = logged_in();
    provider.revoke_all();
    let result = dir.run("auth refresh").exits_1();
    golden!("auth/program", "refresh_revoked", transcript(&result, &provider, &dir));
}

#[test]
fn a_login_without_a_refresh_token_cannot_be_refreshed() {
    let (provider, dir) = logged_in_to(Dialect { refresh: RefreshRule::Never, ..dialect() });
    let result = dir.run("auth refresh").exits_1();
    golden!("auth/program", "refresh_without_refresh_token", transcript(&result, &provider, &dir));
}

#[test]
fn a_provider_that_is_away_is_no_answer() {
    let (provider, dir) = logged_in();
    provider.always(Route::Token, Reply::html(503));
    let result = dir.run("auth refresh").exits_2();
    golden!("auth/program", "refresh_unavailable", transcript(&result, &provider, &dir));
    assert_eq!(dir.run("auth refresh --format json").exits_2().codes(), ["auth/provider"]);
}

#[test]
fn tokens_of_another_client_are_not_sent() {
    let (provider, dir) = logged_in();
    let mut identity = record(&dir)["identity"].clone();
    identity["client_id"] = "other".into();
    change_record(&dir, "identity", identity);
    let sent = provider.requests().len();
    let result = dir.run("auth refresh").exits_2();
    golden!("auth/program", "refresh_of_another_client", transcript(&result, &provider, &dir));
    dir.run("auth token company").exits_2().only_stderr("auth/login-needed");
    assert_eq!(provider.requests().len(), sent);
}

#[test]
fn a_token_in_a_pipe_is_the_token_and_a_line_end() {
    let (provider, dir) = logged_in();
    let stored = record(&dir)["access_token"].as_str().unwrap().to_owned();
    let result = dir.run("auth token company").succeeds().no_stderr();
    assert_eq!(result.out, format!("{stored}\n"));
    assert_eq!(provider.refreshes().len(), 0, "a valid token is not refreshed");
    let json = dir.run("auth token company --format json").succeeds().no_stderr().json();
    assert_eq!((&json["login"], &json["token"]), (&json!("company"), &json!(stored)));
    assert!(json["expires_in_s"].as_u64().unwrap() > 3000, "{json}");
}

#[test]
fn an_expired_token_is_refreshed_before_it_is_printed() {
    let (provider, dir) = logged_in();
    let issued_at = record(&dir)["issued_at"].as_u64().unwrap() - 4000;
    change_record(&dir, "issued_at", issued_at);
    change_record(&dir, "expires_at", issued_at + 3600);
    let result = dir.run("auth token company").succeeds().no_stderr();
    assert!(provider.accepts_access_token(result.out.trim()));
    assert_eq!(provider.refreshes().len(), 1);
}

#[test]
fn a_token_is_shown_on_a_terminal_only_if_asked_for() {
    let (_provider, dir) = logged_in();
    let stored = record(&dir)["access_token"].as_str().unwrap().to_owned();
    let (code, shown) = on_terminal(&dir, (80, 24), "auth token company");
    assert_eq!(code, 2);
    golden!("auth/program", "token_on_a_terminal", shown.replace('\r', ""));
    assert!(!shown.contains(&stored));
    let (code, shown) = on_terminal(&dir, (80, 24), "auth token company --format json");
    assert!(code == 2 && !shown.contains(&stored), "{shown}");
    let (code, shown) = on_terminal(&dir, (80, 24), "auth token company --reveal");
    assert_eq!((code, shown.trim_end()), (0, stored.as_str()));
}

#[test]
fn a_damaged_store_is_reported_with_its_file() {
    let (provider, dir) = logged_in();
    let text = dir.read(TOKEN_FILE);
    std::fs::write(dir.path(TOKEN_FILE), &text[..text.len() / 2]).unwrap();
    let result = dir.run("auth token company").exits_2();
    golden!("auth/program", "token_damaged", transcript(&result, &provider, &dir));
}
