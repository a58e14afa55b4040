//! The library as an application embeds it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use speckit::app::ConfigLoader;
use speckit::{Config, ConfigError, Loaded, Snapshot};
use speckit_core::config::schema::Schema;
use speckit_core::config::source::{Environment, Override};

use crate::test_dir::TestDir;

#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, schemars::JsonSchema)]
struct Settings {
    /// The name of the application.
    name: String,
    #[serde(default)]
    port: Option<u16>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    extra: BTreeMap<String, i64>,
}

const DEFAULTS: &str = "name = \"app\"\nport = 1\ntags = [\"a\"]\n";

const SCHEMA: &str = r#"{"type": "object", "required": ["name"], "properties": {
    "name": {"type": "string"}, "port": {"type": "integer", "minimum": 1, "default": 80},
    "token": {"type": "string", "x-secret": true, "default": "unset-token"}}}"#;

fn app_builder() -> speckit::Builder<Settings> {
    Config::builder().defaults_toml(DEFAULTS).environment(Environment::default())
}

#[track_caller]
fn expect_refusal<T: std::fmt::Debug>(result: Result<T, ConfigError>) -> (Vec<String>, String) {
    let error = result.expect_err("the configuration is refused");
    assert!(matches!(error, ConfigError::Refused { .. }), "{error:?}");
    (error.diagnostics().iter().map(|diagnostic| diagnostic.code.to_string()).collect(), error.to_string())
}

#[test]
fn the_order_of_builder_calls_does_not_change_the_order_of_layers() {
    let dir = TestDir::new().file("low.toml", "port = 2\n").file("high.toml", "port = 3\n");
    let (low, high) = (dir.path("low.toml"), dir.path("high.toml"));
    let port = |builder: speckit::Builder<Settings>| builder.open().unwrap().load().port;
    let set =
        || app_builder().set("port", "5").env_prefix("APP").environment(Environment::of([("APP_PORT", "4")]));
    assert_eq!(port(app_builder()), Some(1));
    assert_eq!(port(app_builder().file(&high).file(&low)), Some(2), "the later file wins");
    assert_eq!(port(app_builder().file(&low).file(&high)), Some(3));
    assert_eq!(port(set().file(&low).file(&high)), Some(5));
    assert_eq!(port(set().set("port", "6")), Some(6));
    let environment = Environment::of([("APP_PORT", "4")]);
    assert_eq!(port(app_builder().env_prefix("APP").environment(environment.clone()).file(&high)), Some(4));
    assert_eq!(port(app_builder().environment(environment)), Some(1), "without a prefix no variable is read");
}

#[test]
fn a_settings_value_can_be_the_defaults() {
    let defaults = Settings {
        name: "typed".into(),
        port: None,
        tags: vec!["x".into()],
        extra: BTreeMap::from([("one".into(), 1)]),
    };
    let config = Config::<Settings>::builder().defaults(&defaults);
    let config =
        config.environment(Environment::of([("APP_EXTRA__ONE", "7")])).env_prefix("APP").open().unwrap();
    assert_eq!((config.load().name.as_str(), config.load().port), ("typed", None));
    assert_eq!(config.load().extra["one"], 7);
}

#[test]
fn without_a_schema_types_come_from_the_defaults() {
    let variables = Environment::of([("APP_NAME", "00123"), ("APP_PORT", "00123"), ("APP_TAGS", "1, true")]);
    let (codes, report) = expect_refusal(app_builder().env_prefix("APP").environment(variables).open());
    assert_eq!(codes, ["env/type"], "{report}");
    let variables = Environment::of([("APP_NAME", "00123"), ("APP_PORT", "123"), ("APP_TAGS", "1, true")]);
    let config = app_builder().env_prefix("APP").environment(variables).open().unwrap();
    let settings = config.current();
    assert_eq!((settings.name.as_str(), settings.port), ("00123", Some(123)));
    assert_eq!(settings.tags, ["1", "true"]);
    let config = app_builder().set("name", "1e10").open().unwrap();
    assert_eq!(config.load().name, "1e10");
}

#[test]
fn a_missing_file_is_allowed_unless_it_is_required() {
    let dir = TestDir::new();
    assert!(app_builder().file(dir.path("gone.toml")).open().is_ok());
    let (codes, report) = expect_refusal(app_builder().required_file(dir.path("gone.toml")).open());
    assert_eq!(codes, ["file/missing"]);
    assert!(report.contains("gone.toml` does not exist"), "{report}");
}

#[test]
fn unset_removes_the_value_of_lower_layers() {
    assert_eq!(app_builder().unset("port").open().unwrap().load().port, None);
    let (codes, _) = expect_refusal(app_builder().unset("name").open());
    assert_eq!(codes.len(), 1, "the type requires a name: {codes:?}");
}

