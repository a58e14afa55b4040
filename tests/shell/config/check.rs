//! `check` with the layered configuration, and with single files.

use serde_json::json;
use speckit::app::ConfigLoader;

use crate::test_dir::{NO_MACHINE_CHECKS, TestDir, member_names};

const AGE: &str = r#"{"type": "object", "properties": {"age": {"type": "integer", "minimum": 0}},
                      "additionalProperties": false}"#;

#[test]
fn the_embedded_defaults_are_valid_alone() {
    let dir = TestDir::new();
    let result = dir.run("check").succeeds();
    assert!(result.out.starts_with("ok: "), "{}", result.out);
    assert_eq!(dir.names(), [""; 0], "check writes no file");
}

#[test]
fn a_valid_configuration_prints_only_ok() {
    let result = TestDir::with_config(NO_MACHINE_CHECKS).run("check").succeeds().no_stderr();
    assert!(result.out.starts_with("ok: ") && result.out.ends_with("and speckit.toml\n"), "{}", result.out);
    let json =
        TestDir::with_config(NO_MACHINE_CHECKS).run("check --format json").succeeds().no_stderr().json();
    assert_eq!(json, json!({"ok": true, "diagnostics": []}));
}

#[test]
fn the_summary_names_files_once_and_counts_variables() {
    let dir = TestDir::with_config(NO_MACHINE_CHECKS)
        .variable("SPECKIT_RETRY__MAX_ATTEMPTS", "4")
        .variable("SPECKIT_RETRY__DEADLINE_MS", "5");
    let out = dir.run("check --set retry.jitter=none").succeeds().no_stderr().out;
    assert!(out.contains("speckit.toml") && out.ends_with(", 2 variables and 1 override\n"), "{out}");
}

#[test]
fn a_diagnostic_has_the_members_of_the_contract_and_its_location() {
    let dir = TestDir::with_config("# one\n[hot_reload]\nenabled = true\n  debounce_ms = \"fast\"\n");
    let result = dir.run("check --format json").exits_1();
    let json = result.json();
    assert_eq!(json["ok"], false);
    assert_eq!(result.codes(), ["schema/type"]);
    let found = &json["diagnostics"][0];
    assert_eq!(member_names(found), ["code", "help", "key", "message", "origin", "pointer", "severity"]);
    assert_eq!(
        (&found["severity"], &found["key"], &found["pointer"]),
        (&json!("error"), &json!("hot_reload.debounce_ms"), &json!("/hot_reload/debounce_ms"))
    );
    let origin = json!({"layer": "file", "name": "speckit.toml", "line": 4, "column": 17, "variable": null});
    assert_eq!(found["origin"], origin);
    result
        .stderr_has("error[schema/type]: hot_reload.debounce_ms")
        .stderr_has(" --> speckit.toml:4:17")
        .stderr_has("^^^^^^");
}

#[test]
fn a_column_counts_characters_and_not_bytes() {
    let dir =
        TestDir::with_config("retry = { jitter = \"none\", \"é\u{1F600}\" = 1, max_attempts = \"x\" }\n");
    let json = dir.run("check --format json").exits_1().json();
    let found = json["diagnostics"].as_array().unwrap();
    let wrong = found.iter().find(|one| one["code"] == "schema/type").unwrap();
    assert_eq!(wrong["origin"]["column"], 53);
}

