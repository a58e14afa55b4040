//! The sources of the configuration, and the priority of the layers.

use crate::test_dir::TestDir;

const SHOW_ATTEMPTS: &str = "show retry.max_attempts";

fn attempts(n: u32) -> String {
    format!("[retry]\nmax_attempts = {n}\n")
}

#[test]
fn the_file_of_the_folder_wins_over_the_file_of_the_user() {
    let dir = TestDir::new().file(".code/config.toml", "[retry]\nmax_attempts = 5\ndeadline_ms = 55\n");
    assert_eq!(dir.run(SHOW_ATTEMPTS).succeeds().no_stderr().out, "5\n");
    dir.write("speckit.toml", attempts(6));
    assert_eq!(dir.run(SHOW_ATTEMPTS).succeeds().no_stderr().out, "6\n");
    assert_eq!(dir.run("show retry.deadline_ms").succeeds().out, "55\n", "the lower file is read too");
}

#[test]
fn the_variable_config_replaces_both_files() {
    let dir =
        TestDir::with_config(&attempts(6)).file(".code/config.toml", attempts(5)).file("x.toml", attempts(9));
    let dir = dir.variable("SPECKIT_CONFIG", "x.toml");
    assert_eq!(dir.run(SHOW_ATTEMPTS).succeeds().no_stderr().out, "9\n");
    assert_eq!(
        dir.run(&format!("{SHOW_ATTEMPTS} --config speckit.toml")).succeeds().out,
        "6\n",
        "an option wins"
    );
    let dir = dir.variable("SPECKIT_CONFIG", "gone.toml");
    dir.run(SHOW_ATTEMPTS).exits_2().only_stderr("`gone.toml` does not exist");
    let dir = dir.variable("SPECKIT_CONFIG", "");
    assert_eq!(dir.run(SHOW_ATTEMPTS).succeeds().no_stderr().out, "6\n", "an empty variable is ignored");
}

#[test]
fn reserved_variables_are_not_unknown_keys() {
    let dir = TestDir::new().file("x.toml", crate::test_dir::NO_MACHINE_CHECKS);
    let dir = dir.variable("SPECKIT_CONFIG", "x.toml").variable("SPECKIT_DATABASE", "d.db");
    dir.run("check --strict").succeeds().no_stderr();
}

#[test]
fn the_layers_are_defaults_files_environment_and_overrides() {
    let dir = TestDir::new();
    assert_eq!(dir.run(SHOW_ATTEMPTS).succeeds().out, "3\n");
    dir.write("speckit.toml", attempts(4));
    assert_eq!(dir.run(SHOW_ATTEMPTS).succeeds().out, "4\n");
    let dir = dir.variable("SPECKIT_RETRY__MAX_ATTEMPTS", "5");
    assert_eq!(dir.run(SHOW_ATTEMPTS).succeeds().out, "5\n");
    assert_eq!(dir.run(&format!("{SHOW_ATTEMPTS} --set retry.max_attempts=6")).succeeds().out, "6\n");
}

#[test]
fn the_files_of_a_folder_are_read_in_the_order_of_their_names() {
    let dir = TestDir::new()
        .file("conf.d/20-b.toml", attempts(20))
        .file("conf.d/10-a.toml", "[retry]\nmax_attempts = 10\ndeadline_ms = 10\n")
        .file("conf.d/99-c.json", "{\"retry\": {\"max_attempts\": 99}}")
        .file("conf.d/.98-hidden.toml", attempts(98))
        .file("conf.d/97.toml.bak", attempts(97))
        .file("conf.d/96.toml/inner.toml", attempts(96));
    assert_eq!(dir.run(&format!("{SHOW_ATTEMPTS} --config conf.d")).succeeds().no_stderr().out, "20\n");
    assert_eq!(dir.run("show retry.deadline_ms --config conf.d").succeeds().out, "10\n");
    dir.write("after.toml", attempts(30));
    let out = dir.run("show retry --origins --config conf.d --config after.toml").succeeds().out;
    assert!(out.contains("after.toml:2:16") && out.contains("conf.d/10-a.toml:3:15"), "{out}");
    dir.write("conf.d/30-broken.toml", "retry = [\n");
    dir.run("check --config conf.d").exits_1().only_stderr("conf.d/30-broken.toml:");
}

