//! Settings of one's own type without a schema: the type says what a variable means.

use std::collections::BTreeMap;

use serde::Deserialize;
use speckit::{Builder, Config, ConfigError, Environment};

#[derive(Debug, PartialEq, Deserialize)]
struct Settings {
    port: Option<u16>,
    debug: Option<bool>,
    ratio: Option<f32>,
    #[serde(default)]
    retries: Vec<u32>,
    #[serde(default)]
    servers: Vec<Server>,
    #[serde(default)]
    tenants: BTreeMap<String, Server>,
    #[serde(default, rename = "maxMb", alias = "limit")]
    max_mb: u64,
    #[serde(default)]
    level: Level,
    code: Option<String>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
struct Server {
    host: String,
    #[serde(default)]
    weight: u8,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    #[default]
    Low,
    High,
    Custom {
        value: i32,
    },
}

fn builder(variables: &[(&str, &str)]) -> Builder<Settings> {
    Config::builder().env_prefix("APP").environment(Environment::of(variables.iter().copied()))
}

fn error(variables: &[(&str, &str)]) -> String {
    builder(variables).open().err().map(|error: ConfigError| error.to_string()).unwrap_or_default()
}

#[test]
fn a_variable_has_the_type_that_the_settings_read() {
    let config = builder(&[
        ("APP_PORT", "5"),
        ("APP_DEBUG", "yes"),
        ("APP_RATIO", "1"),
        ("APP_RETRIES", "1,2"),
        ("APP_SERVERS__0__HOST", "a"),
        ("APP_SERVERS__0__WEIGHT", "7"),
        ("APP_TENANTS__ACME__HOST", "b"),
        ("APP_TENANTS__ACME__WEIGHT", "8"),
        ("APP_LIMIT", "9"),
        ("APP_LEVEL__CUSTOM__VALUE", "-3"),
        ("APP_CODE", "00123"),
    ])
    .open()
    .unwrap();
    let server = |host: &str, weight| Server { host: host.into(), weight };
    let expected = Settings {
        port: Some(5),
        debug: Some(true),
        ratio: Some(1.0),
        retries: vec![1, 2],
        servers: vec![server("a", 7)],
        tenants: BTreeMap::from([("acme".into(), server("b", 8))]),
        max_mb: 9,
        level: Level::Custom { value: -3 },
        code: Some("00123".into()),
    };
    assert_eq!(*config.current(), expected);
    assert!(config.snapshot().warnings().is_empty(), "{}", config.snapshot().warnings());
    insta::assert_snapshot!(config.snapshot().to_text(), @r#"
    code = "00123"
    debug = true
    level.custom.value = -3
    maxMb = 9
    port = 5
    ratio = 1
    retries = [1, 2]
    servers = [{ host = "a", weight = 7 }]
    tenants.acme.host = "b"
    tenants.acme.weight = 8
    "#);
}

#[test]
fn every_text_that_the_type_does_not_read_is_reported_with_its_variable() {
    let error = error(&[("APP_PORT", "many"), ("APP_DEBUG", "2"), ("APP_RETRIES", "1,x")]);
    insta::assert_snapshot!(error, @r"
    error[env/type]: debug: `APP_DEBUG`: expected boolean or null, found integer
     --> APP_DEBUG (environment)
      = help: write `true` or `false`

    error[env/type]: port: `APP_PORT`: expected integer or null, found string
     --> APP_PORT (environment)
      = help: write a whole number such as `10`

    error[env/type]: retries: `APP_RETRIES`: expected integer, found an item of type string
     --> APP_RETRIES (environment)
      = help: write an array as `80,443` or as JSON `[80,443]`

    3 errors
    ");
}

#[test]
fn a_variable_that_names_no_field_is_a_warning_with_the_nearest_name() {
    let config =
        builder(&[("APP_PROT", "1"), ("APP_SERVERS__0__HOST", "a"), ("APP_PROFILE", "x")]).open().unwrap();
    insta::assert_snapshot!(config.snapshot().warnings(), @r"
    warning[env/unknown]: `APP_PROFILE` sets no key
     --> APP_PROFILE (environment)
      = help: the variable of a key `a.b_c` is `APP_A__B_C`

    warning[env/unknown]: `APP_PROT` sets no key
     --> APP_PROT (environment)
      = help: did you mean `APP_PORT`?

    2 warnings
    ");
}