#[test]
fn every_rule_of_the_application_is_checked() {
    let rule = |what: &'static str, ok: bool| move |_: &Settings| if ok { Ok(()) } else { Err(what) };
    assert!(app_builder().validate(rule("a", true)).open().is_ok());
    let config = app_builder()
        .validate(rule("first", false))
        .validate(rule("second", true))
        .validate(rule("third", false));
    let (codes, report) = expect_refusal(config.open());
    assert_eq!(codes, ["rule/refused", "rule/refused"]);
    assert!(report.contains("first") && report.contains("third") && !report.contains("second"), "{report}");
}

#[test]
fn a_rule_is_only_called_with_settings_that_the_schema_allows() {
    let config = Config::<Settings>::builder().schema_json(SCHEMA).environment(Environment::default());
    let config = config
        .set("port", "0")
        .set("name", "x")
        .validate(|_: &Settings| -> Result<(), &str> { panic!("a rule is called with invalid settings") });
    assert_eq!(expect_refusal(config.open()).0, ["schema/minimum"]);
}

#[test]
fn an_error_shows_the_line_with_a_caret() {
    let dir = TestDir::new().file("app.toml", "name = \"x\"\nport = 70000\n");
    let path = dir.path("app.toml");
    let (_, report) = expect_refusal(app_builder().file(&path).open());
    let location = format!("{}:2:8", path.display());
    for part in ["error[", &location, "2 | port = 70000\n", "  |        ^^^^^\n", "1 error"] {
        assert!(report.contains(part), "no `{part}` in\n{report}");
    }
    assert!(!report.contains('\u{1b}'), "the text contains no colour codes");
}

#[test]
fn one_error_contains_all_mistakes() {
    let dir = TestDir::new().file("app.toml", "name = 1\nport = 0\n");
    let config = Config::<Settings>::builder().schema_json(SCHEMA).environment(Environment::default());
    let (codes, report) = expect_refusal(config.file(dir.path("app.toml")).open());
    assert_eq!(codes, ["schema/type", "schema/minimum"]);
    assert!(report.contains("2 errors"), "{report}");
}