#[test]
fn an_empty_folder_sets_nothing_and_is_a_warning() {
    let dir = TestDir::new();
    std::fs::create_dir(dir.path("conf.d")).unwrap();
    let result = dir.run(&format!("{SHOW_ATTEMPTS} --config conf.d")).succeeds();
    assert_eq!(result.out, "3\n");
    result.stderr_has("warning[file/empty]");
}

#[test]
fn a_file_named_json_is_parsed_as_json() {
    let dir = TestDir::new().file("c.json", "{\"retry\": {\"max_attempts\": 12}}");
    assert_eq!(dir.run(&format!("{SHOW_ATTEMPTS} --config c.json")).succeeds().no_stderr().out, "12\n");
}

#[test]
fn another_prefix_reads_other_variables() {
    let dir = TestDir::new()
        .variable("SPECKIT_RETRY__MAX_ATTEMPTS", "4")
        .variable("APP_RETRY__MAX_ATTEMPTS", "5")
        .file("x.toml", "[retry]\ndeadline_ms = 99\n")
        .variable("SPECKIT_CONFIG", "x.toml");
    assert_eq!(dir.run(&format!("{SHOW_ATTEMPTS} --env-prefix APP")).succeeds().no_stderr().out, "5\n");
    assert_eq!(dir.run("show retry.deadline_ms --env-prefix APP").succeeds().out, "99\n");
    assert_eq!(dir.run(SHOW_ATTEMPTS).succeeds().out, "4\n");
    let out = dir.run("env --env-prefix APP").succeeds().out;
    assert!(out.contains("APP_RETRY__JITTER") && !out.contains("SPECKIT_"), "{out}");
}

#[test]
fn lists_come_from_variables_in_three_forms() {
    let dir = TestDir::new().variable("SPECKIT_QUALITY_GATES__PLAN", "claude, gemini");
    assert_eq!(dir.run("show quality_gates.plan").succeeds().no_stderr().out, "[\"claude\", \"gemini\"]\n");
    let dir = TestDir::new().variable("SPECKIT_QUALITY_GATES__PLAN", "[\"claude\"]");
    assert_eq!(dir.run("show quality_gates.plan").succeeds().no_stderr().out, "[\"claude\"]\n");
    let dir = TestDir::with_config("quality_gates.plan = [\"gemini\", \"claude\"]\n")
        .variable("SPECKIT_QUALITY_GATES__PLAN__1", "gpt_pro");
    let plan = dir.run("show quality_gates.plan").succeeds().no_stderr().out;
    assert_eq!(plan, "[\"gemini\", \"gpt_pro\"]\n", "one item changes");
}

#[cfg(unix)]
#[test]
fn a_variable_with_invalid_unicode_is_reported() {
    use std::os::unix::ffi::OsStrExt as _;
    let dir = TestDir::new();
    let mut command = dir.command(&["check"]);
    command.env("SPECKIT_RETRY__JITTER", std::ffi::OsStr::from_bytes(b"\xff\xfe"));
    command.env("OTHER", std::ffi::OsStr::from_bytes(b"\xff\xfe"));
    crate::test_dir::RunResult::from_output(command.output().unwrap())
        .exits_1()
        .only_stderr("SPECKIT_RETRY__JITTER");
}

#[test]
fn a_home_folder_is_not_required() {
    let dir = TestDir::with_config(&attempts(6));
    let mut command = dir.command(&["show", "retry.max_attempts"]);
    command.env("HOME", "").env("USERPROFILE", "");
    assert_eq!(
        crate::test_dir::RunResult::from_output(command.output().unwrap()).succeeds().no_stderr().out,
        "6\n"
    );
}

#[test]
fn a_variable_below_a_nullable_table_has_the_type_of_its_key() {
    let schema = r#"{"properties": {
        "o": {"anyOf": [{"type": "null"}, {"type": "object", "properties": {"a": {"type": "integer"}}}]},
        "l": {"anyOf": [{"type": "null"}, {"type": "array", "items": {"type": "integer"}}]}
    }}"#;
    let dir =
        TestDir::new().file("s.json", schema).variable("SPECKIT_O__A", "7").variable("SPECKIT_L", "7,8");
    let json = dir.run("show --schema s.json --format json").succeeds().no_stderr().json();
    assert_eq!(json, serde_json::json!({"l": [7, 8], "o": {"a": 7}}));
}

#[test]
fn a_secret_with_its_own_variable_can_come_from_a_file() {
    let schema = r#"{"properties": {"token": {"type": "string", "x-secret": true, "x-env": "MYTOK"}}}"#;
    let dir =
        TestDir::new().file("s.json", schema).file("t.txt", "Kd3Wn7Qz\n").variable("MYTOK_FILE", "t.txt");
    let json = dir.run("show --reveal --schema s.json --format json").succeeds().no_stderr().json();
    assert_eq!(json, serde_json::json!({"token": "Kd3Wn7Qz"}));
}

