//! Settings of one's own type without a schema: the type says what a variable means.

use std::collections::BTreeMap;

use serde::Deserialize;
use speckit::{Builder, Config, ConfigError, Environment};

use crate::test_dir::TestDir;

mod beside_schema;
mod buffered;
mod mistakes;
mod secrets;

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
fn a_prefix_that_no_variable_can_have_is_refused() {
    for prefix in ["", "_", "a-b", "ä"] {
        let error = Config::<BTreeMap<String, String>>::builder().env_prefix(prefix).open().unwrap_err();
        assert_eq!(error.diagnostics()[0].code, speckit::Code::RulePrefix, "{error}");
    }
}

#[test]
fn a_type_whose_code_panics_on_made_up_values_is_loaded() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(from = "String")]
    struct Address(String, String);
    impl From<String> for Address {
        fn from(text: String) -> Self {
            let (host, port) = text.split_once(':').expect("host:port");
            Self(host.into(), port.into())
        }
    }
    #[derive(Debug, Deserialize)]
    struct Settings {
        address: Address,
        password: speckit::Secret<String>,
    }
    let environment = Environment::of([("APP_ADDRESS", "h:1"), ("APP_PASSWORD", "hunter2")]);
    let config = Config::<Settings>::builder().env_prefix("APP").environment(environment).open().unwrap();
    assert_eq!(config.current().address, Address("h".into(), "1".into()));
    assert_eq!(config.current().password.expose(), "hunter2");
    assert_eq!(config.snapshot().to_text(), "address = \"h:1\"\npassword = \"[redacted]\"\n");
}

#[test]
fn an_alias_sets_the_key_of_its_field_in_every_layer() {
    #[derive(Debug, Deserialize, schemars::JsonSchema)]
    struct Aliased {
        #[serde(alias = "uri", alias = "link")]
        url: String,
        #[serde(default)]
        items: Vec<Item>,
    }
    #[derive(Debug, Deserialize, schemars::JsonSchema)]
    struct Item {
        #[serde(alias = "label")]
        name: String,
    }
    let dir = TestDir::new()
        .file("low.toml", "uri = 'a'\nitems = [{ label = 'x' }]\n")
        .file("high.toml", "url = 'b'\n")
        .file("both.toml", "uri = 'a'\nlink = 'b'\n");
    for has_schema in [false, true] {
        let builder = |variables: &[(&str, &str)]| {
            let builder = Config::<Aliased>::builder().env_prefix("APP");
            let builder = builder.environment(Environment::of(variables.iter().copied()));
            if has_schema { builder.schema_of_type() } else { builder }
        };
        let low = || builder(&[]).file(dir.path("low.toml"));
        assert_eq!(low().open().unwrap().snapshot().to_text(), "items = [{ name = \"x\" }]\nurl = \"a\"\n");

        let variables = [("APP_LINK", "c"), ("APP_ITEMS", r#"[{"label": "y"}]"#)];
        let config = builder(&variables).file(dir.path("low.toml")).file(dir.path("high.toml"));
        let config = config.set("uri", "d").open().unwrap();
        assert!(config.snapshot().warnings().is_empty(), "{}", config.snapshot().warnings());
        assert_eq!((config.load().url.as_str(), config.load().items[0].name.as_str()), ("d", "y"));
        let history = config.snapshot().explain("url").unwrap().history;
        let origins: Vec<String> = history.iter().map(|from| from.origin.to_string()).collect();
        assert!(origins[0].ends_with("low.toml:1:7") && origins[1].ends_with("high.toml:1:7"), "{origins:?}");
        assert_eq!(origins[2..], ["APP_LINK", ".set(\"uri\")"]);

        let error = builder(&[]).file(dir.path("both.toml")).open().unwrap_err();
        assert!(error.to_string().contains("both.toml"), "{error}");
    }
}

#[test]
fn json_sets_a_variant_with_content_and_each_of_several_aliases_sets_its_field() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Level {
        Low,
        Custom { min: u8 },
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Settings {
        level: Level,
        #[serde(alias = "colour", alias = "hue")]
        color: String,
    }
    let builder = |variables: &[(&str, &str)]| {
        let builder = Config::<Settings>::builder().defaults_toml("level = 'low'\ncolor = 'red'\n");
        builder.env_prefix("APP").environment(Environment::of(variables.iter().copied()))
    };
    let config = builder(&[("APP_LEVEL", r#"{"custom": {"min": 1}}"#), ("APP_HUE", "green")]).open().unwrap();
    assert_eq!(*config.load(), Settings { level: Level::Custom { min: 1 }, color: "green".into() });
    assert_eq!(builder(&[]).set("colour", "blue").open().unwrap().load().color, "blue");
    let error = builder(&[("APP_LEVEL", "hihg")]).open().err().unwrap().to_string();
    assert!(error.contains("unknown variant, expected `low` or `custom`"), "{error}");
}

#[test]
fn an_empty_variable_of_an_option_is_none_unless_the_empty_string_is_accepted() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Options {
        #[serde(default)]
        level: Option<Level>,
        address: Option<std::net::SocketAddr>,
        name: Option<String>,
        port: Option<u16>,
    }
    let variables = ["APP_LEVEL", "APP_ADDRESS", "APP_NAME", "APP_PORT"].map(|name| (name, ""));
    let builder = Config::<Options>::builder().defaults_toml("level = 'high'\nport = 80\n");
    let config = builder.env_prefix("APP").environment(Environment::of(variables)).open().unwrap();
    let expected = Options { level: None, address: None, name: Some(String::new()), port: None };
    assert_eq!(*config.load(), expected);
}

#[test]
fn each_element_of_a_tuple_has_its_type() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Settings {
        pair: (u8, String),
        pairs: Vec<(String, u8)>,
        place: (std::net::SocketAddr, speckit::Secret<String>),
    }
    let variables = [
        ("APP_PAIR", "2,3"),
        ("APP_PAIRS__0__0", "4"),
        ("APP_PAIRS__0__1", "5"),
        ("APP_PLACE", r#"["1.1.1.1:1", "hunter2"]"#),
    ];
    let builder = Config::<Settings>::builder().env_prefix("APP").environment(Environment::of(variables));
    let config = builder.open().unwrap();
    assert_eq!(config.load().pair, (2, "3".into()));
    assert_eq!(config.load().pairs, [("4".into(), 5)]);
    assert!(!config.snapshot().to_text().contains("hunter2"), "a secret behind an address is found");
}