#[test]
fn all_mistakes_are_reported_in_the_order_of_layers_and_lines() {
    let dir = TestDir::new()
        .file("a.toml", "[retry]\nmax_attempts = 0\njitter = \"loud\"\n")
        .file("b.toml", "[quality_gates]\nplan = [\"nobody\"]\n[rtery]\n")
        .variable("SPECKIT_RETRY__DEADLINE_MS", "soon");
    let result = dir.run("check --config a.toml --config b.toml --format json").exits_1();
    let json = result.json();
    let reported: Vec<_> = json["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["code"].as_str().unwrap(), one["origin"]["name"].as_str().unwrap()))
        .collect();
    let expected = [
        ("schema/minimum", "a.toml"),
        ("schema/enum", "a.toml"),
        ("name/unknown", "b.toml"),
        ("schema/additionalProperties", "b.toml"),
    ];
    assert_eq!(reported[..4], expected);
    assert_eq!(reported[4].0, "env/type");
    assert_eq!(json["diagnostics"][4]["origin"]["variable"], "SPECKIT_RETRY__DEADLINE_MS");
    result.stderr_has("did you mean").stderr_has("5 errors");
}

#[test]
fn wrong_gates_and_names_have_their_own_codes() {
    let gate = "[quality_gates]\nplan = []\n";
    assert_eq!(TestDir::with_config(gate).run("check --format json").exits_1().codes(), ["gate/agent-count"]);
    let twice = "[models.claude]\naliases = [\"gpt-pro\"]\n";
    assert_eq!(TestDir::with_config(twice).run("check --format json").exits_1().codes(), ["name/duplicate"]);
}

#[test]
fn an_unknown_variable_is_a_warning_or_in_strict_mode_an_error() {
    let dir = TestDir::with_config(NO_MACHINE_CHECKS).variable("SPECKIT_RETRY__MAX_ATEMPTS", "4");
    let result = dir.run("check --format json").succeeds();
    assert_eq!(result.codes(), ["env/unknown"]);
    assert_eq!(result.json()["diagnostics"][0]["severity"], "warning");
    result.stderr_has("SPECKIT_RETRY__MAX_ATTEMPTS");
    let strict = dir.run("check --format json --strict").exits_1();
    assert_eq!(strict.json()["diagnostics"][0]["severity"], "error");
    strict.stderr_has("error[env/unknown]").stderr_has("1 error");
    dir.run("show --strict").exits_1().only_stderr("error[env/unknown]");
}

#[test]
fn a_missing_key_or_command_of_a_provider_gives_a_warning() {
    let dir = TestDir::new().variable("GEMINI_API_KEY", "here").variable("OPENAI_API_KEY", "");
    let codes = dir.run("check --format json").succeeds().codes();
    let count = |code: &str| codes.iter().filter(|one| *one == code).count();
    // An empty variable counts as not set.
    assert_eq!((count("provider/key-missing"), count("provider/command-missing")), (2, 3), "{codes:?}");
    dir.run("check --strict").exits_1();
}

#[cfg(unix)]
#[test]
fn commands_are_searched_in_path() {
    let dir = TestDir::new();
    for name in ["codex", "claude", "gemini"] {
        crate::executable::write_executable(&dir.path("bin").join(name), "#!/bin/false\n");
    }
    let dir = dir.variable("PATH", "bin").file("speckit.toml", "[validation]\ncheck_api_keys = false\n");
    dir.run("check").succeeds().no_stderr();
    // A file that is not executable is not a command.
    dir.write("bin2/codex", "");
    let dir = dir.variable("PATH", "bin2");
    assert_eq!(dir.run("check --format json").succeeds().codes(), ["provider/command-missing"; 3]);
}

#[test]
fn a_lenient_schema_turns_its_errors_into_warnings() {
    let text = format!("{NO_MACHINE_CHECKS}strict_schema = false\n[retry]\nmax_attempts = 0\n");
    let result = TestDir::with_config(&text).run("check").succeeds();
    result.stderr_has("warning[schema/minimum]");
    TestDir::with_config(&text).run("check --strict").exits_1();
}

#[test]
fn each_file_is_checked_separately() {
    let dir = TestDir::new()
        .file("age.json", AGE)
        .file("good.toml", "age = 7\n")
        .file("bad.json", "{\"age\": -1,\n \"aeg\": 2}")
        .file("speckit.toml", "age = \"wrong, but not checked\"\n")
        .variable("SPECKIT_AGE", "wrong");
    let result = dir.run("check --schema age.json good.toml").succeeds().no_stderr();
    assert_eq!(result.out, "ok: good.toml\n");
    let result = dir.run("check good.toml bad.json --schema age.json --format json").exits_1();
    let json = result.json();
    assert_eq!(member_names(&json), ["files", "ok"]);
    assert_eq!(json["ok"], false);
    assert_eq!(json["files"][0], json!({"file": "good.toml", "ok": true, "diagnostics": []}));
    let bad = &json["files"][1];
    assert_eq!(member_names(bad), ["diagnostics", "file", "ok"]);
    assert_eq!((&bad["file"], &bad["ok"]), (&json!("bad.json"), &json!(false)));
    let codes: Vec<_> = bad["diagnostics"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert_eq!(codes, ["schema/minimum", "schema/additionalProperties"]);
    assert_eq!(bad["diagnostics"][1]["origin"]["line"], 2);
}

#[test]
fn json_may_have_any_value_at_its_root() {
    let dir = TestDir::new().file("short.json", r#"{"type": ["string", "null"], "maxLength": 2}"#);
    for (text, code) in
        [("\"ab\"", 0), ("null", 0), ("  null\n", 0), ("\"abc\"", 1), ("3", 1), ("[]", 1), ("", 1)]
    {
        dir.write("root.json", text);
        let result = dir.run("check --schema short.json root.json");
        assert_eq!(result.code, code, "{text}: {result:?}");
    }
}

#[test]
fn a_file_may_omit_required_keys_of_the_built_in_schema() {
    let dir = TestDir::new().file("part.toml", "[retry]\nmax_attempts = 2\n");
    dir.run("check part.toml").succeeds().no_stderr();
    dir.write("part.toml", "[retry]\nmax_attempts = 2.5\n");
    dir.run("check part.toml").exits_1().only_stderr("part.toml:2:16");
}

#[test]
fn an_unreadable_file_decides_the_exit_code_before_an_invalid_one() {
    let dir = TestDir::new().file("wrong.toml", "retry = 1\n").file("good.toml", "");
    for order in
        ["check wrong.toml gone.toml good.toml", "check gone.toml wrong.toml", "check good.toml gone.toml"]
    {
        dir.run(order).exits_2().stderr_has("`gone.toml` does not exist");
    }
    let json = dir.run("check wrong.toml gone.toml --format json").exits_2().json();
    assert_eq!(json["files"][1]["diagnostics"][0]["code"], "file/missing");
}

#[test]
fn a_long_report_is_bounded_and_its_json_is_whole() {
    let unknown: String = (0..3_000).map(|n| format!("wrong_{n} = {n}\n")).collect();
    let dir = TestDir::with_config(&unknown);
    let result = dir.run("check --format json").exits_1();
    assert_eq!(result.codes().len(), 3_000);
    let report = result.err;
    assert_eq!(report.matches("error[").count(), 100);
    assert!(
        report.ends_with("\nand 2,900 more errors\n\n3,000 errors\n"),
        "{}",
        &report[report.len() - 200..]
    );
    let error = ConfigLoader::new(dir.path("speckit.toml")).load().unwrap_err();
    assert_eq!((error.diagnostics().len(), error.to_string().matches("error[").count()), (3_000, 100));
}

#[test]
fn the_summary_names_the_first_of_many_files() {
    let schema = r#"{"type": "object"}"#;
    let mut dir = TestDir::new().file("any.schema.json", schema);
    for n in 0..1_050 {
        dir = dir.file(&format!("conf.d/{n:04}.toml"), format!("key_{n} = {n}\n"));
    }
    let out = dir.run("check --schema any.schema.json --config conf.d").succeeds().out;
    assert!(out.starts_with("ok: 1,050 values from conf.d/0000.toml, conf.d/0001.toml, "), "{out}");
    assert!(out.ends_with(", conf.d/0009.toml and 1,040 more files\n"), "{out}");
}
