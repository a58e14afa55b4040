//! Reports about variables that set no key, or that have an invalid value.

use speckit_core::config::resolve::{Document, Inputs, Rules};
use speckit_core::config::source::{Environment, Variable};
use speckit_tests::golden;

use crate::{application, defaults_and, report, schema};

fn report_over_defaults(variables: &[(&str, &str)]) -> String {
    let environment = Environment::of(variables.iter().copied());
    report(
        &application(),
        &Inputs { documents: defaults_and("config.toml", ""), environment, ..Inputs::default() },
    )
}

/// Rules of a schema with prefix `APP`, and no document.
fn rules(text: &str) -> Rules {
    Rules::new(Some(schema("app.schema.json", text))).with_prefix("APP", &["CONFIG"])
}

fn report_environment(rules: &Rules, environment: Environment) -> String {
    report(rules, &Inputs { documents: Vec::<Document>::new(), environment, ..Inputs::default() })
}

#[test]
fn an_unknown_variable_is_reported_with_the_nearest_one() {
    let text = report_over_defaults(&[
        ("SPECKIT_HOT_RELOAD__DEBONCE_MS", "2000"),
        ("SPECKIT_HOT_RELOAD_DEBOUNCE_MS", "2000"),
        ("SPECKIT_COLOUR", "blue"),
        ("SPECKIT_CONFIG", "reserved.toml"),
        ("HOME", "/home/ann"),
    ]);
    golden!("config/environment", "unknown_variables", text);
}

#[test]
fn a_variable_of_the_wrong_type_is_refused_with_the_valid_formats() {
    let text = report_over_defaults(&[
        ("SPECKIT_HOT_RELOAD__DEBOUNCE_MS", "2s"),
        ("SPECKIT_HOT_RELOAD__ENABLED", "maybe"),
        ("SPECKIT_RETRY__MULTIPLIER", "twice"),
        ("SPECKIT_RETRY__MAX_ATTEMPTS", "2.5"),
    ]);
    golden!("config/environment", "scalars_of_the_wrong_type", text);
}

#[test]
fn invalid_lists_and_tables_show_both_formats() {
    let text = report_over_defaults(&[
        ("SPECKIT_PROVIDERS__OPENAI__RETRYABLE_EXITS", "75;76"),
        ("SPECKIT_PROVIDERS__GOOGLE__RETRYABLE_EXITS", "[75, 76"),
        ("SPECKIT_HOT_RELOAD__WATCH_PATHS", "\"config.toml"),
        ("SPECKIT_MODELS__CLAUDE", "claude-opus-4"),
        ("SPECKIT_RETRY", "{\"max_attempts\": }"),
    ]);
    golden!("config/environment", "lists_and_tables_of_the_wrong_form", text);
}

#[test]
fn a_schema_violation_is_reported_at_its_variable() {
    let text = report_over_defaults(&[
        ("SPECKIT_HOT_RELOAD__DEBOUNCE_MS", "100"),
        ("SPECKIT_HOT_RELOAD__MODE", "pol"),
        ("SPECKIT_QUALITY_GATES__PLAN", "claude,gemni"),
    ]);
    golden!("config/environment", "schema_violations", text);
}

#[test]
fn list_items_must_be_in_the_list_or_follow_it() {
    let text = report_over_defaults(&[
        ("SPECKIT_QUALITY_GATES__PLAN__0", "gemini"),
        ("SPECKIT_QUALITY_GATES__PLAN__4", "gemini"),
        ("SPECKIT_QUALITY_GATES__AUDIT__7", "gemini"),
        ("SPECKIT_QUALITY_GATES__TASKS", "claude"),
        ("SPECKIT_QUALITY_GATES__TASKS__0", "gemini"),
    ]);
    golden!("config/environment", "elements_with_gaps", text);
}

#[test]
fn an_ambiguous_variable_is_refused() {
    let ambiguous = rules(
        r#"{"properties": {"log-level": {"type": "string"}, "log_level": {"type": "string"},
            "level": {"type": "integer", "x-env": "LEVEL"}}}"#,
    );
    golden!(
        "config/environment",
        "a_variable_of_two_keys",
        report_environment(&ambiguous, Environment::of([("APP_LOG_LEVEL", "info")]))
    );
}

#[test]
fn two_variables_of_one_key_are_refused_and_former_names_are_reported() {
    let rules = rules(
        r#"{"properties": {"port": {"type": "integer", "x-aliases": ["APP_LISTEN", "PORT"]},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}}}}"#,
    );
    let environment = Environment::of([
        ("APP_LISTEN", "81"),
        ("APP_LABELS__TEAM", "a"),
        ("APP_LABELS__team", "b"),
        ("PORT", "82"),
    ]);
    golden!("config/environment", "variables_of_one_key", report_environment(&rules, environment));
}

#[test]
fn a_text_of_several_types_is_refused_with_one_reason_for_each() {
    let rules = rules(
        r#"{"properties": {
            "timeout": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[0-9]+(ms|s)$"}]},
            "listen": {"anyOf": [{"type": "string", "format": "ipv4"}, {"type": "string", "pattern": "^unix:"},
                {"type": "object", "properties": {"port": {"type": "integer"}}, "required": ["port"]}, {"type": "integer"}]},
            "level": {"type": ["integer", "boolean", "array", "object", "null"], "items": {"type": "integer"}},
            "pin": {"anyOf": [{"type": "integer"}, {"enum": ["none", "ask"]}], "x-secret": true}}}"#,
    );
    let environment = Environment::of([
        ("APP_TIMEOUT", "soon"),
        ("APP_LISTEN", "localhost"),
        ("APP_LEVEL", "high"),
        ("APP_PIN", "hunter2-planted"),
    ]);
    let text = report_environment(&rules, environment);
    assert!(!text.contains("hunter2"), "{text}");
    golden!("config/environment", "texts_of_several_types", text);
}

#[test]
fn an_unreadable_secret_file_is_reported_at_its_variable() {
    let rules = rules(
        r#"{"properties": {"token": {"type": "string", "x-secret": true},
            "pin": {"type": "integer", "writeOnly": true}, "other": {"type": "string", "x-secret": true}}}"#,
    );
    let mut environment = Environment::new([
        ("APP_TOKEN_FILE", Variable::Text("secrets/token".into())),
        ("APP_PIN", Variable::Text("hunter2-planted".into())),
        ("APP_OTHER", Variable::NotUnicode),
    ]);
    environment.add_file("secrets/token", Err("permission denied".into()));
    let text = report_environment(&rules, environment);
    assert!(!text.contains("hunter2"), "{text}");
    golden!("config/environment", "unreadable_secrets", text);
}
