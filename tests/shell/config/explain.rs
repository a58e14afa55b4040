//! `explain KEY` shows all values of one key, from the lowest layer to the highest.

use serde_json::{Value as Json, json};

use crate::test_dir::TestDir;

fn dir() -> TestDir {
    TestDir::new()
        .file(".code/config.toml", "[retry]\nmax_attempts = 5\n")
        .file("speckit.toml", "[retry]\nmax_attempts = 6\n")
        .variable("SPECKIT_RETRY__MAX_ATTEMPTS", "7")
}

#[test]
fn json_explains_every_layer_of_the_key() {
    let json = dir()
        .run("explain retry.max_attempts --set retry.max_attempts=8 --format json")
        .succeeds()
        .no_stderr();
    let json = json.json();
    assert_eq!((&json["key"], &json["value"]), (&json!("retry.max_attempts"), &json!(8)));
    assert_eq!((&json["type"], &json["default"]), (&json!("integer"), &json!(3)));
    assert_eq!((&json["reload"], &json["secret"]), (&json!("live"), &json!(false)));
    assert_eq!(json["variable"], "SPECKIT_RETRY__MAX_ATTEMPTS");
    assert_eq!(json["winner"]["layer"], "override");
    let history = json["history"].as_array().unwrap();
    let layers: Vec<&str> = history.iter().map(|entry| entry["origin"]["layer"].as_str().unwrap()).collect();
    assert_eq!(layers, ["defaults", "defaults", "file", "file", "env", "override"], "lowest layer first");
    let values: Vec<&Json> = history.iter().skip(1).map(|entry| &entry["value"]).collect();
    assert_eq!(values, [3, 5, 6, 7, 8]);
    let (last, lower) = history.split_last().unwrap();
    assert_eq!(last["decision"], "won");
    assert!(lower.iter().all(|entry| entry["decision"] == "shadowed"));
    assert_eq!((&history[4]["raw"], &history[3]["raw"]), (&json!("7"), &json!("6")));
}

#[test]
fn the_text_names_the_winning_layer_and_the_constraints_of_the_schema() {
    let out = dir().run("explain retry.max_attempts").succeeds().no_stderr().out;
    for part in [
        "retry.max_attempts = 7\n",
        "SPECKIT_RETRY__MAX_ATTEMPTS",
        "integer, 1..=1000",
        "speckit.toml:2:16",
        ".code/config.toml:2:16",
        "shadowed",
        "won",
    ] {
        assert!(out.contains(part), "no `{part}` in\n{out}");
    }
}

#[test]
fn a_key_that_needs_a_restart_is_marked() {
    let json = TestDir::new().run("explain hot_reload.mode --format json").succeeds().json();
    assert_eq!(json["reload"], "restart");
}

#[test]
fn united_lists_are_explained_as_merged() {
    let dir = TestDir::with_config("[hot_reload]\nwatch_paths = [\"extra\"]\n");
    let json = dir.run("explain hot_reload.watch_paths --format json").succeeds().json();
    assert_eq!(json["value"], json!(["config.toml", "extra"]));
    let decisions: Vec<_> =
        json["history"].as_array().unwrap().iter().map(|entry| &entry["decision"]).collect();
    assert!(decisions.iter().all(|decision| **decision == "merged"), "{decisions:?}");
}

#[test]
fn a_key_that_only_the_schema_knows_is_explained() {
    let json = TestDir::new().run("explain orchestrator.agree_on --format json").succeeds().json();
    assert_eq!((&json["value"], &json["winner"], &json["history"]), (&Json::Null, &Json::Null, &json!([])));
    assert_eq!(json["variable"], "SPECKIT_ORCHESTRATOR__AGREE_ON");
    let out = TestDir::new().run("explain orchestrator.agree_on").succeeds().out;
    assert!(out.starts_with("orchestrator.agree_on is not set\n"), "{out}");
}

#[test]
fn an_unset_key_is_explained_by_the_layer_that_removed_it() {
    let dir = TestDir::with_config("[orchestrator]\nagree_on = \"verdict\"\n");
    let json = dir
        .run("explain orchestrator.agree_on --unset orchestrator.agree_on --format json")
        .succeeds()
        .json();
    assert_eq!((&json["value"], &json["winner"]), (&Json::Null, &Json::Null));
    let last = json["history"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["origin"]["layer"], &last["value"]), (&json!("override"), &Json::Null));
}

#[test]
fn an_unknown_key_exits_with_1() {
    TestDir::new()
        .run("explain retry.max_atempts")
        .exits_1()
        .only_stderr("did you mean `retry.max_attempts`?");
    TestDir::new().run("explain a..b").exits_2().only_stderr("is not a key");
    TestDir::new().run("explain").exits_2().only_stderr("required");
}

#[test]
fn a_key_of_another_alternative_is_redacted_where_it_is_refused_beside_a_secret() {
    let schema = r#"{"properties": {"login": {"oneOf": [
        {"properties": {"kind": {"const": "key"}, "key": {"type": "string", "x-secret": true}},
         "required": ["kind"], "additionalProperties": false},
        {"properties": {"kind": {"const": "user"}, "user": {"type": "string"}},
         "required": ["kind"], "additionalProperties": false}
    ]}}}"#;
    let dir = TestDir::new()
        .file("schema.json", schema)
        .file("app.toml", "[login]\nkind = \"key\"\nuser = \"hunter2-hunter2\"\n");
    let found = dir.run("explain login.user --schema schema.json --config app.toml").exits_1();
    let all = format!("{}{}", found.out, found.err);
    assert!(all.contains("login.user") && !all.contains("hunter2"), "{all}");
}
