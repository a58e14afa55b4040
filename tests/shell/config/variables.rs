//! How variables are read: the case of free names, texts that are no value, empty texts, and the links of services.

use serde_json::json;
use speckit::{Config, Environment};
use std::collections::BTreeMap;

use crate::test_dir::{RunResult, TestDir};

/// Runs `show` with a schema of these properties, a file, and variables.
#[track_caller]
fn show(properties: &str, file: &str, variables: &[(&str, &str)]) -> RunResult {
    run("show", properties, file, variables)
}

#[track_caller]
fn run(command: &str, properties: &str, file: &str, variables: &[(&str, &str)]) -> RunResult {
    let schema =
        format!(r#"{{"type": "object", "additionalProperties": false, "properties": {{{properties}}}}}"#);
    let dir = TestDir::new().file("a.schema.json", schema).file("a.toml", file);
    let dir = variables.iter().fold(dir, |dir, (name, text)| dir.variable(name, text));
    let config = if file.is_empty() { "" } else { "--config a.toml" };
    dir.run(&format!("{command} --schema a.schema.json {config} --env-prefix APP"))
}

const LABELS: &str = r#""labels": {"type": "object", "additionalProperties": {"type": "string"}}"#;

#[test]
fn a_free_name_in_capitals_is_read_in_small_letters_with_one_warning() {
    let result = show(LABELS, "", &[("APP_LABELS__MY_TEAM", "a")]).succeeds();
    assert_eq!(result.out, "[labels]\nmy_team = \"a\"\n");
    assert_eq!(result.err.matches("warning[env/case]").count(), 1);
    result
        .stderr_has("`APP_LABELS__MY_TEAM` sets `labels.my_team`, not `labels.MY_TEAM`")
        .stderr_has("write `APP_LABELS__my_team`");
    let strict = run("check --strict", LABELS, "", &[("APP_LABELS__MY_TEAM", "a")]);
    strict.succeeds().stderr_has("warning[env/case]");
}

#[test]
fn a_free_name_with_a_small_letter_stays_as_it_is() {
    for (name, key) in
        [("myKey", "myKey"), ("team", "team"), ("A_b", "A_b"), ("x1", "x1"), ("ÀÉé", "\"ÀÉé\"")]
    {
        let result = show(LABELS, "", &[(&format!("APP_LABELS__{name}"), "a")]).succeeds();
        assert_eq!(result.no_stderr().out, format!("[labels]\n{key} = \"a\"\n"));
    }
}

#[test]
fn a_free_name_follows_the_case_of_a_lower_layer() {
    for key in ["HTTP_PROXY", "http_proxy", "Http_Proxy", "httpProxy"] {
        let variable = format!("APP_LABELS__{}", key.to_uppercase());
        let result = show(LABELS, &format!("[labels]\n{key} = 'file'\n"), &[(&variable, "a")]).succeeds();
        assert_eq!(result.no_stderr().out, format!("[labels]\n{key} = \"a\"\n"));
    }
}

#[test]
fn a_schema_may_keep_the_case_or_take_capitals_alone() {
    let labels = |keywords: &str| format!(r#""labels": {{"type": "object", {keywords}}}"#);
    let strings = r#""additionalProperties": {"type": "string"}"#;
    let capitals = r#"{"pattern": "^[A-Z_]+$"}"#;
    for keywords in [
        format!(r#"{strings}, "x-env-case": "keep""#),
        format!(r#"{strings}, "propertyNames": {capitals}"#),
        format!(r#"{strings}, "propertyNames": {{"allOf": [{capitals}]}}"#),
        format!(r#"{strings}, "propertyNames": {{"anyOf": [{capitals}, {{"const": "x"}}]}}"#),
        format!(r#"{strings}, "propertyNames": {{"enum": ["PATH", "TEAM"]}}"#),
        r#""patternProperties": {"^[A-Z_]+$": {"type": "string"}}, "additionalProperties": false"#.into(),
    ] {
        let result = show(&labels(&keywords), "", &[("APP_LABELS__TEAM", "a")]).succeeds();
        assert_eq!(result.no_stderr().out, "[labels]\nTEAM = \"a\"\n", "{keywords}");
    }
    let above = format!(r#""x": {{"x-env-case": "keep", "type": "object", "properties": {{{LABELS}}}}}"#);
    let result = show(&above, "", &[("APP_X__LABELS__TEAM", "a")]).succeeds().no_stderr();
    assert_eq!(result.out, "[x.labels]\nTEAM = \"a\"\n");
    for keywords in [
        format!(r#"{strings}, "x-env-case": "lower""#),
        r#""additionalProperties": {"type": "integer"}"#.into(),
    ] {
        let result = show(&labels(&keywords), "", &[("APP_LABELS__TEAM", "1")]).succeeds().no_stderr();
        assert!(result.out.starts_with("[labels]\nteam = "), "{}", result.out);
    }
    let wrong = show(&labels(r#""x-env-case": "upper""#), "", &[]).exits_2();
    wrong.stderr_has("expected one of \"keep\" or \"lower\"");
}

#[test]
fn env_shows_the_rule_for_free_names() {
    let properties = format!(
        r#"{LABELS}, "port": {{"type": "integer"}}, "free": {{"type": "object"}}, "map": {{"type": "object",
           "additionalProperties": true}}, "vars": {{"type": "object",
           "x-env-case": "keep", "additionalProperties": {{"type": "string"}}}}"#
    );
    let out = run("env", &properties, "", &[]).succeeds().out;
    let rule = "\nFREE NAME         KEY          CAPITALS\n\
                APP_FREE__NAME    free.name    become small\n\
                APP_LABELS__NAME  labels.name  become small\n\
                APP_MAP__NAME     map.name     become small\n\
                APP_VARS__NAME    vars.NAME    kept\n\
                a name with a small letter stays as it is\n";
    assert!(out.ends_with(rule), "{out}");
    let out = run("env", &properties, "", &[("APP_LABELS__myTeam", "a")]).succeeds().out;
    assert!(out.contains("\nAPP_LABELS__myTeam  labels.myTeam  string   set\n"), "{out}");
    let explained =
        run("explain labels.myTeam", &properties, "", &[("APP_LABELS__myTeam", "a")]).succeeds().out;
    assert!(explained.contains("  variable   APP_LABELS__myTeam\n"), "{explained}");
    let out = run("env", r#""port": {"type": "integer"}"#, "", &[]).succeeds().out;
    assert!(!out.contains("FREE NAME"), "{out}");
}

#[test]
fn an_object_without_named_members_takes_free_names() {
    for map in [
        r#"{"type": "object"}"#,
        r#"{"type": ["object", "null"], "description": "free", "minProperties": 1}"#,
        r#"{"anyOf": [{"type": "object"}, {"type": "string"}]}"#,
        r##"{"$ref": "#/properties/map"}"##,
        r#"{"type": "object", "propertyNames": {"pattern": "^[A-Za-z]+$"}}"#,
    ] {
        let labels = format!(r#""labels": {map}, "map": {{"type": "object"}}"#);
        let variables = [("APP_LABELS__TEAM", "1"), ("APP_LABELS__OLD", "[new]")];
        let result = show(&labels, "[labels]\nOLD = 1\n", &[variables[0]]).succeeds().no_stderr();
        assert_eq!(result.out, "[labels]\nOLD = 1\nteam = \"1\"\n", "{map}");
        let result = show(&labels, "", &variables).succeeds().no_stderr();
        assert_eq!(result.out, "[labels]\nold = \"[new]\"\nteam = \"1\"\n", "{map}");
        let explained = run("explain labels.team", &labels, "", &[]).succeeds().out;
        assert!(explained.contains("  variable   APP_LABELS__TEAM\n"), "{explained}");
        let set = run("show --set labels.team=1", &labels, "", &[]).succeeds().no_stderr();
        assert_eq!(set.out, "[labels]\nteam = \"1\"\n");
    }
}

#[test]
fn other_tables_that_are_not_closed_take_no_free_names() {
    for table in [
        r#"{"type": "object", "properties": {"a": {}}}"#,
        r#"{"type": "object", "additionalProperties": false}"#,
        r#"{"type": "object", "allOf": [{"properties": {"a": {}}}]}"#,
        r#"{"anyOf": [{"type": "object"}, {"properties": {"a": {}}}]}"#,
        r#"{"type": "string"}"#,
        "{}",
    ] {
        let labels = format!(r#""labels": {table}"#);
        let result = show(&labels, "", &[("APP_LABELS__TEAM", "1")]).succeeds();
        assert_eq!(
            result.stderr_has("env/unknown").stderr_has("`APP_LABELS__TEAM` sets no key").out,
            "",
            "{table}"
        );
        let result = show(&labels, "", &[("APP_LABELS__A__B", "1")]).succeeds();
        assert_eq!(result.stderr_has("env/unknown").out, "", "{table}");
    }
    let below = show(r#""labels": {"type": "object"}"#, "", &[("APP_LABELS__A__B", "1")]).succeeds();
    assert_eq!(below.stderr_has("env/unknown").out, "");
}

#[test]
fn a_type_without_a_schema_has_the_same_rule() {
    type Settings = BTreeMap<String, BTreeMap<String, String>>;
    let environment = Environment::of([("APP_LABELS__TEAM", "a"), ("APP_LABELS__myKey", "b")]);
    let config = Config::<Settings>::builder().env_prefix("APP").environment(environment).strict(true);
    let snapshot = config.open().unwrap().snapshot();
    assert_eq!(snapshot.to_text(), "labels.myKey = \"b\"\nlabels.team = \"a\"\n");
    let warnings: Vec<_> = snapshot.warnings().iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(warnings, ["env/case"]);
}

#[test]
fn an_error_shows_the_text_unless_it_may_be_a_secret() {
    let scalars = r#""n": {"type": "integer"}, "b": {"type": "boolean"}, "l": {"type": "array", "items": {"type": "integer"}}"#;
    for (name, text, found) in [
        ("APP_N", "tcp://10.0.0.5:80", "expected integer, found string \"tcp://10.0.0.5:80\""),
        ("APP_N", "2.5", "expected integer, found number 2.5"),
        ("APP_N", "yes", "expected integer, found boolean yes"),
        ("APP_N", "", "expected integer, found empty string\n"),
        ("APP_N", "a\u{202e}\u{1b}", "expected integer, found string \"a\\u202E\\u001B\""),
        ("APP_N", "[1", "expected integer, found array \"[1\""),
        ("APP_B", "3", "expected boolean, found integer 3"),
        ("APP_L", "1,x", "expected integer, found an item of type string \"x\""),
        ("APP_L__0", "y", "expected integer, found string \"y\""),
    ] {
        show(scalars, "", &[(name, text)]).exits_1().stderr_has(found);
    }
    let long = show(scalars, "", &[("APP_N", &"x".repeat(5_000))]).exits_1().stderr_has("xxx…");
    assert!(long.err.len() < 500);
    let secrets = r#""n": {"type": "integer", "x-secret": true},
        "l": {"type": "array", "items": {"type": "integer", "writeOnly": true}},
        "t": {"x-secret": true, "properties": {"n": {"type": "integer"}}},
        "o": {"type": "object", "properties": {"token": {"type": "integer", "x-secret": true}}},
        "a": {"type": "array", "items": {"type": "object", "properties": {"token": {"x-secret": true}}}}"#;
    for (name, text) in [
        ("APP_N", "hunter2"),
        ("APP_L", "1,hunter2"),
        ("APP_L__0", "hunter2"),
        ("APP_T__N", "hunter2"),
        ("APP_O", "hunter2"),
        ("APP_O", "{\"token\": hunter2"),
        ("APP_O__TOKEN", "hunter2"),
        ("APP_A", "hunter2"),
        ("APP_A", "[{\"token\": \"hunter2\""),
        ("APP_N", "tcp://hunter2:80"),
    ] {
        let links = [(name, text), ("APP_N_SERVICE_HOST", "h")];
        let result = run("check --format json", secrets, "", &links).exits_1();
        assert!(!result.both().contains("hunter2"), "{name}={text}: {result:?}");
    }
    let environment = Environment::of([("APP_PIN", "hunter2")]);
    let builder = Config::<BTreeMap<String, u16>>::builder().env_prefix("APP").environment(environment);
    let error = builder.secret("pin").open().unwrap_err().to_string();
    assert!(error.contains("found string\n") && !error.contains("hunter2"), "{error}");
}

#[test]
fn the_links_of_a_service_are_one_finding() {
    let links = [
        ("APP_SERVICE_HOST", "10.0.0.5"),
        ("APP_SERVICE_PORT", "80"),
        ("APP_SERVICE_PORT_HTTP", "80"),
        ("APP_PORT", "tcp://10.0.0.5:80"),
        ("APP_PORT_80_TCP", "tcp://10.0.0.5:80"),
        ("APP_PORT_80_TCP_PROTO", "tcp"),
        ("APP_PORT_80_TCP_PORT", "80"),
        ("APP_PORT_80_TCP_ADDR", "10.0.0.5"),
    ];
    let result = run("check --format json", r#""port": {"type": "integer"}"#, "", &links).exits_1();
    assert_eq!(result.codes(), ["env/service-link"]);
    assert_eq!(result.json()["diagnostics"][0]["key"], json!("port"));
    result
        .stderr_has("port: `APP_PORT` (tcp://10.0.0.5:80) and 7 more variables are set by the cluster for the service `app`")
        .stderr_has("help: set `enableServiceLinks: false` in the specification of the pod, or choose another prefix");
    let result = run("check --format json", r#""host": {"type": "string"}"#, "", &links).succeeds();
    assert_eq!(result.codes(), ["env/service-link"]);
    type Settings = BTreeMap<String, String>;
    let builder = Config::<Settings>::builder().env_prefix("APP").environment(Environment::of(links));
    let config = builder.open().unwrap();
    assert!(config.current().is_empty(), "no link becomes a free name");
    assert_eq!(config.snapshot().warnings().len(), 1);
}

#[test]
fn a_text_that_is_no_json_is_a_list_where_the_items_are_strings() {
    let strings = r#""l": {"type": "array", "items": {"type": "string"}}"#;
    for (text, shown) in [
        ("[a-z]+,[0-9]", "[\"[a-z]+\", \"[0-9]\"]"),
        ("[::1]:80,[::2]:80", "[\"[::1]:80\", \"[::2]:80\"]"),
        ("{a},b", "[\"{a}\", \"b\"]"),
        ("[INFO] x", "[\"[INFO] x\"]"),
        ("[\"a\", \"b\"]", "[\"a\", \"b\"]"),
        ("[]", "[]"),
        ("a,b", "[\"a\", \"b\"]"),
    ] {
        let shown = format!("l = {shown}\n");
        assert_eq!(show(strings, "", &[("APP_L", text)]).succeeds().no_stderr().out, shown, "{text}");
    }
    let others = r#""l": {"type": "array", "items": {"type": "integer"}}, "o": {"type": "object"}"#;
    for (name, text, place) in [
        (
            "APP_L",
            "[1, x]",
            "expected array, found invalid JSON at column 5 (expected a value, found an unquoted word)",
        ),
        (
            "APP_L",
            "[1,\n 2",
            "invalid JSON at line 2, column 3 (expected `,` or `]`, found the end of the input)",
        ),
        ("APP_O", "{a: 1}", "expected object, found invalid JSON at column 2"),
    ] {
        show(others, "", &[(name, text)]).exits_1().stderr_has(place);
    }
}

#[test]
fn an_empty_variable_is_as_if_not_set_where_the_schema_says_so() {
    let unset = r#""x-env-empty": "unset""#;
    let properties = format!(
        r#""n": {{"type": "integer", {unset}}}, "s": {{"type": "string"}}, "m": {{"type": "integer"}},
           "t": {{{unset}, "properties": {{"n": {{"type": "integer"}}, "s": {{"type": "string"}},
                 "v": {{"type": "string", "x-env-empty": "value"}},
                 "token": {{"type": "string", "x-secret": true}}}}}}"#
    );
    let file = "n = 1\ns = 'x'\n[t]\nn = 2\ns = 'y'\nv = 'z'\n";
    let empty = [
        ("APP_N", ""),
        ("APP_S", ""),
        ("APP_T__N", ""),
        ("APP_T__S", ""),
        ("APP_T__V", ""),
        ("APP_T__TOKEN_FILE", ""),
    ];
    let result = show(&properties, file, &empty).succeeds().no_stderr();
    assert_eq!(result.out, "n = 1\ns = \"\"\n\n[t]\nn = 2\ns = \"y\"\nv = \"\"\n");
    show(&properties, file, &[("APP_M", "")]).exits_1().stderr_has("expected integer, found empty string");
    let rows = run("env --format json", &properties, file, &empty).succeeds().json();
    let set = rows.as_array().unwrap().iter().filter(|row| row["set"] == json!(true));
    assert_eq!(set.map(|row| row["key"].as_str().unwrap()).collect::<Vec<_>>(), ["s", "t.v"]);
    let root = run("show", r#""n": {"type": "integer"}"#, "n = 1\n", &[("APP_N", " ")]);
    root.exits_1().stderr_has("found empty string");
}

const UNION: &str = r#""timeout": {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[0-9]+(ms|s)$"}]},
    "command": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    "level": {"type": ["boolean", "integer", "null"]},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}}"#;

#[test]
fn a_text_is_the_first_of_several_types_that_the_schema_accepts() {
    for (key, text, expected) in [
        ("timeout", "30", "30"),
        ("timeout", "30s", "\"30s\""),
        ("command", "ls", "\"ls\""),
        ("command", "[\"ls\"]", "\"[\\\"ls\\\"]\""),
        ("level", "1", "1"),
        ("level", "true", "true"),
        ("level", "null", "null"),
    ] {
        let variable = format!("APP_{}", key.to_uppercase());
        let out = run(&format!("show {key}"), UNION, "", &[(&variable, text)]).succeeds().out;
        assert_eq!(out.trim_end(), expected, "{key}={text}");
        let out = run(&format!("show {key} --set {key}={text}"), UNION, "", &[]).succeeds().out;
        assert_eq!(out.trim_end(), expected, "--set {key}={text}");
    }
}

#[test]
fn an_error_of_several_types_lists_what_was_tried() {
    run("check", UNION, "", &[("APP_TIMEOUT", "soon")])
        .exits_1()
        .stderr_has("`APP_TIMEOUT`: expected string or integer, found a wrong text \"soon\"\n")
        .stderr_has("as string: expected a string that matches `^[0-9]+(ms|s)$`; as integer")
        .stderr_has("as integer: found string")
        .stderr_has("`APP_TIMEOUT__JSON`");
    run("check --set timeout=soon", UNION, "", &[]).exits_1().stderr_has("`--set-json timeout=…`");
}

#[test]
fn a_value_may_be_given_as_json() {
    let list = r#"["ls","-l"]"#;
    let result = run("show command", UNION, "", &[("APP_COMMAND__JSON", list)]).succeeds();
    assert_eq!(result.no_stderr().out.trim_end(), r#"["ls", "-l"]"#);
    let result = run(&format!("show command --set-json command={list}"), UNION, "", &[]).succeeds();
    assert_eq!(result.no_stderr().out.trim_end(), r#"["ls", "-l"]"#);
    run("check", UNION, "", &[("APP_COMMAND__JSON", "[")])
        .exits_1()
        .stderr_has("expected JSON, found invalid JSON");
    run("check --set-json command=[", UNION, "", &[]).exits_1().stderr_has("error[override/type]");
    // In a table with free names, `JSON` is one of them.
    let out = show(UNION, "", &[("APP_LABELS__json", "{}")]).succeeds().out;
    assert_eq!(out, "[labels]\njson = \"{}\"\n");
}