#[test]
fn mistakes_of_the_program_and_of_its_user_are_different_errors() {
    let assert_rules_error = |error: ConfigError, code: &str| {
        assert!(matches!(error, ConfigError::Rules { .. }), "{error:?}");
        assert!(error.diagnostics()[0].code.as_str().starts_with(code), "{error}");
    };
    let builder = || Config::<Settings>::builder();
    assert_rules_error(builder().schema_json(r#"{"type": "strange"}"#).open().unwrap_err(), "schema/invalid");
    assert_rules_error(builder().schema_json("{").open().unwrap_err(), "parse/");
    assert_rules_error(builder().defaults_toml("name = ").open().unwrap_err(), "parse/");
    let error = builder().defaults_toml("name = ").schema_json("{").open().unwrap_err();
    assert_eq!(error.diagnostics().len(), 2, "every mistake at once: {error}");
}

#[test]
fn a_prepared_schema_is_used_for_its_own_text_only() {
    let prepared = Schema::prepare(SCHEMA).unwrap();
    let other = SCHEMA.replace("\"minimum\": 1", "\"minimum\": 5000");
    let report = |text: &str, prepared: &[u8]| {
        let builder = app_builder().schema_prepared(text, prepared).set("port", "0");
        expect_refusal(builder.open()).1
    };
    let with_text = |text: &str| expect_refusal(app_builder().schema_json(text).set("port", "0").open()).1;
    assert_eq!(report(SCHEMA, &prepared), with_text(SCHEMA));
    assert_eq!(report(&other, &prepared), with_text(&other));
    assert_eq!(report(SCHEMA, b""), with_text(SCHEMA));
    let error = app_builder().schema_prepared(r#"{"type": "strange"}"#, &prepared).open().unwrap_err();
    assert_eq!(error.diagnostics()[0].code.as_str(), "schema/invalid");
}

#[test]
fn strict_turns_warnings_into_errors() {
    let app_builder = || {
        let app_builder = app_builder().schema_json(SCHEMA).env_prefix("APP");
        app_builder.environment(Environment::of([("APP_NMAE", "x")]))
    };
    let config = app_builder().open().unwrap();
    assert_eq!(config.snapshot().warnings()[0].code, "env/unknown");
    assert_eq!(expect_refusal(app_builder().strict(true).open()).0, ["env/unknown"]);
}

#[test]
fn a_snapshot_explains_and_prints_itself_without_secrets() {
    let dir = TestDir::new().file("app.toml", "name = \"x\"\ntoken = \"sesame-in-file\"\n");
    let config = Config::<Settings>::builder()
        .schema_json(SCHEMA)
        .file(dir.path("app.toml"))
        .env_prefix("APP")
        .environment(Environment::of([("APP_TOKEN", "sesame-in-variable")]))
        .open()
        .unwrap();
    let snapshot = config.snapshot();
    assert_eq!(snapshot.generation(), 1);
    assert_eq!(snapshot.to_text(), "name = \"x\"\nport = 80\ntoken = \"[redacted]\"\n");
    let token = snapshot.explain("token").unwrap();
    assert_eq!(token.winner.as_ref().unwrap().to_string(), "APP_TOKEN");
    assert_eq!(token.variable.as_deref(), Some("APP_TOKEN"));
    assert_eq!(token.history.len(), 3);
    assert!(token.secret && !format!("{token:?}{}", token.to_text()).contains("sesame"));
    assert!(snapshot.explain("tokn").is_none() && snapshot.explain("a..b").is_none());
    // The tree itself contains the secrets, because the application needs them.
    assert_eq!(snapshot.root_with_secrets().member("token").unwrap().as_str(), Some("sesame-in-variable"));
}

#[test]
fn debug_output_shows_no_value() {
    let secret = "sesame-everywhere";
    let builder = || app_builder().set("name", secret).validate(|_: &Settings| Ok::<(), String>(()));
    let config = builder().open().unwrap();
    let loader = ConfigLoader::new("x.toml").environment(Environment::of([("SPECKIT_X", secret)]));
    let loader = loader.overrides(vec![Override::Set { key: "a".into(), text: secret.into() }]);
    for text in [
        format!("{:?}", builder()),
        format!("{config:?}"),
        format!("{:?}", config.snapshot()),
        format!("{loader:?}"),
    ] {
        assert!(!text.contains("sesame"), "{text}");
    }
}

#[test]
fn a_secret_in_the_message_of_a_rule_is_masked() {
    let config = Config::<Settings>::builder().schema_json(SCHEMA).environment(Environment::default());
    let config = config
        .set("name", "x")
        .set("token", "sesame-quoted")
        .validate(|_: &Settings| Err("not sesame-quoted"));
    let error = config.open().unwrap_err();
    assert!(error.to_string().contains("not [redacted]"), "{error}");
    assert!(!format!("{error:?}{:?}", error.diagnostics()).contains("sesame"), "{error:?}");
}

#[test]
fn threads_can_share_a_configuration() {
    fn require_shareable<T: Clone + Send + Sync + 'static>(config: &T) -> T {
        config.clone()
    }
    fn require_send<T: Send + Sync>() {}
    require_send::<Snapshot<Settings>>();
    require_send::<ConfigError>();
    let config = app_builder().open().unwrap();
    let other = require_shareable(&config);
    let kept = std::thread::spawn(move || other.current()).join().unwrap();
    assert!(Arc::ptr_eq(&kept, &config.current()), "both point to the same generation");
    let loaded: Loaded<Settings> = config.load();
    assert_eq!(loaded.name, "app");
}

#[test]
fn a_schema_can_come_from_the_type() {
    let of_type = || Config::<Settings>::builder().schema_of_type().env_prefix("APP");
    let environment = Environment::of([("APP_NAME", "00123"), ("APP_PORT", "8080"), ("APP_EXTRA__ONE", "1")]);
    let config = of_type().environment(environment).open().unwrap();
    assert_eq!((config.load().name.as_str(), config.load().port), ("00123", Some(8080)));
    let name = config.snapshot().explain("name").unwrap();
    assert_eq!(name.description.as_deref(), Some("The name of the application."));
    let (codes, _) = expect_refusal(of_type().environment(Environment::of([("APP_PORT", "70000")])).open());
    assert_eq!(codes, ["schema/required", "schema/maximum"]);
}

#[test]
fn the_loader_loads_the_shipped_application() {
    let dir = TestDir::new()
        .file("c.toml", "[retry]\nmax_attempts = 4\n")
        .file("d/1.toml", "[retry]\nmax_attempts = 5\n");
    let load = |path: &str| ConfigLoader::new(dir.path(path)).environment(Environment::default()).load();
    assert_eq!(load("gone.toml").unwrap().retry.max_attempts, 3);
    assert_eq!(load("c.toml").unwrap().retry.max_attempts, 4);
    assert_eq!(load("d").unwrap().retry.max_attempts, 5);
    let loader = ConfigLoader::new(dir.path("c.toml"));
    let loader =
        loader.environment(Environment::of([("SPECKIT_RETRY__MAX_ATTEMPTS", "6"), ("SPECKIT_CONFIG", "x")]));
    assert_eq!(loader.load().unwrap().retry.max_attempts, 6);
    let overrides = vec![Override::Set { key: "retry.max_attempts".into(), text: "7".into() }];
    assert_eq!(loader.clone().overrides(overrides).strict(true).load().unwrap().retry.max_attempts, 7);
    dir.write("c.toml", "[quality_gates]\nplan = [\"nobody\"]\n[retry]\nmax_attempts = 0\n");
    let (codes, report) = expect_refusal(load("c.toml"));
    assert_eq!(codes, ["name/unknown", "schema/minimum"], "{report}");
}
