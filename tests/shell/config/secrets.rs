//! Secret canary values are set in every kind of source, and no output of any command may contain them.

use crate::test_dir::{RunResult, TestDir};

const SCHEMA: &str = r#"{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {
    "port": {"type": "integer"},
    "token": {"type": "string", "x-secret": true, "maxLength": 40},
    "phrase": {"type": "string", "writeOnly": true, "pattern": "^[a-zA-Z0-9 ]*$"},
    "pin": {"type": "integer", "x-secret": true, "maximum": 99999999},
    "vault": {"type": "object", "x-secret": true, "additionalProperties": {"type": "string"}},
    "keys": {"type": "array", "x-secret": true, "items": {"type": "string"}},
    "choice": {"enum": ["one", "two"], "x-secret": true},
    "disk": {"type": "string", "x-secret": true}}, "additionalProperties": false}"#;

const VALID: &str = r#"port = 1
token = "Zq7Xw9Kv"  # it was Zq7Xw9Kv before
phrase = 'Yt5Rb3Nm'
pin = 86753090
keys = ["Hj2Lp8Gd", "Vc6Ms4Fa"]
choice = "one"
[vault]
door = "Bx1Oe0Iu"
"#;

/// The secrets in the files, the variables and the overrides of this module.
const CANARIES: [&str; 10] = [
    "Zq7Xw9Kv", "Yt5Rb3Nm", "86753090", "Hj2Lp8Gd", "Vc6Ms4Fa", "Bx1Oe0Iu", "Kd3Wn7Qz", "Gm4Td6Rs",
    "Uh9Cx2Je", "Wn8Fb1Kp",
];

const COMMANDS: [&str; 23] = [
    "check",
    "check --format json",
    "check --strict",
    "check c.toml",
    "check c.toml --format json",
    "show",
    "show --format json",
    "show --origins",
    "show --origins --format json",
    "show token",
    "show vault",
    "show keys[0]",
    "show vault.door --format json",
    "explain token",
    "explain token --format json",
    "explain pin",
    "explain keys --format json",
    "explain vault.door",
    "explain disk --format json",
    "env",
    "env --format json",
    "migrate c.toml",
    "migrate c.toml --format json",
];

fn assert_no_secret(result: &RunResult, command: &str) {
    // A part of a secret is secret too.
    for canary in CANARIES {
        for start in 0..=canary.len() - 5 {
            let part = &canary[start..start + 5];
            assert!(!result.both().contains(part), "`{command}` shows {part}:\n{result:?}");
        }
    }
}

/// Runs every command with a configuration, and checks that its output contains no secret.
fn assert_no_command_shows_a_secret(dir: &TestDir, overrides: &[&str]) {
    for command in COMMANDS {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.extend(["--schema", "s.json", "--config", "c.toml"]);
        arguments.extend(overrides);
        assert_no_secret(&dir.run_with(&arguments), command);
    }
}

fn dir(config: &str) -> TestDir {
    TestDir::new().file("s.json", SCHEMA).file("c.toml", config)
}

#[test]
fn secrets_of_files_variables_overrides_and_secret_files_are_never_shown() {
    let dir = dir(VALID)
        .file("disk.txt", "Kd3Wn7Qz\n")
        .variable("SPECKIT_DISK_FILE", "disk.txt")
        .variable("SPECKIT_PHRASE", "Gm4Td6Rs");
    let overrides = ["--set", "token=Uh9Cx2Je", "--set", "vault.window=Wn8Fb1Kp"];
    let result =
        dir.run_with(&[&["show", "--schema", "s.json", "--config", "c.toml"], &overrides[..]].concat());
    assert_eq!(result.succeeds().out.matches("[redacted]").count(), 9, "all layers are used");
    assert_no_command_shows_a_secret(&dir, &overrides);
}

#[test]
fn reveal_shows_secrets() {
    let dir = dir(VALID).file("disk.txt", "Kd3Wn7Qz\n").variable("SPECKIT_DISK_FILE", "disk.txt");
    let run = |command: &str| {
        dir.run(&format!("{command} --schema s.json --config c.toml")).succeeds().no_stderr().out
    };
    let out = run("show --reveal");
    for canary in &CANARIES[..7] {
        assert!(out.contains(canary), "{canary}\n{out}");
    }
    assert_eq!(run("show disk --reveal"), "\"Kd3Wn7Qz\"\n", "the line end of the file is removed");
    assert!(run("show --origins --reveal").contains("token = \"Zq7Xw9Kv\""));
    assert!(run("show --format json --reveal").contains("\"Zq7Xw9Kv\""));
}

#[test]
fn an_invalid_secret_is_reported_without_its_value() {
    let wrong = VALID
        .replace("\"Zq7Xw9Kv\" ", "\"Zq7Xw9KvZq7Xw9KvZq7Xw9KvZq7Xw9KvZq7Xw9KvZq7Xw9Kv\" ")
        .replace("'Yt5Rb3Nm'", "'Yt5Rb3Nm!'")
        .replace("= 86753090", "= 867530900")
        .replace("\"Vc6Ms4Fa\"]", "86753090]")
        .replace("choice = \"one\"", "choice = \"Hj2Lp8Gd\"");
    let dir = dir(&wrong);
    let result = dir.run("check --schema s.json --config c.toml --format json").exits_1();
    let codes = result.codes();
    let expected = ["schema/maxLength", "schema/pattern", "schema/maximum", "schema/type", "schema/enum"];
    assert_eq!(codes, expected, "{result:?}");
    assert_no_command_shows_a_secret(&dir, &[]);
}

