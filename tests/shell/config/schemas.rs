//! `--schema` and `--schema-map`: another schema replaces the built-in schema, defaults and checks.

use serde_json::json;

use crate::test_dir::TestDir;

const SERVER: &str = r#"{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
    "properties": {"port": {"type": "integer", "default": 80}, "name": {"type": "string"}},
    "required": ["name"], "additionalProperties": false}"#;

#[test]
fn another_schema_replaces_the_built_in_schema_and_defaults() {
    let dir = TestDir::new().file("s.json", SERVER).variable("SPECKIT_NAME", "00123");
    let json = dir.run("show --schema s.json --format json").succeeds().no_stderr().json();
    assert_eq!(json, json!({"port": 80, "name": "00123"}));
    assert_eq!(dir.run("show --origins --schema s.json").succeeds().out.matches("defaults.toml").count(), 0);
    // Even in strict mode, no provider is checked, because this schema has none.
    let result = dir.run("check --strict --schema s.json").succeeds().no_stderr();
    assert_eq!(result.out, "ok: 2 values from s.json and 1 variable\n");
    let out = dir.run("env --schema s.json").succeeds().no_stderr().out;
    assert_eq!(out.lines().count(), 3, "{out}");
}

#[test]
fn another_schema_can_require_keys() {
    let dir = TestDir::new().file("s.json", SERVER);
    let result = dir.run("check --schema s.json --format json").exits_1();
    assert_eq!(result.codes(), ["schema/required"]);
    assert_eq!(result.json()["diagnostics"][0]["key"], "name");
    dir.write("speckit.toml", "name = \"x\"\nmodels = 1\n");
    assert_eq!(
        dir.run("check --schema s.json --format json").exits_1().codes(),
        ["schema/additionalProperties"]
    );
}

#[test]
fn with_another_schema_names_and_gates_are_not_checked() {
    let dir = TestDir::with_config("[quality_gates]\nplan = []\n[[agents]]\nname = \"free\"\n")
        .file("any.json", "{}");
    let json = dir.run("show --schema any.json --format json").succeeds().no_stderr().json();
    assert_eq!(json["agents"][0]["name"], "free", "nothing is migrated");
}

#[test]
fn with_another_schema_the_option_database_sets_no_key() {
    let dir = TestDir::with_config("name = \"x\"\n").file("s.json", SERVER);
    dir.run("check --schema s.json --database d.db").succeeds().no_stderr();
}

