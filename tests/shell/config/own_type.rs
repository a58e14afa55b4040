//! Settings of one's own type without a schema: the type says what a variable means.

use std::collections::BTreeMap;

use serde::Deserialize;
use speckit::{Builder, Config, ConfigError, Environment};

use crate::test_dir::TestDir;

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

fn file(text: &str) -> (tempfile::TempDir, Builder<Settings>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app.toml"), text).unwrap();
    let builder = builder(&[]).file(folder.path().join("app.toml"));
    (folder, builder)
}

fn report(folder: &tempfile::TempDir, error: &impl std::fmt::Display) -> String {
    error.to_string().replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn a_key_that_names_no_field_is_a_warning_or_on_request_an_error() {
    let text = "prot = 1\n[[servers]]\nhost = 'a'\nwieght = 2\n[tenants.acme]\nhost = 'b'\nx = { y = 1 }\n";
    let (folder, builder) = file(text);
    let config = builder.set("prt", "5").open().unwrap();
    insta::assert_snapshot!(report(&folder, config.snapshot().warnings()), @r"
    warning[type/unknown-field]: prot: unknown key, expected `port`, `debug`, `ratio`, `retries`, `servers`, `tenants`, `limit`, `maxMb`, `level` or `code`
     --> app.toml:1:8
      |
    1 | prot = 1
      |        ^
      |
      = help: did you mean `port`?

    warning[type/unknown-field]: servers[0].wieght: unknown key, expected `host` or `weight`
     --> app.toml:4:10
      |
    4 | wieght = 2
      |          ^
      |
      = help: did you mean `weight`?

    warning[type/unknown-field]: tenants.acme.x: unknown key, expected `host` or `weight`
     --> app.toml:7:5
      |
    7 | x = { y = 1 }
      |     ^^^^^^^^^

    warning[type/unknown-field]: prt: unknown key, expected `port`, `debug`, `ratio`, `retries`, `servers`, `tenants`, `limit`, `maxMb`, `level` or `code`
     --> --set prt
      = help: did you mean `port`?

    4 warnings
    ");
    let (folder, builder) = file("prot = 1\n");
    let error = builder.deny_unknown_fields(true).open().unwrap_err();
    insta::assert_snapshot!(report(&folder, &error), @r"
    error[type/unknown-field]: prot: unknown key, expected `port`, `debug`, `ratio`, `retries`, `servers`, `tenants`, `limit`, `maxMb`, `level` or `code`
     --> app.toml:1:8
      |
    1 | prot = 1
      |        ^
      |
      = help: did you mean `port`?

    1 error
    ");
}

#[test]
fn every_value_of_a_wrong_type_and_every_missing_key_is_reported() {
    let text = "port = 'high'\nratio = 1\ndebug = 3\nlevel = 'hihg'\nretries = [1, 'x', 'y']\n\
                [[servers]]\nweight = 1\n[[servers]]\nhost = 5\nweight = 300\n[tenants.acme]\n";
    let (folder, builder) = file(text);
    let error = builder.open().unwrap_err();
    insta::assert_snapshot!(report(&folder, &error), @r"
    error[type/mismatch]: port: expected u16, found string
     --> app.toml:1:8
      |
    1 | port = 'high'
      |        ^^^^^^
      |
      = help: write a whole number such as `10`

    error[type/mismatch]: debug: expected a boolean, found integer
     --> app.toml:3:9
      |
    3 | debug = 3
      |         ^
      |
      = help: write `true` or `false`

    error[type/unknown-variant]: level: unknown variant, expected `low`, `high` or `custom`
     --> app.toml:4:9
      |
    4 | level = 'hihg'
      |         ^^^^^^
      |
      = help: did you mean `high`?

    error[type/mismatch]: retries[1]: expected u32, found string
     --> app.toml:5:15
      |
    5 | retries = [1, 'x', 'y']
      |               ^^^
      |
      = help: write a whole number such as `10`

    error[type/mismatch]: retries[2]: expected u32, found string
     --> app.toml:5:20
      |
    5 | retries = [1, 'x', 'y']
      |                    ^^^
      |
      = help: write a whole number such as `10`

    error[type/missing]: servers[0].host: missing key `host`
     --> app.toml:6:1
      |
    6 | [[servers]]
      | ^^^^^^^^^^^
      |
      = help: set it in app.toml or with APP_SERVERS__0__HOST

    error[type/mismatch]: servers[1].host: expected a string, found integer
     --> app.toml:9:8
      |
    9 | host = 5
      |        ^
      |
      = help: write a string in quotes

    error[type/out-of-range]: servers[1].weight: expected u8 from 0 to 255, found a number out of range
      --> app.toml:10:10
       |
    10 | weight = 300
       |          ^^^

    error[type/missing]: tenants.acme.host: missing key `host`
      --> app.toml:11:1
       |
    11 | [tenants.acme]
       | ^^^^^^^^^^^^^^
       |
       = help: set it in app.toml or with APP_TENANTS__ACME__HOST

    9 errors
    ");
    let shown = format!("{error:?}");
    assert!(shown.contains("error[type/mismatch]") && !shown.contains("Diagnostic"), "{shown}");
}

#[test]
fn a_missing_key_is_reported_with_its_variable() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the names matter")]
    struct Required {
        host: String,
        database: Database,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the names matter")]
    struct Database {
        url: String,
    }
    let error = Config::<Required>::builder()
        .env_prefix("app_")
        .environment(Environment::of([("APP_DATABASE__ULR", "x")]))
        .open()
        .unwrap_err();
    insta::assert_snapshot!(error, @r"
    error[type/missing]: database: missing key `database`
     = help: set it with APP_DATABASE

    error[type/missing]: host: missing key `host`
     = help: set it with APP_HOST

    warning[env/unknown]: `APP_DATABASE__ULR` sets no key
     --> APP_DATABASE__ULR (environment)
      = help: did you mean `APP_DATABASE__URL`?

    2 errors, 1 warning
    ");
}

#[test]
fn a_secret_is_redacted_by_its_type_and_by_its_key() {
    #[derive(Debug, Deserialize)]
    struct Secrets {
        password: Option<speckit::Secret<String>>,
        token: String,
        nested: BTreeMap<String, Vec<speckit::Secret<u32>>>,
    }
    let config = Config::<Secrets>::builder()
        .defaults_toml("token = 'tok-one'\nnested.a = [12345, 67890]\n")
        .env_prefix("APP")
        .environment(Environment::of([("APP_PASSWORD", "hunter2-is-long")]))
        .secret("token")
        .open()
        .unwrap();
    insta::assert_snapshot!(config.snapshot().to_text(), @r#"
    nested.a = ["[redacted]", "[redacted]"]
    password = "[redacted]"
    token = "[redacted]"
    "#);
    let settings = config.current();
    assert_eq!(settings.password.as_ref().unwrap().expose(), "hunter2-is-long");
    assert_eq!((settings.nested["a"][1].expose(), settings.token.as_str()), (&67890, "tok-one"));
    let shown = format!("{settings:?} {:?}", config.snapshot().explain("password").unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_prefix_that_no_variable_can_have_is_refused() {
    for prefix in ["", "_", "a-b", "ä"] {
        let error = Config::<BTreeMap<String, String>>::builder().env_prefix(prefix).open().unwrap_err();
        assert_eq!(error.diagnostics()[0].code, speckit::Code::RulePrefix, "{error}");
    }
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Internal {
    Memory,
    Disk { path: String, max_mb: u64 },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Size(u32),
    Names(Vec<String>),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Pair { x: i32, on: bool },
    Text(String),
}

#[derive(Debug, PartialEq, Deserialize)]
struct Flat {
    limit: Option<u32>,
    name: Option<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Buffered {
    internal: Internal,
    adjacent: Adjacent,
    untagged: Vec<Untagged>,
    one: Untagged,
    nested: Nested,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Nested {
    port: u16,
    #[serde(flatten)]
    flat: Flat,
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}

#[test]
fn texts_below_buffered_types_become_what_the_type_accepts() {
    let variables = [
        ("APP_INTERNAL__KIND", "disk"),
        ("APP_INTERNAL__PATH", "00"),
        ("APP_INTERNAL__MAX_MB", "5"),
        ("APP_ADJACENT__T", "Names"),
        ("APP_ADJACENT__C", "1,b"),
        ("APP_UNTAGGED__0__X", "-1"),
        ("APP_UNTAGGED__0__ON", "1"),
        ("APP_UNTAGGED__1", "7"),
        ("APP_ONE", "a,b"),
        ("APP_NESTED__PORT", "80"),
        ("APP_NESTED__LIMIT", "9"),
        ("APP_NESTED__NAME", "10"),
        ("APP_NESTED__EXTRA", "11"),
    ];
    let config = Config::<Buffered>::builder()
        .env_prefix("APP")
        .environment(Environment::of(variables))
        .open()
        .unwrap();
    let expected = Buffered {
        internal: Internal::Disk { path: "00".into(), max_mb: 5 },
        adjacent: Adjacent::Names(vec!["1".into(), "b".into()]),
        untagged: vec![Untagged::Pair { x: -1, on: true }, Untagged::Number(7)],
        one: Untagged::Text("a,b".into()),
        nested: Nested {
            port: 80,
            flat: Flat { limit: Some(9), name: Some("10".into()) },
            rest: BTreeMap::from([("extra".into(), "11".into())]),
        },
    };
    assert_eq!(*config.current(), expected);
    insta::assert_snapshot!(config.snapshot().to_text(), @r#"
    adjacent.c = ["1", "b"]
    adjacent.t = "Names"
    internal.kind = "disk"
    internal.max_mb = 5
    internal.path = "00"
    nested.extra = "11"
    nested.limit = 9
    nested.name = "10"
    nested.port = 80
    one = "a,b"
    untagged = [{ on = true, x = -1 }, 7]
    "#);
}

#[test]
fn an_unknown_key_is_reported_beside_a_missing_one() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is not read")]
    struct Hosts {
        hosts: Vec<String>,
        port: u16,
    }
    let error = Config::<Hosts>::builder().defaults_toml("hots = []\nport = 'x'\n").open().unwrap_err();
    let codes: Vec<&str> = error.diagnostics().iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    assert_eq!(codes, ["type/missing", "type/unknown-field", "type/mismatch"], "{error}");
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
fn a_secret_of_the_type_is_read_from_a_file() {
    #[derive(Debug, Deserialize)]
    struct Settings {
        password: speckit::Secret<String>,
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    std::fs::write(&path, "hunter2\n").unwrap();
    let environment = Environment::of([("APP_PASSWORD_FILE", path.to_str().unwrap())]);
    let config = Config::<Settings>::builder().env_prefix("APP").environment(environment).open().unwrap();
    assert_eq!(config.current().password.expose(), "hunter2");
}

#[test]
fn mistakes_of_variables_and_of_files_are_in_one_report() {
    let (folder, builder) = file("port = 'high'\nprot = 1\n");
    let environment = Environment::of([("APP_DEBUG", "maybe"), ("APP_RETRIES", "x")]);
    let error = builder.environment(environment).open().unwrap_err();
    insta::assert_snapshot!(report(&folder, &error), @r"
    error[type/mismatch]: port: expected u16, found string
     --> app.toml:1:8
      |
    1 | port = 'high'
      |        ^^^^^^
      |
      = help: write a whole number such as `10`

    warning[type/unknown-field]: prot: unknown key, expected `port`, `debug`, `ratio`, `retries`, `servers`, `tenants`, `limit`, `maxMb`, `level` or `code`
     --> app.toml:2:8
      |
    2 | prot = 1
      |        ^
      |
      = help: did you mean `port`?

    error[env/type]: debug: `APP_DEBUG`: expected boolean or null, found string
     --> APP_DEBUG (environment)
      = help: write `true` or `false`

    error[env/type]: retries: `APP_RETRIES`: expected integer, found an item of type string
     --> APP_RETRIES (environment)
      = help: write an array as `80,443` or as JSON `[80,443]`

    3 errors, 1 warning
    ");
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
        assert_eq!(origins[2..], ["APP_LINK", "--set uri"]);

        let error = builder(&[]).file(dir.path("both.toml")).open().unwrap_err();
        assert!(error.to_string().contains("both.toml"), "{error}");
    }
}

#[test]
fn with_a_schema_a_variable_of_a_tagged_enum_has_the_type_of_the_variant_that_names_it() {
    #[derive(Debug, PartialEq, Deserialize, schemars::JsonSchema)]
    #[serde(tag = "kind", rename_all = "lowercase")]
    enum Internal {
        Memory,
        Disk { path: String, max_mb: u64 },
    }
    #[derive(Debug, PartialEq, Deserialize, schemars::JsonSchema)]
    #[serde(tag = "t", content = "c")]
    enum Adjacent {
        Off,
        On { level: u8, names: Vec<u8> },
    }
    #[derive(Debug, PartialEq, Deserialize, schemars::JsonSchema)]
    #[serde(untagged)]
    enum Untagged {
        Size { bytes: u64 },
        Name { name: String },
    }
    #[derive(Debug, PartialEq, Deserialize, schemars::JsonSchema)]
    struct Enums {
        internal: Internal,
        adjacent: Adjacent,
        untagged: Untagged,
    }
    let variables = [
        ("APP_INTERNAL__KIND", "disk"),
        ("APP_INTERNAL__PATH", "5"),
        ("APP_INTERNAL__MAX_MB", "5"),
        ("APP_ADJACENT__T", "On"),
        ("APP_ADJACENT__C__LEVEL", "5"),
        ("APP_ADJACENT__C__NAMES", "5,6"),
        ("APP_UNTAGGED__BYTES", "5"),
    ];
    for has_schema in [false, true] {
        let builder = Config::<Enums>::builder().env_prefix("APP").environment(Environment::of(variables));
        let config = if has_schema { builder.schema_of_type() } else { builder }.open().unwrap();
        let expected = Enums {
            internal: Internal::Disk { path: "5".into(), max_mb: 5 },
            adjacent: Adjacent::On { level: 5, names: vec![5, 6] },
            untagged: Untagged::Size { bytes: 5 },
        };
        assert_eq!(*config.load(), expected);
    }
}

#[test]
fn with_deny_unknown_fields_of_serde_an_unknown_variable_is_a_warning() {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it loads matters")]
    struct Strict {
        port: u16,
        server: StrictServer,
        tenants: BTreeMap<String, StrictServer>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it loads matters")]
    struct StrictServer {
        host: String,
    }
    let defaults = "port = 1\nserver.host = 'a'\ntenants.acme.host = 'b'\n";
    let builder = |variables: &[(&str, &str)]| {
        let builder = Config::<Strict>::builder().defaults_toml(defaults).env_prefix("APP");
        builder.environment(Environment::of(variables.iter().copied()))
    };
    let unknown = [
        ("APP_PROFILE", "x"),
        ("APP_PROT", "5"),
        ("APP_SERVER__HSOT", "x"),
        ("APP_SERVER__A__B", "x"),
        ("APP_TENANTS__ACME__HSOT", "x"),
        ("APP_PORT__X", "x"),
    ];
    let config = builder(&unknown).open().unwrap();
    let warnings = config.snapshot().warnings().clone();
    assert_eq!(warnings.len(), unknown.len(), "{warnings}");
    assert!(warnings.iter().all(|warning| warning.code == "env/unknown"), "{warnings}");
    for variable in unknown {
        let error = builder(&[variable]).strict(true).open().err().unwrap();
        assert!(error.to_string().contains(variable.0), "{error}");
    }
    let error = builder(&[]).set("server.hsot", "x").open().err().unwrap();
    insta::assert_snapshot!(error, @r"
    error[type/unknown-field]: server.hsot: unknown key, expected `host`
     --> --set server.hsot
      = help: did you mean `host`?

    1 error
    ");
}

#[test]
fn texts_below_buffered_types_are_what_a_file_would_say() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Target {
        Full { host: String, port: u16 },
        Part { host: String },
        Url { url: String },
        Port(u16),
        Name(String),
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        a: u16,
        b: String,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Flat {
        #[serde(flatten)]
        inner: Option<Inner>,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Settings {
        target: Target,
        flat: Flat,
    }
    let load = |defaults: &str, variables: &[(&str, &str)]| {
        let builder = Config::<Settings>::builder().defaults_toml(defaults).env_prefix("APP");
        let config = builder.environment(Environment::of(variables.iter().copied())).open().unwrap();
        format!("{:?} {:?}", config.load().target, config.load().flat.inner)
    };
    let full = "Full { host: \"h\", port: 3 } None";
    assert_eq!(load("flat = {}", &[("APP_TARGET__HOST", "h"), ("APP_TARGET__PORT", "3")]), full);
    let over = "target.url = 'x'\nflat = {}\n";
    assert_eq!(load(over, &[("APP_TARGET__HOST", "h"), ("APP_TARGET__PORT", "3")]), full);
    assert_eq!(load("flat = {}", &[("APP_TARGET", "5")]), "Port(5) None");
    assert_eq!(load("flat = {}", &[("APP_TARGET", "00123")]), "Name(\"00123\") None");
    // The type of a lower value is not that of the field.
    assert_eq!(load("target = 10\nflat = {}", &[("APP_TARGET", "5x")]), "Name(\"5x\") None");
    assert_eq!(load("target = 10\nflat = {}", &[("APP_TARGET", "5")]), "Port(5) None");
    let flat = [("APP_FLAT__A", "1"), ("APP_FLAT__B", "x")];
    assert_eq!(load("target = 'x'\n", &flat), "Name(\"x\") Some(Inner { a: 1, b: \"x\" })");
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
fn mistakes_after_one_in_a_buffered_type_are_reported_too() {
    #[derive(Debug, Deserialize)]
    #[serde(tag = "kind", rename_all = "lowercase")]
    #[expect(dead_code, reason = "only the mistakes matter")]
    enum Storage {
        Memory,
        Disk { path: String, max_mb: u64 },
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the mistakes matter")]
    struct Settings {
        inner: Inner,
        alpha: u8,
        zeta: u8,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the mistakes matter")]
    struct Inner {
        storage: Storage,
        ttl: u8,
    }
    let text = "alpha = 'x'\nzeta = 'y'\nzz = 1\n[inner]\nstorage = { kind = 'disk', path = 3, max_mb = 1 }\nttl = 'z'\n";
    let dir = TestDir::new()
        .file("app.toml", text)
        .file("missing.toml", "alpha = 1\nzeta = 1\ninner = { ttl = 1, storage.kind = 'disk' }\n");
    let open = |name| Config::<Settings>::builder().file(dir.path(name)).open().err().unwrap();
    let keys = |error: ConfigError| -> Vec<String> {
        error.diagnostics().iter().map(|one| format!("{} {}", one.code, one.key)).collect()
    };
    let expected = [
        "type/mismatch alpha",
        "type/mismatch zeta",
        "type/unknown-field zz",
        "type/mismatch inner.storage.path",
        "type/mismatch inner.ttl",
    ];
    assert_eq!(keys(open("app.toml")), expected);
    let missing = keys(open("missing.toml"));
    assert_eq!(missing, ["type/missing inner.storage.path"], "a made-up value is no mistake");
}

#[test]
fn a_misspelt_secret_is_not_shown_and_a_secret_that_no_key_has_is_refused() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only what is shown matters")]
    struct Settings {
        token: Option<speckit::Secret<String>>,
        server: Option<Server>,
        servers: Option<Vec<Server>>,
    }
    let text = "tokn = 'hunter2-is-long'\nTOKEN = 'hunter3-is-long'\nserver = { host = 'a', hsot = 'hunter4-is-long' }\n";
    let dir = TestDir::new().file("app.toml", text);
    let builder = || Config::<Settings>::builder().file(dir.path("app.toml")).secret("server.host");
    let snapshot = builder().open().unwrap().snapshot();
    let shown = [
        snapshot.to_text(),
        snapshot.show(speckit::Show::Origins),
        snapshot.show(speckit::Show::Json),
        snapshot.warnings().to_string(),
        snapshot.explain("tokn").unwrap().to_text(),
        builder().deny_unknown_fields(true).open().err().unwrap().to_string(),
    ];
    for text in shown {
        assert!(!text.contains("hunter"), "{text}");
    }
    for key in ["passwrd", "server.hots", "servers.host", "token.x"] {
        let error = builder().secret(key).open().err().unwrap();
        assert_eq!(error.diagnostics()[0].code, "rule/key", "{error}");
    }
    assert!(builder().secret("servers").open().is_ok());
}

#[test]
fn a_misspelt_variable_below_a_map_or_a_list_is_reported_with_the_nearest_one() {
    let variables =
        [("APP_TENANTS__ACME__HOST", "a"), ("APP_TENANTS__ACME__WIEGHT", "1"), ("APP_SERVERS__0__HSOT", "x")];
    let config = builder(&variables).open().unwrap();
    let helps: Vec<_> = config.snapshot().warnings().iter().map(|one| one.help.clone().unwrap()).collect();
    assert_eq!(helps, ["did you mean `APP_SERVERS__0__HOST`?", "did you mean `APP_TENANTS__ACME__WEIGHT`?"]);
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
fn a_help_says_what_to_write_only_if_the_type_is_wrong() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the mistakes matter")]
    struct Settings {
        level: Level,
        address: std::net::SocketAddr,
        #[serde(rename = "fullName", alias = "name")]
        full_name: u8,
    }
    let dir = TestDir::new().file("app.toml", "level = 1\naddress = 'here'\nname = 'x'\n");
    let error = Config::<Settings>::builder().file(dir.path("app.toml")).open().err().unwrap();
    let helps: Vec<_> =
        error.diagnostics().iter().map(|one| (one.key.to_string(), one.help.clone())).collect();
    let help = |text: &str| Some(text.to_owned());
    assert_eq!(
        helps,
        [
            ("level".into(), help("write one of `high`, `low`")),
            ("address".into(), None),
            ("fullName".into(), help("write a whole number such as `10`")),
        ]
    );
    let config =
        Config::<Settings>::builder().defaults_toml("level = 'low'\naddress = '1.1.1.1:1'\nname = 7");
    let snapshot = config.open().unwrap().snapshot();
    assert_eq!(snapshot.explain("name"), snapshot.explain("fullName"));
}

#[test]
fn a_value_in_the_place_of_a_table_or_list_of_secrets_is_not_shown() {
    use speckit::Secret;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only what is shown matters")]
    struct User {
        name: String,
        token: Secret<String>,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only what is shown matters")]
    struct Settings {
        list: Vec<Secret<String>>,
        map: BTreeMap<String, Secret<String>>,
        pair: (Secret<String>, u8),
        user: User,
        users: BTreeMap<String, User>,
    }
    let text = "list = 'hunter1-is-long'\nmap = 'hunter2-is-long'\npair = 'hunter3-is-long'\nuser = 'hunter4-is-long'\n[users]\nann = 'hunter5-is-long'\n";
    let dir = TestDir::new().file("app.toml", text);
    let error = Config::<Settings>::builder().file(dir.path("app.toml")).open().err().unwrap();
    assert_eq!(error.diagnostics().len(), 5, "{error}");
    assert!(!error.to_string().contains("hunter"), "{error}");
    let good = "list = []\nmap = {}\npair = ['a', 1]\nuser = { name = 'Bob', token = 'b' }\nusers = {}\n";
    let config = Config::<Settings>::builder().defaults_toml(good).open().unwrap();
    assert!(config.snapshot().explain("user").unwrap().to_text().contains("Bob"));
}

#[test]
fn a_mistake_in_a_buffered_type_is_reported_at_its_own_place() {
    #[derive(Debug, Deserialize)]
    #[serde(tag = "kind", rename_all = "lowercase")]
    #[expect(dead_code, reason = "only the mistakes matter")]
    enum Storage {
        Memory,
        Disk { path: String, max_mb: u64 },
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the mistakes matter")]
    struct Limits {
        low: u16,
        high: u16,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the mistakes matter")]
    struct Settings {
        name: String,
        #[serde(flatten)]
        limits: Limits,
        storage: Storage,
    }
    let good = "name = 'a'\nlow = 1\nhigh = 2\nstorage = { kind = 'disk', path = '/', max_mb = 1 }\n";
    let open = |change: (&str, &str), variables: &[(&str, &str)]| {
        let dir = TestDir::new().file("app.toml", good.replace(change.0, change.1));
        let builder = Config::<Settings>::builder().file(dir.path("app.toml")).env_prefix("APP");
        let error = builder.environment(Environment::of(variables.iter().copied())).open().err().unwrap();
        let [one] = error.diagnostics() else { panic!("{error}") };
        let place = one.origin.as_ref().unwrap().to_string();
        format!("{} {}: {}", one.key, place.rsplit('/').next().unwrap(), one.message)
    };
    assert_eq!(open(("low = 1", "low = 'x'"), &[]), "low app.toml:2:7: expected u16, found string");
    assert_eq!(
        open(("max_mb = 1", "max_mb = 'x'"), &[]),
        "storage.max_mb app.toml:4:49: expected u64, found string"
    );
    assert!(open(("'disk'", "'dsk'"), &[]).starts_with("storage.kind app.toml:4:20: "), "the tag");
    assert_eq!(
        open(("", ""), &[("APP_STORAGE__PATH", "/a"), ("APP_STORAGE__MAX_MB", "-5")]),
        "storage.max_mb APP_STORAGE__MAX_MB: expected u64 from 0 to 18446744073709551615, found a number out of range"
    );
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
