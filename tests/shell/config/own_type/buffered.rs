//! Types that serde reads into a buffer: flattened, untagged and tagged ones.

use super::*;

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
fn a_mistake_elsewhere_makes_no_text_below_a_buffered_type_wrong() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the mistakes matter")]
    struct Two {
        port: u16,
        untagged: Untagged,
        flat: Flat,
    }
    let variables = [
        ("APP_PORT", "high"),
        ("APP_UNTAGGED__X", "1"),
        ("APP_UNTAGGED__ON", "true"),
        ("APP_FLAT__LIMIT", "5"),
    ];
    let error = Config::<Two>::builder().env_prefix("APP").environment(Environment::of(variables)).open();
    let error = error.err().unwrap();
    let keys: Vec<_> = error.diagnostics().iter().map(|one| one.key.to_string()).collect();
    assert_eq!(keys, ["port"], "{error}");
}

#[test]
fn a_missing_key_is_reported_beside_an_unknown_variant_of_a_tagged_enum() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the mistakes matter")]
    struct Two {
        internal: Internal,
        token: String,
    }
    let defaults = "internal = { kind = 'dsik', path = '/', max_mb = 1 }\n";
    let error = Config::<Two>::builder().defaults_toml(defaults).open().err().unwrap();
    let mut keys: Vec<_> = error.diagnostics().iter().map(|one| one.key.to_string()).collect();
    keys.sort();
    assert_eq!(keys, ["internal.kind", "token"], "{error}");
}
