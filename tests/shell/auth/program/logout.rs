//! `auth logout`.

use std::os::unix::fs::PermissionsExt as _;

use speckit_tests::fakes::provider::{Authentication, Decision, Dialect, Provider, Reply, Route};
use speckit_tests::golden;

use super::{TOKEN_FILE, change_record, dialect, logged_in, logged_in_to, record, stored_files, transcript};
use crate::test_dir::TestDir;

#[test]
fn the_refresh_token_is_revoked_first_and_the_tokens_are_removed() {
    let (provider, dir) = logged_in();
    let stored = record(&dir);
    let result = dir.run("auth logout").succeeds();
    golden!("auth/program", "logout", transcript(&result, &provider, &dir));
    assert_eq!(stored_files(&dir), [""; 0]);
    let revocations = provider.requests_to(Route::Revocation);
    assert_eq!(revocations[0].field("token"), stored["refresh_token"]);
    assert!(!provider.accepts_refresh_token(stored["refresh_token"].as_str().unwrap()));
    assert!(!provider.accepts_access_token(stored["access_token"].as_str().unwrap()));
    dir.run("auth status").exits_1();
    dir.run("auth logout").exits_1();
}

#[test]
fn the_tokens_are_removed_even_if_the_provider_is_away() {
    let (provider, dir) = logged_in();
    provider.always(Route::Revocation, Reply::html(503));
    let result = dir.run("auth logout").succeeds();
    golden!("auth/program", "logout_unavailable", transcript(&result, &provider, &dir));
    assert_eq!(stored_files(&dir), [""; 0]);

    let (provider, dir) = logged_in();
    drop(provider);
    let result = dir.run("auth logout").succeeds();
    assert!(result.err.contains("note: "), "{}", result.err);
    assert_eq!(stored_files(&dir), [""; 0]);
}

#[test]
fn a_provider_that_revokes_nothing_is_named() {
    let (provider, dir) = logged_in_to(Dialect { revocation_path: None, ..dialect() });
    let result = dir.run("auth logout").succeeds();
    golden!("auth/program", "logout_without_revocation", transcript(&result, &provider, &dir));
    assert_eq!(stored_files(&dir), [""; 0]);
}

#[test]
fn tokens_of_another_client_are_removed_and_sent_nowhere() {
    let (provider, dir) = logged_in();
    let mut identity = record(&dir)["identity"].clone();
    identity["client_id"] = "other".into();
    change_record(&dir, "identity", identity);
    let sent = provider.requests().len();
    let result = dir.run("auth logout").succeeds();
    golden!("auth/program", "logout_of_another_client", transcript(&result, &provider, &dir));
    assert_eq!(stored_files(&dir), [""; 0]);
    assert_eq!(provider.requests().len(), sent);
}

#[test]
fn a_logout_in_json_says_what_was_revoked() {
    let (_provider, dir) = logged_in();
    let json = dir.run("auth logout --format json").succeeds().no_stderr().json();
    assert_eq!(
        (&json["login"], &json["removed"], &json["revoked"]),
        (&"company".into(), &true.into(), &true.into())
    );
    let (provider, dir) = logged_in();
    provider.always(Route::Revocation, Reply::html(503));
    let json = dir.run("auth logout --format json").succeeds().json();
    assert_eq!((&json["removed"], &json["revoked"]), (&true.into(), &false.into()));
}

#[test]
fn without_the_client_secret_the_tokens_are_removed_and_nothing_is_sent() {
    let provider = Provider::start(Dialect { authentication: Authentication::Post, ..dialect() });
    provider.decide_at_poll(1, Decision::Approve);
    let own = "client_secret_env = \"COMPANY_SECRET\"\nscopes = [\"openid\"]\nstore = \"file\"";
    let dir = TestDir::with_config(&provider.settings("company", own));
    let dir = dir.variable("COMPANY_SECRET", &provider.client_secret());
    dir.run("auth login").succeeds();
    let sent = provider.requests().len();
    let dir = dir.variable("COMPANY_SECRET", "");
    let status = dir.run("auth status").succeeds();
    golden!("auth/program", "status_without_secret", transcript(&status, &provider, &dir));
    let json = dir.run("auth status --format json").succeeds().json();
    assert_eq!(json["logins"][0]["state"], "valid");
    assert!(json["logins"][0]["problem"].as_str().unwrap().contains("`export COMPANY_SECRET=…`"), "{json}");
    for command in ["auth refresh", "auth token company"] {
        dir.run(command).exits_2().only_stderr("`export COMPANY_SECRET=…`");
    }
    let result = dir.run("auth logout").succeeds();
    golden!("auth/program", "logout_without_secret", transcript(&result, &provider, &dir));
    assert_eq!(stored_files(&dir), [""; 0]);
    assert_eq!(provider.requests().len(), sent);
}

#[test]
fn tokens_that_cannot_be_read_are_removed_too() {
    let (provider, dir) = logged_in();
    let sent = provider.requests().len();
    std::fs::write(dir.path(TOKEN_FILE), "{").unwrap();
    let result = dir.run("auth logout").succeeds();
    golden!("auth/program", "logout_of_unreadable_tokens", transcript(&result, &provider, &dir));
    assert_eq!(stored_files(&dir), [""; 0]);
    assert_eq!(provider.requests().len(), sent);

    let (_provider, dir) = logged_in();
    std::fs::set_permissions(dir.path(TOKEN_FILE), std::fs::Permissions::from_mode(0o644)).unwrap();
    dir.run("auth logout").succeeds().stderr_has("could not be read");
    assert_eq!(stored_files(&dir), [""; 0]);
}
