//! The schema that a file names: `$schema` at its root, or `#:schema` in a comment.

use std::collections::BTreeMap;

use serde::Deserialize;
use speckit::{Config, Environment};

use crate::test_dir::TestDir;

const PORT: &str = r#"{"properties": {"port": {"type": "integer"}}, "additionalProperties": false}"#;

#[test]
fn the_name_of_the_schema_is_no_setting() {
    let dir = TestDir::new()
        .file("s.json", PORT)
        .file("app.json", r#"{"$schema": "./s.json", "port": 80}"#)
        .file("app.toml", "\"$schema\" = './s.json'\nport = 80\n")
        .file("number.json", r#"{"$schema": 5, "port": 80}"#)
        .file("below.json", r#"{"port": {"$schema": "s"}}"#);
    for file in ["app.json", "app.toml"] {
        dir.run(&format!("check {file} --schema s.json")).succeeds().no_stderr();
        let options = format!("--schema s.json --config {file}");
        dir.run(&format!("check {options}")).succeeds().no_stderr();
        assert_eq!(dir.run(&format!("show {options}")).succeeds().out, "port = 80\n");
        assert_eq!(dir.run(&format!("show --format json {options}")).succeeds().out, "{\"port\":80}\n");
    }
    dir.run("check number.json --schema s.json").exits_1().only_stderr("unknown key `\"$schema\"`");
    dir.run("check below.json --schema s.json").exits_1().only_stderr("schema/type");
}

#[test]
fn a_schema_that_names_it_judges_it() {
    let dir = TestDir::new().file("app.json", r#"{"$schema": "x"}"#);
    for schema in [
        r#"{"properties": {"$schema": {"type": "integer"}}}"#,
        r##"{"allOf": [{"$ref": "#/definitions/a"}], "definitions": {"a": {"properties": {"$schema": {"minLength": 2}}}}}"##,
        r#"{"patternProperties": {"^\\$schema$": {"maxLength": 0}}}"#,
        r#"{"required": ["$schema"], "additionalProperties": {"type": "integer"}}"#,
    ] {
        dir.write("s.json", schema);
        dir.run("check app.json --schema s.json").exits_1().only_stderr("error[schema/");
    }
    dir.write("s.json", r#"{"required": ["$schema"]}"#);
    let shown = dir.run("show --config app.json --schema s.json").succeeds().out;
    assert_eq!(shown, "\"$schema\" = \"x\"\n");
    // A pattern for every name, or a type of all other members, is not about it.
    for schema in [
        r#"{"patternProperties": {"": {"type": "integer"}}}"#,
        r#"{"additionalProperties": {"type": "integer"}}"#,
        r#"{"maxProperties": 0}"#,
        r#"{"propertyNames": {"maxLength": 3}}"#,
    ] {
        dir.write("s.json", schema);
        dir.run("check app.json --schema s.json").succeeds().no_stderr();
    }
}

#[derive(Debug, Deserialize, PartialEq)]
struct WithName {
    #[serde(rename = "$schema")]
    schema: String,
}

#[test]
fn a_type_without_a_schema_reads_it_only_by_its_name() {
    let dir = TestDir::new().file("app.json", r#"{"$schema": "x", "port": 80}"#);
    let builder = Config::<BTreeMap<String, u16>>::builder().file(dir.path("app.json"));
    let config = builder.environment(Environment::default()).deny_unknown_fields(true).open().unwrap();
    assert_eq!(*config.current(), BTreeMap::from([("port".to_owned(), 80)]));
    dir.write("app.json", r#"{"$schema": "x"}"#);
    let config = Config::<WithName>::builder().file(dir.path("app.json")).open().unwrap();
    assert_eq!(*config.current(), WithName { schema: "x".into() });
}

#[test]
fn a_file_is_checked_against_the_schema_that_it_names() {
    let dir = TestDir::new()
        .file("schemas/s.json", PORT)
        .file("conf/app.json", r#"{"$schema": "../schemas/s.json#", "port": "x"}"#)
        .file("conf/app.jsonc", "{ // c\n\"$schema\": \"../schemas/s.json\", \"prot\": 1,}")
        .file("conf/app.toml", "# about it\n#:schema ../schemas/s.json\n\nport = 'x'\n")
        .file("conf/right.toml", "#:schema ../schemas/s.json\nport = 80\n");
    for file in ["app.json", "app.jsonc", "app.toml"] {
        dir.run(&format!("check conf/{file}")).exits_1().only_stderr("error[schema/").stderr_has("1 error");
    }
    dir.run("check conf/right.toml").succeeds().no_stderr();
    dir.write("any.json", "{}");
    dir.run("check conf/app.toml --schema any.json").succeeds().no_stderr();
    let json = dir.run("check conf/right.toml conf/app.toml --format json").exits_1().json();
    assert_eq!(
        (json["files"][0]["ok"].as_bool(), json["files"][1]["ok"].as_bool()),
        (Some(true), Some(false))
    );
}

#[test]
fn a_schema_at_a_url_is_read_from_a_mapped_folder() {
    let dir = TestDir::new()
        .file("schemas/s.json", PORT)
        .file("app.json", r#"{"$schema": "https://a.example/s.json", "prot": 80}"#);
    dir.run("check app.json")
        .succeeds()
        .stderr_has("warning[schema/unavailable]")
        .stderr_has("`https://a.example/s.json`")
        .stderr_has("--schema-map URL-PREFIX=DIR");
    dir.run("check app.json --strict").exits_1().only_stderr("error[schema/unavailable]");
    let mapped = "check app.json --schema-map https://a.example/=schemas";
    dir.run(mapped).exits_1().only_stderr("unknown key `prot`");
    dir.write("app.json", r#"{"$schema": "gone.json", "prot": 80}"#);
    dir.run("check app.json").succeeds().stderr_has("`gone.json`, is not a file here");
    dir.write("app.json", r#"{"$schema": "schemas"}"#);
    dir.run("check app.json").succeeds().stderr_has("`schemas`, is not a file here");
}

#[test]
fn what_is_no_schema_is_not_shown() {
    let dir = TestDir::new();
    for (name, text) in
        [("a.txt", "hunter2 = [\n"), ("b.json", "[\"hunter2\"]"), ("c.json", "{\"type\": \"hunter2\"}")]
    {
        dir.write(name, text);
        dir.write("app.toml", format!("#:schema {name}\na = 1\n"));
        let result = dir.run("check app.toml").exits_2();
        assert!(!result.both().contains("hunter2"), "{result:?}");
        result.only_stderr(&format!("`{name}`, is not a valid schema")).stderr_has("app.toml:1:10");
    }
    dir.write("d.json", r#"{"hunter2": 1}"#);
    dir.write("app.toml", "#:schema d.json\na = 1\n");
    let result = dir.run("check app.toml").succeeds();
    assert!(!result.both().contains("hunter2"), "{result:?}");
}

#[test]
fn the_address_that_init_writes_is_the_built_in_schema() {
    let dir = TestDir::new();
    dir.run("init app.toml").succeeds();
    dir.run("check app.toml --strict").succeeds().no_stderr();
    let schema = dir.run("schema").succeeds().out;
    dir.write("speckit.schema.json", schema);
    dir.run("check app.toml --strict").succeeds().no_stderr();
    dir.write("app.toml", "#:schema ./speckit.schema.json\n[[agents]]\nname = \"claude\"\n");
    let with_file = dir.run("check app.toml").both();
    std::fs::remove_file(dir.path("speckit.schema.json")).unwrap();
    assert_eq!(dir.run("check app.toml").both(), with_file);
}

#[test]
fn the_built_in_schema_is_known_by_its_id_in_any_form_and_by_its_content() {
    let dir = TestDir::new();
    let schema: serde_json::Value = serde_json::from_str(&dir.run("schema").succeeds().out).unwrap();
    let id = schema["$id"].as_str().unwrap();
    let in_capitals = id.replace("raw.githubusercontent.com", "RAW.githubusercontent.com");
    for address in [id, &format!("{id}#"), &in_capitals, "speckit.schema.json"] {
        dir.write("app.toml", format!("#:schema {address}\n[retry]\nmax_atempts = 1\n"));
        dir.run("check app.toml").exits_1().only_stderr("unknown key `max_atempts`");
    }
    // The text of the schema has this address, but not as its own.
    let other = schema["$schema"].as_str().unwrap();
    dir.write("app.toml", format!("#:schema {other}\n[retry]\nmax_atempts = 1\n"));
    dir.run("check app.toml").succeeds().stderr_has("warning[schema/unavailable]");
    dir.write("copy.json", serde_json::to_string(&schema).unwrap());
    dir.write("app.toml", "#:schema copy.json\n[[agents]]\nname = \"claude\"\n");
    let of_copy = dir.run("check app.toml").both();
    dir.write("app.toml", "#:schema ./speckit.schema.json\n[[agents]]\nname = \"claude\"\n");
    assert_eq!(dir.run("check app.toml").both(), of_copy.replace("copy.json", "./speckit.schema.json"));
}
