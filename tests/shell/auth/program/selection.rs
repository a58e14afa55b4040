//! Which login a command means, and configurations that have none.

use speckit_tests::fakes::provider::Provider;
use speckit_tests::golden;

use super::{dialect, dir_with};
use crate::test_dir::TestDir;

/// What each command says in this folder.
fn said(dir: &TestDir, commands: &[&str]) -> String {
    let said = commands.iter().map(|command| {
        let result = dir.run(command);
        assert!(result.out.is_empty() || command.contains("json"), "{result:?}");
        format!("$ speckit {command}\n{}{}exit {}\n", result.out, result.err, result.code)
    });
    said.collect::<Vec<_>>().join("\n")
}

#[test]
fn without_a_login_each_command_says_what_to_write() {
    let commands = [
        "auth login",
        "auth login company",
        "auth refresh",
        "auth logout",
        "auth token company",
        "auth status",
        "auth status --format json",
        "auth login --format json",
    ];
    golden!("auth/program", "no_login_is_configured", said(&TestDir::new(), &commands));
}

#[test]
fn an_unknown_login_is_reported_with_the_nearest_name_and_all_names() {
    let provider = Provider::start(dialect());
    let one = dir_with(&provider);
    one.run("auth login compny").exits_2().only_stderr("did you mean `company`?");
    let two = TestDir::with_config(&format!(
        "{}{}",
        provider.settings("company", "store = \"file\""),
        provider.settings("github", "store = \"file\"")
    ));
    let commands =
        ["auth login gihub", "auth refresh other", "auth token other", "auth logout other", "auth login"];
    golden!("auth/program", "which_login_is_meant", said(&two, &commands));
    assert_eq!(provider.requests().len(), 0);
}

#[test]
fn another_schema_has_no_logins() {
    let dir = TestDir::new().file("s.json", "{}");
    for command in ["login", "status", "refresh", "logout", "token a"] {
        let result = dir.run(&format!("auth {command} --schema s.json")).exits_2();
        result.only_stderr("error[auth/schema]: logins belong to the built-in schema");
    }
}

#[test]
fn an_invalid_configuration_exits_with_2_and_sends_nothing() {
    let provider = Provider::start(dialect());
    let settings = provider.settings("company", "store = \"file\"\n[retry]\nmax_attempts = 0");
    let dir = TestDir::with_config(&settings);
    for command in ["login", "status", "refresh", "logout", "token company"] {
        dir.run(&format!("auth {command}")).exits_2().only_stderr("retry.max_attempts");
        let json = dir.run(&format!("auth {command} --format json")).exits_2().json();
        assert_eq!(json["ok"], false);
    }
    assert_eq!(provider.requests().len(), 0);
}

#[test]
fn a_login_needs_a_store_of_its_own_choice() {
    let provider = Provider::start(dialect());
    let dir = TestDir::with_config(&provider.settings("company", ""));
    dir.run("auth login").exits_2().only_stderr("store");
}