#[test]
fn unsetting_an_unknown_key_gives_a_warning_with_a_suggestion() {
    let dir = TestDir::new();
    dir.run("show retry --unset retry.max_atempts")
        .succeeds()
        .stderr_has("did you mean `retry.max_attempts`?");
    dir.run("check --strict --unset retry.max_atempts").exits_1().stderr_has("error[override/unset]");
}

#[test]
fn a_refused_configuration_can_be_explained() {
    let dir = TestDir::with_config("[retry]\nmax_attempts = 0\n");
    let result = dir.run("explain retry.max_attempts").exits_1().stderr_has("schema/minimum");
    assert!(result.out.contains("speckit.toml:2:16"), "{}", result.out);
}

#[test]
fn options_that_set_and_unset_keys_apply_in_their_order() {
    let schema = r#"{"properties": {"a": {"type": "object", "properties": {"b": {"type": "integer"}, "c": {"type": "integer"}}}}}"#;
    let dir = TestDir::new().file("app.toml", "[a]\nb = 0\nc = 0\n").file("s.json", schema);
    let show = |options: &str| {
        dir.run(&format!("show --schema s.json --config app.toml {options}")).succeeds().no_stderr().out
    };
    assert_eq!(show("--unset a --set a.b=1"), "[a]\nb = 1\n");
    assert_eq!(show("--set a.b=1 --unset a"), "");
    assert_eq!(show("--set a.b=1 --unset a --set a.c=2"), "[a]\nc = 2\n");
    assert_eq!(show("--set a.b=1 --unset a.b"), "[a]\nc = 0\n");
    assert_eq!(show("--unset a.b --set a.b=1"), "[a]\nb = 1\nc = 0\n");
    assert_eq!(show("--unset a.b --set a.b=1 --unset a.b"), "[a]\nc = 0\n");
    assert_eq!(show("--unset a --set a={\"b\":3}"), "[a]\nb = 3\n");
    let split = "--unset a show --set a.b=1 --schema s.json --config app.toml";
    assert_eq!(dir.run(split).succeeds().no_stderr().out, "[a]\nb = 1\n", "before and after the command");
}

#[test]
fn a_value_in_the_place_of_a_key_to_remove_is_refused_and_not_shown() {
    let schema = r#"{"properties": {"db": {"properties": {"password": {"x-secret": true}}}}}"#;
    let dir = TestDir::new().file("s.json", schema);
    let unset = dir.run("check --schema s.json --unset db.password=hunter2").exits_2();
    let result = unset.only_stderr("override/key");
    assert!(!result.err.contains("hunter2"), "{}", result.err);
}

#[test]
fn the_history_of_a_list_shows_no_secret_under_another_index() {
    let schema = r#"{"properties": {"l": {"type": "array", "items": [{"type": "integer"}, {"type": "string", "x-secret": true}]}}}"#;
    let dir =
        TestDir::new().file("s.json", schema).file("a.toml", "l = [1]\n").variable("APP_L__1", "hunter2");
    for format in ["text", "json"] {
        let command = format!("explain l --schema s.json --config a.toml --env-prefix APP --format {format}");
        let result = dir.run(&command).succeeds();
        assert!(result.out.contains("redacted") && !result.out.contains("hunter2"), "{}", result.out);
    }
}

#[test]
fn a_later_option_changes_the_table_that_an_earlier_one_replaced() {
    let schema = r#"{"properties": {"m": {"type": "object", "x-merge": "replace"}}}"#;
    let dir = TestDir::new().file("s.json", schema).file("a.toml", "m = { a = 1, s = { x = 1 } }\n");
    for (options, expected) in [
        ("--set-json m={\"c\":1} --set m.d=4", "[m]\nc = 1\nd = \"4\"\n"),
        ("--set-json m={} --set m.e=1", "[m]\ne = \"1\"\n"),
        ("--set-json m={\"c\":1} --unset m.a", "[m]\nc = 1\n"),
        ("--set m.a=2", "[m]\na = \"2\"\n\n[m.s]\nx = 1\n"),
    ] {
        let result = dir.run(&format!("show --schema s.json --config a.toml {options}")).succeeds();
        assert_eq!(result.out, expected, "{options}");
    }
}
