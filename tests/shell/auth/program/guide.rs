//! The configurations of the guide work as they are written, with the addresses of a provider on loopback.

use serde_json::json;
use speckit_tests::fakes::provider::{Authentication, Decision, Dialect, Provider, RefreshRule};

use crate::executable::write_executable;
use crate::test_dir::{NO_MACHINE_CHECKS, TestDir};

const GUIDE: &str = include_str!("../../../../shell/lib/src/guide/auth.md");

/// The block of the guide that begins with `[auth.NAME]`.
fn configuration(name: &str) -> &'static str {
    let blocks = GUIDE.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let mut found = blocks.filter(|block| block.starts_with(&format!("[auth.{name}]\n")));
    found.next().unwrap_or_else(|| panic!("the guide has a login `{name}`"))
}

/// The value of a key of a block.
fn value(block: &str, key: &str) -> String {
    let line = block.lines().find_map(|line| line.strip_prefix(&format!("{key} = "))).unwrap();
    line.trim_matches('"').to_owned()
}

/// A folder with this login, all of whose addresses lead to the provider.
fn dir_with(name: &str, address: &str, provider: &Provider) -> TestDir {
    let block = configuration(name).replace(address, &provider.url(""));
    assert!(!block.contains("https://"), "{block}");
    TestDir::with_config(&format!("{NO_MACHINE_CHECKS}{block}"))
}

/// Logs in, uses the token, and logs out.
fn use_login(name: &str, dir: &TestDir, provider: &Provider) {
    provider.decide_at_poll(2, Decision::Approve);
    dir.run("auth login").succeeds();
    let json = dir.run("auth status --format json").succeeds().json();
    assert_eq!(json["logins"][0]["name"], name);
    let token = dir.run(&format!("auth token {name}")).succeeds().no_stderr().out;
    assert!(provider.accepts_access_token(token.trim()));
    if json["logins"][0]["refreshable"] == true {
        dir.run("auth refresh").succeeds();
        let renewed = dir.run(&format!("auth token {name}")).succeeds().no_stderr().out;
        assert_ne!(token, renewed);
        assert!(provider.accepts_access_token(renewed.trim()));
    }
    dir.run("auth logout").succeeds();
    dir.run("auth status").exits_1();
}

#[test]
fn the_one_like_github() {
    let client_id = value(configuration("github"), "client_id");
    let dialect = Dialect { client_id, interval: Some(json!(1)), ..Dialect::github() };
    let provider = Provider::start(dialect);
    let dir = dir_with("github", "https://github.com", &provider);
    use_login("github", &dir, &provider);
    assert_eq!(provider.refreshes().len(), 0);
}

#[test]
fn the_one_like_google() {
    let block = configuration("google");
    let dialect = Dialect {
        client_id: value(block, "client_id"),
        interval: Some(json!(1)),
        refresh: RefreshRule::Kept,
        ..Dialect::google()
    };
    let provider = Provider::start(dialect);
    let dir = dir_with("google", "https://oauth2.googleapis.com", &provider);
    let dir = dir.variable(&value(block, "client_secret_env"), &provider.client_secret());
    use_login("google", &dir, &provider);
}

#[test]
fn the_issuer_with_a_credential_helper() {
    let block = configuration("staff");
    let dialect = Dialect {
        client_id: value(block, "client_id"),
        authentication: Authentication::None,
        interval: Some(json!(1)),
        ..Dialect::oidc("/realms/staff")
    };
    let provider = Provider::start(dialect);
    let dir = dir_with("staff", "https://id.example.com", &provider);
    let helper = format!("helpers/docker-credential-{}", value(block, "helper"));
    // The protocol of docker's credential helpers, with a file as the store.
    write_executable(
        &dir.path(&helper),
        "#!/bin/sh\nfile=\"$HOME/kept\"\ncase $1 in\nstore) cat > \"$file\" ;;\n\
         get) cat > /dev/null; [ -f \"$file\" ] && exec cat \"$file\"\n\
         echo 'credentials not found in native keychain'; exit 1 ;;\n\
         erase) cat > /dev/null; rm -f \"$file\" ;;\nesac\n",
    );
    let path = format!("{}:/usr/bin:/bin", dir.path("helpers").display());
    let dir = dir.variable("PATH", &path);
    use_login("staff", &dir, &provider);
    assert!(!dir.path(".local/state/speckit/auth/staff.json").exists());
}

#[test]
fn the_first_login() {
    let block = configuration("company");
    let dialect = Dialect {
        client_id: value(block, "client_id"),
        authentication: Authentication::None,
        interval: Some(json!(1)),
        ..Dialect::oidc("/realms/staff")
    };
    let provider = Provider::start(dialect);
    let dir = dir_with("company", "https://id.example.com", &provider);
    use_login("company", &dir, &provider);
}

/// Each configuration is valid as it is, and so is that of an agent.
#[test]
fn every_block_is_a_valid_configuration() {
    let blocks: Vec<&str> =
        GUIDE.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 5);
    let dir = TestDir::with_config(&format!("{NO_MACHINE_CHECKS}{}", blocks.concat()));
    dir.run("check").succeeds();
}
