//! The options that may come before and after the command.

use crate::test_dir::TestDir;

#[test]
fn files_before_and_after_the_command_accumulate_and_the_later_wins() {
    let dir = TestDir::new()
        .file("a.toml", "[retry]\nmax_attempts = 11\ndeadline_ms = 11\ninitial_backoff_ms = 11\n")
        .file("b.toml", "[retry]\nmax_attempts = 12\ndeadline_ms = 12\n")
        .file("c.toml", "[retry]\nmax_attempts = 13\n");
    let json = dir
        .run("--config a.toml --config b.toml show retry --config c.toml --format json")
        .succeeds()
        .no_stderr()
        .json();
    let values =
        ["max_attempts", "deadline_ms", "initial_backoff_ms"].map(|name| json[name].as_i64().unwrap());
    assert_eq!(values, [13, 12, 11]);
    let json = dir.run("--config c.toml show retry --config a.toml --format json").succeeds().json();
    assert_eq!(json["max_attempts"], 11);
}

#[test]
fn overrides_accumulate_and_the_later_wins() {
    let dir = TestDir::new();
    let arguments =
        "--set retry.max_attempts=5 --set retry.deadline_ms=50 show retry --set retry.max_attempts=6";
    let json = dir.run(&format!("{arguments} --format json")).succeeds().no_stderr().json();
    assert_eq!((json["max_attempts"].as_i64(), json["deadline_ms"].as_i64()), (Some(6), Some(50)));
}

#[test]
fn unset_before_or_after_the_command_removes_a_key_of_lower_layers() {
    let dir =
        TestDir::with_config("[orchestrator]\nagree_on = \"verdict\"\n[orchestrator.quorum]\nplan = 2\n");
    let arguments = "--unset orchestrator.agree_on show orchestrator --unset orchestrator.quorum.plan";
    let json = dir.run(&format!("{arguments} --format json")).succeeds().no_stderr().json();
    assert!(json["agree_on"].is_null() && json["quorum"]["plan"].is_null(), "{json}");
    // The default of the schema does not set a removed key again.
    let out = dir.run("show retry --unset retry.max_attempts").succeeds().out;
    assert!(!out.contains("max_attempts"), "{out}");
}

#[test]
fn the_later_of_two_single_options_wins() {
    let dir = TestDir::new().variable("A_RETRY__JITTER", "none").variable("B_RETRY__JITTER", "equal");
    let arguments = "--env-prefix A --format json show retry.jitter --env-prefix B --format text";
    assert_eq!(dir.run(arguments).succeeds().no_stderr().out, "\"equal\"\n");
    dir.run("--strict check").exits_1();
    dir.run("check --strict").exits_1();
    let out = dir.run("--database a.db show store.path --database b.db").succeeds().out;
    assert_eq!(out, "\"b.db\"\n");
}

#[test]
fn a_single_option_may_not_be_repeated_on_one_side_of_the_command() {
    TestDir::new()
        .run("check --format json --format text")
        .exits_2()
        .only_stderr("cannot be used multiple times");
}

#[test]
fn an_override_has_the_type_of_its_key() {
    let dir = TestDir::new();
    dir.run("check --set retry.max_attempts=many").exits_1().only_stderr("override/type");
    dir.run("check --set retry.max_atempts=4").exits_1().only_stderr("did you mean");
    assert_eq!(dir.run("show store.path --set store.path=00123").succeeds().out, "\"00123\"\n");
    assert_eq!(
        dir.run_with(&["show", "store.path", "--set", "store.path=a=b, c"]).succeeds().out,
        "\"a=b, c\"\n"
    );
}

#[test]
fn usage_errors_exit_with_2() {
    let dir = TestDir::new();
    for arguments in [
        "",
        "frobnicate",
        "check --frobnicate",
        "check --set retry",
        "check --schema-map nowhere",
        "check --config",
    ] {
        dir.run(arguments).exits_2().only_stderr("");
    }
    dir.run("check --format toml").exits_2().only_stderr("`show`");
    dir.run("check --set retry").exits_2().only_stderr("KEY=VALUE");
    let json = dir.run("check --set retry --format json").exits_2();
    assert_eq!(json.codes(), ["override/key"]);
}

#[test]
fn help_and_version_are_printed_to_stdout() {
    let dir = TestDir::new();
    let help = dir.run("--help").succeeds().no_stderr().out;
    assert!(help.contains("--env-prefix") && help.contains("Exit: 0"), "{help}");
    let version = dir.run("--version").succeeds().no_stderr().out;
    assert!(version.starts_with("speckit "), "{version}");
    dir.run("help show").succeeds().no_stderr();
}