#[test]
fn an_invalid_or_missing_schema_exits_with_2() {
    let dir = TestDir::new().file("s.json", r#"{"type": "integr"}"#).file("cut.json", "{\"type\": ");
    for command in ["check", "show", "explain x", "env", "schema", "init", "check s.json", "migrate cut.json"]
    {
        dir.run(&format!("{command} --schema s.json")).exits_2().only_stderr("schema/invalid");
        dir.run(&format!("{command} --schema cut.json")).exits_2().only_stderr("parse/");
        dir.run(&format!("{command} --schema gone.json")).exits_2().only_stderr("`gone.json` does not exist");
    }
    assert_eq!(dir.run("check --schema s.json --format json").exits_2().codes(), ["schema/invalid"]);
    assert_eq!(dir.names(), ["cut.json", "s.json"]);
}

#[test]
fn relative_references_are_read_from_files() {
    let dir = TestDir::new()
        .file("schemas/main.json", r##"{"properties": {"port": {"$ref": "types.json#/definitions/port"}}}"##)
        .file("schemas/types.json", r##"{"definitions": {"port": {"$ref": "deep/number.json"}}}"##)
        .file("schemas/deep/number.json", r#"{"type": "integer", "maximum": 65535}"#);
    dir.run("check --schema schemas/main.json --set port=80").succeeds().no_stderr();
    dir.run("check --schema schemas/main.json --set port=70000").exits_1().only_stderr("schema/maximum");
    // The types of overrides come from the referenced files too.
    dir.run("check --schema schemas/main.json --set port=x").exits_1().only_stderr("override/type");
}

#[test]
fn schema_maps_before_and_after_the_command_replace_prefixes_of_addresses() {
    let dir = TestDir::new()
        .file(
            "main.json",
            r#"{"properties": {"a": {"$ref": "https://one.example/a.json"}, "b": {"$ref": "http://two.example/v1/b"}}}"#,
        )
        .file("one/a.json", r#"{"type": "integer"}"#)
        .file("two/b.json", r#"{"type": "boolean"}"#)
        .file("c.toml", "a = true\nb = 1\n");
    let maps = ("--schema-map https://one.example=one", "--schema-map http://two.example/v1=two");
    let json = dir.run(&format!("{} check c.toml --schema main.json {} --format json", maps.0, maps.1));
    let json = json.exits_1().json();
    let diagnostics: Vec<_> = json["files"][0]["diagnostics"].as_array().unwrap().iter().collect();
    assert_eq!(diagnostics.len(), 2, "{diagnostics:?}");
    assert!(diagnostics.iter().all(|one| one["code"] == "schema/type"), "{diagnostics:?}");
    // An address without a folder is not downloaded, so the schema cannot be used.
    dir.run(&format!("check c.toml --schema main.json {}", maps.0)).exits_2().only_stderr("two.example");
}

#[test]
fn an_unknown_draft_is_read_as_draft_7_with_a_warning() {
    let schema = r#"{"$schema": "https://json-schema.org/draft/next/schema", "type": "object"}"#;
    let dir = TestDir::new().file("s.json", schema).file("f.toml", "a = 1\n");
    for command in ["check", "check f.toml", "show", "explain a --config f.toml"] {
        dir.run(&format!("{command} --schema s.json")).succeeds().stderr_has("schema/unsupported");
        dir.run(&format!("{command} --schema s.json --strict"))
            .exits_1()
            .stderr_has("error[schema/unsupported]");
    }
    assert_eq!(dir.run("check --schema s.json --format json").succeeds().codes(), ["schema/unsupported"]);
}

#[test]
fn formats_restrict_values_up_to_draft_7_or_if_the_meta_schema_says_so() {
    let guide = include_str!("../../../shell/lib/src/guide/schema.md");
    let meta = guide.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let of_2019 = meta.replace("2020-12", "2019-09").replace("format-assertion", "format");
    for (draft, meta, is_checked) in [
        ("http://json-schema.org/draft-04/schema#", meta, true),
        ("http://json-schema.org/draft-07/schema#", meta, true),
        ("https://json-schema.org/draft/2019-09/schema", meta, false),
        ("https://json-schema.org/draft/2020-12/schema", meta, false),
        ("https://example.com/checked.json", meta, true),
        ("https://example.com/checked.json", &of_2019, true),
        ("https://example.com/checked.json", &meta.replace("format-assertion", "format-annotation"), false),
    ] {
        let schema = json!({"$schema": draft, "properties": {"ip": {"format": "ipv4"}}}).to_string();
        let dir = TestDir::new().file("s.json", schema).file("f.toml", "ip = 'x'\n");
        let dir = dir.file("meta/checked.json", meta);
        let result = dir.run("check f.toml --schema s.json --schema-map https://example.com/=meta");
        assert_eq!(result.err.contains("schema/format"), is_checked, "{draft}: {result:?}");
        assert!(!result.err.contains("warning"), "{draft}: {result:?}");
    }
}

#[test]
fn a_schema_may_be_toml() {
    let dir = TestDir::new().file("s.toml", "type = \"object\"\nrequired = [\"a\"]\n");
    dir.run("check --schema s.toml").exits_1().only_stderr("schema/required");
}

#[test]
fn old_names_of_keys_still_work_with_a_warning() {
    let schema = r#"{"properties": {"port": {"type": "integer", "x-aliases": ["listen_port"]}}}"#;
    let dir = TestDir::with_config("listen_port = 8\n").file("s.json", schema);
    let result = dir.run("show port --schema s.json").succeeds();
    assert_eq!(result.out, "8\n");
    result.stderr_has("warning[name/alias]").stderr_has("`port`");
}
