//! No output shows a secret, whatever happens.

use serde_json::json;
use speckit_tests::fakes::provider::{Authentication, CANARY, Decision, Dialect, Provider, Reply, Route};

use super::{TOKEN_FILE, dialect, on_terminal};
use crate::test_dir::TestDir;

/// A provider that knows the secret of the client, and a folder with the login `company`.
fn provider_with_secret() -> (Provider, TestDir) {
    let provider = Provider::start(Dialect { authentication: Authentication::Post, ..dialect() });
    let own = "client_secret_env = \"COMPANY_SECRET\"\nscopes = [\"openid\"]\nstore = \"file\"";
    let dir = TestDir::with_config(&provider.settings("company", own));
    let dir = dir.variable("COMPANY_SECRET", &provider.client_secret());
    (provider, dir)
}

#[test]
fn planted_secrets_are_in_no_output() {
    let (provider, dir) = provider_with_secret();
    let mut shown = String::new();
    let mut run = |arguments: &str| {
        let result = dir.run(arguments);
        shown += &format!("$ {arguments}\n{}", result.both());
        result
    };
    provider.decide_at_poll(2, Decision::Approve);
    run("auth login --verbose").succeeds();
    run("auth login --verbose --format json").succeeds();
    for command in ["auth status", "auth refresh", "auth status --format json", "auth refresh --format json"]
    {
        run(command).succeeds();
    }
    for command in
        ["show", "show --reveal --origins", "explain auth.company.client_secret_env", "env", "check"]
    {
        run(command);
    }
    // A provider that sends secrets back in its errors.
    let secret = provider.client_secret();
    let echo = |status| {
        let text = format!("{CANARY}x {secret}");
        Reply::json(status, &json!({ "error": "invalid_request", "error_description": secret, "more": text }))
    };
    provider.always(Route::Token, echo(400));
    run("auth refresh").exits_2();
    run("auth refresh --format json").exits_2();
    provider.always(Route::Device, echo(401));
    run("auth login --verbose").exits_2();
    run("auth login --format json").exits_2();
    provider.always(Route::Token, Reply::html(502));
    run("auth refresh").exits_2();
    provider.always(Route::Token, Reply::bytes(format!("HTTP/1.1 200 OK\r\n\r\n{CANARY}").into_bytes()));
    run("auth refresh").exits_2();
    // A damaged store.
    let text = dir.read(TOKEN_FILE);
    std::fs::write(dir.path(TOKEN_FILE), &text[..text.len() - 3]).unwrap();
    run("auth status").exits_2();
    run("auth token company").exits_2();
    std::fs::write(dir.path(TOKEN_FILE), text).unwrap();
    provider.always(Route::Revocation, echo(400));
    run("auth logout").succeeds();
    assert!(!shown.contains(CANARY), "{shown}");
}

#[test]
fn a_terminal_shows_no_secret_either() {
    let (provider, dir) = provider_with_secret();
    provider.decide_at_poll(1, Decision::Approve);
    for command in
        ["auth login --qr --verbose", "auth status", "auth refresh", "auth token company", "auth logout"]
    {
        let (_, shown) = on_terminal(&dir, (120, 50), command);
        assert!(!shown.is_empty() && !shown.contains(CANARY), "{command}: {shown}");
    }
}

#[test]
fn the_user_code_is_shown_once() {
    let provider = Provider::start(Dialect { has_complete_uri: false, ..dialect() });
    provider.decide_at_poll(2, Decision::Approve);
    let dir = TestDir::with_config(&provider.settings("company", "store = \"file\""));
    let result = dir.run("auth login --verbose").succeeds();
    let line = result.err.lines().find(|line| line.trim_start().starts_with("Code ")).unwrap();
    let code = line.trim_start().trim_start_matches("Code").trim();
    assert_eq!(result.both().matches(code).count(), 1, "{}", result.both());
}