#[test]
fn a_mistake_next_to_a_secret_shows_its_line_without_the_secret() {
    assert_no_command_shows_a_secret(&dir("port = \"x\"; token = \"Zq7Xw9Kv\"\n"), &[]);
    let inline = "vault = { door = \"Bx1Oe0Iu\", port = 1 }\nkeys = [{ a = \"Hj2Lp8Gd\" }, \"Vc6Ms4Fa\"]\n";
    assert_no_command_shows_a_secret(&dir(inline), &[]);
}

#[test]
fn a_file_that_does_not_parse_shows_no_value() {
    assert_no_command_shows_a_secret(&dir(&format!("{VALID}token = \"Zq7Xw9Kv\n")), &[]);
    assert_no_command_shows_a_secret(&dir(&format!("keys = [\"Hj2Lp8Gd\"\n{VALID}")), &[]);
}

#[test]
fn an_invalid_variable_or_override_is_reported_without_its_text() {
    let dir = dir("port = 1\n")
        .variable("SPECKIT_PIN", "Gm4Td6Rs")
        .variable("SPECKIT_VAULT", "{\"door\": Kd3Wn7Qz")
        .variable("SPECKIT_KEYS", "[\"Hj2Lp8Gd\"")
        .variable("SPECKIT_TOKN", "Zq7Xw9Kv");
    dir.run("check --schema s.json --config c.toml")
        .exits_1()
        .stderr_has("env/type")
        .stderr_has("env/unknown");
    assert_no_command_shows_a_secret(&dir, &["--set", "pin=Uh9Cx2Je", "--set", "toke=Wn8Fb1Kp"]);
    assert_no_command_shows_a_secret(&dir, &["--set", "Uh9Cx2Je"]);
}

#[test]
fn an_unreadable_secret_file_is_reported_by_its_variable() {
    let dir = dir("port = 1\n").variable("SPECKIT_DISK_FILE", "gone.txt");
    dir.run("check --schema s.json --config c.toml")
        .exits_2()
        .only_stderr("env/file")
        .stderr_has("SPECKIT_DISK_FILE");
    let dir = dir.file("both.txt", "Kd3Wn7Qz").variable("SPECKIT_DISK_FILE", "both.txt");
    let dir = dir.variable("SPECKIT_DISK", "Gm4Td6Rs");
    assert_no_command_shows_a_secret(&dir, &[]);
}

#[test]
fn a_migration_shows_no_secret_of_the_shipped_schema() {
    let text = "[[agents]]\nname = \"claude-x\"\nmodel = \"claude-x\"\ncommand = \"claude\"\n\n\
                [auth.github]\nclient_id = \"me\"\nclient_secret = \"Yt5Rb3Nm\"\n";
    let dir = TestDir::new().file("c.toml", text);
    for command in ["migrate c.toml", "migrate c.toml --format json", "check c.toml", "show", "check"] {
        assert_no_secret(&dir.run(&format!("{command} --config c.toml")), command);
    }
    dir.write(
        "c.toml",
        format!("{text}[[agents]]\nname = \"Zq7Xw9Kv\"\napi_key = \"Kd3Wn7Qz\"\n").as_bytes(),
    );
    let result = dir.run("migrate c.toml").exits_1();
    assert!(!result.both().contains("Kd3Wn7Qz") && !result.both().contains("Yt5Rb3Nm"), "{result:?}");
}

#[test]
fn a_misspelt_keyword_of_a_secret_gives_a_warning() {
    let schema = r#"{"properties": {"token": {"type": "string", "x-secert": true, "x-other": 1}}}"#;
    let dir = TestDir::new().file("s.json", schema).file("f.toml", "token = \"a\"\n");
    dir.run("check f.toml --schema s.json")
        .succeeds()
        .stderr_has("schema/unknown-keyword")
        .stderr_has("did you mean `x-secret`?");
    dir.run("check f.toml --schema s.json --strict").exits_1();
}

#[test]
fn an_item_that_a_merge_moves_to_the_place_of_a_secret_is_not_shown() {
    let item = |index: usize| match index {
        0 => r#"{"type": "integer"}"#,
        _ => r#"{"type": "integer", "x-secret": true}"#,
    };
    for strategy in ["append", "union"] {
        let schema = format!(
            r#"{{"properties": {{"l": {{"type": "array", "x-merge": "{strategy}", "items": [{}, {}]}}}}}}"#,
            item(0),
            item(1)
        );
        let dir = TestDir::new()
            .file("s.json", schema)
            .file("a.toml", "l = [1]\n")
            .file("b.toml", "l = ['hunter2zq']\n");
        let result = dir.run("check --config a.toml --config b.toml --schema s.json").exits_1();
        assert!(result.err.contains("l[1]") && !result.err.contains("hunter2zq"), "{}", result.err);
    }
}
