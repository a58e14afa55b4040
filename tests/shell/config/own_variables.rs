//! The variables of the program itself, and the prefix of those of the settings.

use crate::test_dir::TestDir;

const SCHEMA: &str = r#"{"type": "object", "additionalProperties": false, "properties": {
    "database": {"type": "string"}, "config": {"type": "string"}, "port": {"type": "integer"}}}"#;

fn dir() -> TestDir {
    TestDir::new().file("app.schema.json", SCHEMA).file("base.toml", "database = \"from file\"\n")
}

#[test]
fn under_another_prefix_no_name_is_reserved() {
    let dir = dir()
        .variable("APP_DATABASE", "postgres://u:hunter2@h/db")
        .variable("APP_CONFIG", "x")
        .variable("SPECKIT_CONFIG", "base.toml")
        .variable("SPECKIT_DATABASE", "own.db");
    let options = "--schema app.schema.json --env-prefix APP";
    let shown = "config = \"x\"\ndatabase = \"postgres://u:hunter2@h/db\"\n";
    assert_eq!(dir.run(&format!("show {options}")).succeeds().no_stderr().out, shown);
    let explained = dir.run(&format!("explain database {options}")).succeeds().out;
    assert!(explained.contains("base.toml:1:12"), "SPECKIT_CONFIG names the file: {explained}");
    let listed = dir.run(&format!("history --format json {options}")).succeeds().json();
    assert!(listed["database"].as_str().unwrap().ends_with("/own.db"), "{listed}");
    let built_in = dir.run("check --env-prefix APP --config base.toml --format json").exits_1();
    assert!(built_in.codes().contains(&"env/unknown".to_owned()), "{built_in:?}");
}

#[test]
fn a_key_of_the_users_schema_has_its_variable_under_the_prefix_of_the_program() {
    let dir = dir().variable("SPECKIT_DATABASE", "sub/x.db").variable("SPECKIT_CONFIG", "base.toml");
    let shown = dir.run("show --schema app.schema.json").succeeds().no_stderr().out;
    assert_eq!(shown, "config = \"base.toml\"\ndatabase = \"sub/x.db\"\n");
    let listed = dir.run("history --schema app.schema.json --format json").succeeds().json();
    assert!(!listed["database"].as_str().unwrap().ends_with("x.db"), "{listed}");
    let other =
        r#"{"type": "object", "additionalProperties": false, "properties": {"port": {"default": 1}}}"#;
    let dir = dir.file("port.schema.json", other).file("base.toml", "port = 2\n");
    let run = |command: &str| dir.run(&format!("{command} --schema port.schema.json")).succeeds().no_stderr();
    assert_eq!(run("show").out, "port = 2\n", "the program's own where there is no such key");
    assert!(run("history --format json").json()["database"].as_str().unwrap().ends_with("/sub/x.db"));
    let named = other.replace("\"default\": 1", "\"x-env\": \"SPECKIT_DATABASE\"");
    let dir = dir.file("port.schema.json", &named);
    let shown = dir.run("show --schema port.schema.json --config base.toml").succeeds().no_stderr().out;
    assert_eq!(shown, "port = \"sub/x.db\"\n");
}

#[test]
fn a_prefix_in_small_letters_or_with_an_underscore_is_the_same_and_no_name_is_refused() {
    let dir = dir().variable("MY_APP_PORT", "1").variable("PORT", "2");
    for prefix in ["MY_APP", "MY_APP_", "my_app", "My_App__"] {
        let shown = dir.run(&format!("show --schema app.schema.json --env-prefix {prefix}")).succeeds();
        assert_eq!(shown.no_stderr().out, "port = 1\n", "{prefix}");
    }
    for prefix in ["", "_", "my-app", "a b", "É"] {
        for command in ["show", "check", "env", "watch"] {
            for options in [&["--schema", "app.schema.json"][..], &[]] {
                let arguments = [&[command, "--env-prefix", prefix][..], options].concat();
                dir.run_with(&arguments).exits_2().only_stderr("is no prefix of variables");
            }
        }
    }
}
