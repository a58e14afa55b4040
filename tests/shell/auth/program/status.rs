//! `auth status`.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;
use speckit_tests::fakes::provider::{Dialect, Provider, RefreshRule};
use speckit_tests::golden;

use super::{TOKEN_FILE, change_record, dialect, dir_with, logged_in, logged_in_to, record, transcript};
use crate::test_dir::member_names;

#[test]
fn nobody_is_logged_in_at_first() {
    let provider = Provider::start(dialect());
    let dir = dir_with(&provider);
    let result = dir.run("auth status").exits_1();
    golden!("auth/program", "status_absent", transcript(&result, &provider, &dir));
    let json = dir.run("auth status --format json").exits_1().no_stderr().json();
    assert_eq!(json["logins"][0]["state"], "absent");
    assert_eq!(provider.requests().len(), 0, "status sends nothing");
}

#[test]
fn a_login_is_shown_with_its_subject_and_its_times() {
    let (provider, dir) = logged_in();
    let result = dir.run("auth status").succeeds();
    let text = transcript(&result, &provider, &dir);
    golden!("auth/program", "status_valid", without_times(&text));
}

#[test]
fn the_document_of_the_status_is_that_of_the_contract() {
    let (_provider, dir) = logged_in();
    let json = dir.run("auth status --format json").succeeds().no_stderr().json();
    assert_eq!(member_names(&json), ["logins"]);
    let login = &json["logins"][0];
    assert_eq!(
        member_names(login),
        [
            "expires_at",
            "expires_in_s",
            "file",
            "name",
            "problem",
            "refreshable",
            "scopes",
            "state",
            "store",
            "subject"
        ]
    );
    assert_eq!((&login["name"], &login["state"]), (&json!("company"), &json!("valid")));
    assert_eq!((&login["refreshable"], &login["store"]), (&json!(true), &json!("file")));
    assert_eq!(login["scopes"], json!(["openid", "email"]));
    assert_eq!(login["file"], json!(dir.path(TOKEN_FILE)));
    let left = login["expires_in_s"].as_u64().unwrap();
    assert!((3500..=3600).contains(&left), "{left}");
    assert!(login["subject"].is_string() && login["expires_at"].is_string(), "{login}");
}

#[test]
fn each_state_has_its_name_and_its_exit_code() {
    let (_provider, dir) = logged_in();
    let issued_at = record(&dir)["issued_at"].as_u64().unwrap();
    for (age, state) in [(3400, "expiring"), (4000, "expired")] {
        change_record(&dir, "issued_at", issued_at - age);
        change_record(&dir, "expires_at", issued_at - age + 3600);
        let json = dir.run("auth status --format json").succeeds().json();
        assert_eq!(json["logins"][0]["state"], state);
    }
}

#[test]
fn an_expired_token_without_a_refresh_token_is_no_login() {
    let (_provider, dir) = logged_in_to(Dialect { refresh: RefreshRule::Never, ..dialect() });
    dir.run("auth status").succeeds();
    let issued_at = record(&dir)["issued_at"].as_u64().unwrap() - 4000;
    change_record(&dir, "issued_at", issued_at);
    change_record(&dir, "expires_at", issued_at + 3600);
    let json = dir.run("auth status --format json").exits_1().json();
    assert_eq!(json["logins"][0]["refreshable"], false);
}

#[test]
fn a_store_that_cannot_be_read_is_shown_with_the_command_that_mends_it() {
    let (provider, dir) = logged_in();
    let mode = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(dir.path(TOKEN_FILE), mode).unwrap();
    let result = dir.run("auth status").exits_2();
    golden!("auth/program", "status_unreadable", transcript(&result, &provider, &dir));
    let json = dir.run("auth status --format json").exits_2().json();
    assert_eq!(json["logins"][0]["state"], "unreadable");
}

#[test]
fn each_login_is_listed_and_one_that_somebody_uses_is_enough() {
    let (provider, dir) = logged_in();
    let other = provider.settings("github", "store = \"file\"");
    dir.write("speckit.toml", format!("{}\n{other}", dir.read("speckit.toml")));
    let json = dir.run("auth status --format json").succeeds().json();
    let names: Vec<_> = json["logins"].as_array().unwrap().iter().map(|login| &login["name"]).collect();
    assert_eq!(names, ["company", "github"]);
}

/// Without the time of the run.
fn without_times(text: &str) -> String {
    let year = text.find("20").filter(|at| text[*at..].get(4..5) == Some("-"));
    match year {
        Some(at) => format!("{}TIME{}", &text[..at], &text[at + "2026-01-01T00:00:00Z".len()..]),
        None => text.to_owned(),
    }
}
