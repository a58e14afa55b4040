//! `show`, `env` and `completions`.

use serde_json::{Value as Json, json};

use crate::test_dir::TestDir;

#[test]
fn the_shown_configuration_is_toml_that_loads_as_itself() {
    let dir = TestDir::with_config("[retry]\nmax_attempts = 7\n");
    let text = dir.run("show").succeeds().no_stderr().out;
    assert!(text.contains("[retry]\n") && text.contains("max_attempts = 7\n"), "{text}");
    assert_eq!(dir.run("show --format toml").succeeds().out, text);
    assert_eq!(dir.run("show --format text").succeeds().out, text);
    let again = TestDir::new().file("all.toml", &text);
    assert_eq!(again.run("show --config all.toml").succeeds().no_stderr().out, text);
}

#[test]
fn json_has_the_same_values() {
    let dir = TestDir::with_config("[retry]\nmax_attempts = 7\n");
    let json = dir.run("show --format json").succeeds().no_stderr().json();
    assert_eq!(json["retry"]["max_attempts"], 7);
    assert_eq!(json["retry"]["multiplier"], 2.0);
    assert_eq!(json["quality_gates"]["unlock"], json!(["claude", "gpt_pro"]));
}

#[test]
fn one_key_is_shown_as_its_value() {
    let dir = TestDir::with_config("[retry]\njitter = \"none\"\n");
    assert_eq!(dir.run("show retry.jitter").succeeds().no_stderr().out, "\"none\"\n");
    assert_eq!(dir.run("show retry.jitter --format json").succeeds().json(), "none");
    assert_eq!(dir.run("show quality_gates.unlock").succeeds().out, "[\"claude\", \"gpt_pro\"]\n");
    assert_eq!(dir.run("show quality_gates.unlock[1] --format json").succeeds().json(), "gpt_pro");
    let table = dir.run("show orchestrator").succeeds().out;
    assert!(table.starts_with("[orchestrator]\n") && table.contains("grace_s = 5\n"), "{table}");
}

#[test]
fn an_unknown_key_exits_with_1_and_an_invalid_key_with_2() {
    let dir = TestDir::new();
    dir.run("show retry.max_atempts").exits_1().only_stderr("did you mean `retry.max_attempts`?");
    dir.run("show retry.max_atempts --format json").exits_1().stderr_has("there is no such key");
    dir.run("show retry..x").exits_2().only_stderr("is not a key");
    dir.run("show zebra").exits_1().only_stderr("zebra: there is no such key");
}

#[test]
fn origins_follow_the_values() {
    let dir = TestDir::with_config("[retry]\nmax_attempts = 7\n").variable("SPECKIT_RETRY__GARBAGE", "");
    let dir = dir.variable("SPECKIT_RETRY__DEADLINE_MS", "5");
    let out = dir.run("show retry --origins --set retry.jitter=none").succeeds().out;
    for line in [
        "retry.deadline_ms = 5            # SPECKIT_RETRY__DEADLINE_MS",
        "retry.max_attempts = 7           # speckit.toml:2:16",
        "retry.multiplier = 2.0           # defaults.toml:",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
    let json = dir.run("show retry --origins --format json").succeeds().json();
    let leaf = &json["max_attempts"];
    assert_eq!(leaf["value"], 7);
    assert_eq!((&leaf["origin"]["layer"], &leaf["origin"]["line"]), (&json!("file"), &json!(2)));
    assert_eq!(json["deadline_ms"]["origin"]["variable"], "SPECKIT_RETRY__DEADLINE_MS");
}

#[test]
fn every_leaf_has_an_origin() {
    fn leaves(json: &Json, key: &str, count: &mut usize) {
        let object = json.as_object().unwrap_or_else(|| panic!("{key} is {json}"));
        if object.contains_key("origin") && object.contains_key("value") {
            assert!(json["origin"]["layer"].is_string(), "{key}");
            *count += 1;
        } else {
            object.iter().for_each(|(name, json)| leaves(json, &format!("{key}.{name}"), count));
        }
    }
    let mut count = 0;
    leaves(&TestDir::new().run("show --origins --format json").succeeds().json(), "", &mut count);
    assert!(count > 50, "{count}");
}

#[test]
fn a_refused_configuration_is_not_shown() {
    let dir = TestDir::with_config("[retry]\nmax_attempts = 0\n");
    dir.run("show").exits_1().only_stderr("error[schema/minimum]: retry.max_attempts");
    let result = dir.run("show --format json").exits_1();
    assert_eq!((result.json()["ok"].as_bool(), result.codes()), (Some(false), vec!["schema/minimum".into()]));
}

#[test]
fn the_table_of_variables_marks_those_that_are_set() {
    let dir = TestDir::new().variable("SPECKIT_RETRY__JITTER", "none");
    let out = dir.run("env").succeeds().no_stderr().out;
    let row = |name: &str| {
        let line = out.lines().find(|line| line.split_whitespace().next() == Some(name)).expect("a row");
        line.split_whitespace().map(String::from).collect::<Vec<_>>()
    };
    assert!(out.starts_with("VARIABLE "), "{out}");
    assert_eq!(row("SPECKIT_RETRY__JITTER")[1..], ["retry.jitter", "string", "set"]);
    assert_eq!(row("SPECKIT_RETRY__DEADLINE_MS")[1..], ["retry.deadline_ms", "integer"]);
    let json = dir.run("env --format json").succeeds().no_stderr().json();
    let rows = json.as_array().unwrap();
    let (table, _) = out.split_once("\n\n").expect("the rule for free names follows");
    assert_eq!(rows.len(), table.lines().count() - 1);
    let jitter = rows.iter().find(|row| row["variable"] == "SPECKIT_RETRY__JITTER").unwrap();
    assert_eq!((&jitter["key"], &jitter["set"]), (&json!("retry.jitter"), &json!(true)));
}

#[test]
fn every_variable_of_the_table_sets_its_key() {
    let dir = TestDir::new();
    let json = dir.run("env --format json").succeeds().json();
    for row in json.as_array().unwrap() {
        let (variable, key) = (row["variable"].as_str().unwrap(), row["key"].as_str().unwrap());
        if row["types"] != "integer" {
            continue;
        }
        let default = dir.run_with(&["show", key]).out;
        let value = if default.is_empty() { "1" } else { default.trim() };
        let mut command = dir.command(&["explain", key, "--format", "json"]);
        let result = crate::test_dir::RunResult::from_output(command.env(variable, value).output().unwrap());
        assert_eq!(result.json()["winner"]["variable"], variable, "{result:?}");
    }
}

#[test]
fn completions_exist_for_each_shell() {
    let dir = TestDir::new();
    for (shell, marker) in
        [("bash", "complete -F"), ("zsh", "#compdef speckit"), ("fish", "complete -c speckit")]
    {
        let out = dir.run(&format!("completions {shell}")).succeeds().no_stderr().out;
        assert!(out.contains(marker) && out.contains("migrate") && out.contains("env-prefix"), "{shell}");
        assert!(!out.contains("under-test"), "{shell}: completions use the name of the shipped program");
    }
    dir.run("completions cmd").exits_2().only_stderr("invalid value");
}
