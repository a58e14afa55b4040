//! The inputs, and what a person expects of them.

/// One input.
pub(crate) struct Case {
    /// The row of the README that counts it.
    pub(crate) group: Group,
    pub(crate) title: &'static str,
    pub(crate) variables: &'static [(&'static str, &'static str)],
    /// The file; `None` for one that has only what is required.
    pub(crate) file: Option<&'static str>,
    pub(crate) expected: Expected,
}

/// What a person expects.
#[derive(Clone, Copy)]
pub(crate) enum Expected {
    /// The `Debug` text of a field, and no message.
    Value(&'static str, &'static str),
    /// A message that names these facts, each by one of these words. A word after `!` must not appear.
    Message(&'static [(&'static str, &'static [&'static str])]),
}

/// The rows of the README.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    Types,
    Mistakes,
    Unknown,
    Secrets,
}

impl Group {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Types => "a variable has the type of its field",
            Self::Mistakes => "a mistake is reported with its key, its place and a way out; several at once",
            Self::Unknown => "an unknown key or variable is reported with the name that was meant",
            Self::Secrets => "an error with the key and line of a secret does not show it",
        }
    }
}

/// The title of the case with several mistakes.
pub(crate) const SEVERAL: &str = "two mistakes in a file, and one in a variable";

const fn value(
    title: &'static str,
    variables: &'static [(&'static str, &'static str)],
    field: &'static str,
    text: &'static str,
) -> Case {
    Case { group: Group::Types, title, variables, file: None, expected: Expected::Value(field, text) }
}

const fn message(
    group: Group,
    title: &'static str,
    variables: &'static [(&'static str, &'static str)],
    file: &'static str,
    facts: &'static [(&'static str, &'static [&'static str])],
) -> Case {
    Case { group, title, variables, file: Some(file), expected: Expected::Message(facts) }
}

pub(crate) const CASES: &[Case] = &[
    value("String: APP_NAME=00123", &[("APP_NAME", "00123")], "name", "\"00123\""),
    value("Option<u16>: APP_PORT=5", &[("APP_PORT", "5")], "port", "Some(5)"),
    value("Option<bool>: APP_DEBUG=true", &[("APP_DEBUG", "true")], "debug", "Some(true)"),
    value("Option<f32>: APP_RATIO=1", &[("APP_RATIO", "1")], "ratio", "Some(1.0)"),
    value("Option<Duration>: APP_TIMEOUT=1m 30s", &[("APP_TIMEOUT", "1m 30s")], "timeout", "Some(90s)"),
    value("Option<PathBuf>: APP_DATA=/srv", &[("APP_DATA", "/srv")], "data", "Some(\"/srv\")"),
    value(
        "Option<SocketAddr>: APP_ADDRESS=127.0.0.1:80",
        &[("APP_ADDRESS", "127.0.0.1:80")],
        "address",
        "Some(127.0.0.1:80)",
    ),
    value("Vec<String>: APP_TAGS=a,b", &[("APP_TAGS", "a,b")], "tags", "[\"a\", \"b\"]"),
    value("Vec<u16> with one item: APP_PORTS=8080", &[("APP_PORTS", "8080")], "ports", "[8080]"),
    value(
        "Vec<Server>: APP_SERVERS__0__HOST=a APP_SERVERS__0__WEIGHT=7",
        &[("APP_SERVERS__0__HOST", "a"), ("APP_SERVERS__0__WEIGHT", "7")],
        "servers",
        "[Server { host: \"a\", weight: 7 }]",
    ),
    value(
        "BTreeMap<String, Server>: APP_TENANTS__ACME__WEIGHT=8",
        &[("APP_TENANTS__ACME__WEIGHT", "8")],
        "tenants",
        "{\"acme\": Server { host: \"\", weight: 8 }}",
    ),
    value("externally tagged enum: APP_LEVEL=high", &[("APP_LEVEL", "high")], "level", "High"),
    value(
        "externally tagged enum with content: APP_LEVEL__CUSTOM__VALUE=-3",
        &[("APP_LEVEL__CUSTOM__VALUE", "-3")],
        "level",
        "Custom { value: -3 }",
    ),
    value(
        "internally tagged enum: APP_STORAGE__KIND=disk APP_STORAGE__PATH=7 APP_STORAGE__MAX_MB=5",
        &[("APP_STORAGE__KIND", "disk"), ("APP_STORAGE__PATH", "7"), ("APP_STORAGE__MAX_MB", "5")],
        "storage",
        "Some(Disk { path: \"7\", max_mb: 5 })",
    ),
    value(
        "adjacently tagged enum: APP_OUTPUT__T=file APP_OUTPUT__C__LINES=5",
        &[("APP_OUTPUT__T", "file"), ("APP_OUTPUT__C__LINES", "5")],
        "output",
        "Some(File { lines: 5 })",
    ),
    value("untagged enum: APP_LIMIT=5", &[("APP_LIMIT", "5")], "limit", "Some(Count(5))"),
    value(
        "flattened struct: APP_CLIENT__AGENT=5 APP_CLIENT__ATTEMPTS=3",
        &[("APP_CLIENT__AGENT", "5"), ("APP_CLIENT__ATTEMPTS", "3")],
        "client",
        "Client { agent: \"5\", retry: Retry { attempts: Some(3) } }",
    ),
    value("alias of a field: APP_LINK=x", &[("APP_LINK", "x")], "url", "Some(\"x\")"),
    value("nested struct: APP_DATABASE__POOL=5", &[("APP_DATABASE__POOL", "5")], "pool", "Some(5)"),
    value("empty variable of an Option<u16>: APP_PORT=", &[("APP_PORT", "")], "port", "None"),
    Case {
        group: Group::Types,
        title: "a wrong type in a file, below a variable: APP_PORT=5",
        variables: &[("APP_PORT", "5")],
        file: Some("port = 'high'\ndatabase.password = 'hunter2'\n"),
        expected: Expected::Value("port", "Some(5)"),
    },
    message(
        Group::Mistakes,
        "a wrong type in a file: port = 'high'",
        &[],
        "database.password = 'hunter2'\nport = 'high'\n",
        &[
            ("key", &["port"]),
            ("file", &["app.toml"]),
            ("line", &["toml:2:8", "line 2"]),
            ("way out", &["u16"]),
        ],
    ),
    message(
        Group::Mistakes,
        "a number out of range in a file: port = 80800",
        &[],
        "database.password = 'hunter2'\nport = 80800\n",
        &[
            ("key", &["port"]),
            ("file", &["app.toml"]),
            ("line", &["toml:2:8", "line 2"]),
            ("way out", &["u16"]),
        ],
    ),
    message(
        Group::Mistakes,
        "a missing key: database.password",
        &[],
        "database.pool = 5\n",
        &[("key", &["password"]), ("file", &["app.toml"]), ("way out", &["APP_DATABASE__PASSWORD"])],
    ),
    message(
        Group::Mistakes,
        "a wrong type in a variable: APP_DATABASE__POOL=many",
        &[("APP_DATABASE__POOL", "many")],
        "database.password = 'hunter2'\n",
        &[("key", &["pool"]), ("variable", &["APP_DATABASE__POOL"]), ("way out", &["u32", "whole number"])],
    ),
    message(
        Group::Mistakes,
        "an unknown variant in a file: level = 'hihg'",
        &[],
        "database.password = 'hunter2'\nlevel = 'hihg'\n",
        &[
            ("key", &["level"]),
            ("file", &["app.toml"]),
            ("line", &["toml:2:9", "line 2"]),
            ("way out", &["`high`", "high,"]),
        ],
    ),
    message(
        Group::Mistakes,
        SEVERAL,
        &[("APP_RATIO", "half")],
        "database.password = 'hunter2'\nport = 'high'\ndebug = 'yes'\n",
        // Which one a crate reports is not always the same.
        &[("port", &["port"]), ("debug", &["debug"]), ("ratio", &["ratio"])],
    ),
    message(
        Group::Unknown,
        "an unknown key in a file: prot = 1",
        &[],
        "database.password = 'hunter2'\nprot = 1\n",
        &[("key", &["prot"]), ("line", &["toml:2:8", "line 2"]), ("way out", &["`port`", "port,"])],
    ),
    message(
        Group::Unknown,
        "an unknown variable: APP_DATABASE__POL=5",
        &[("APP_DATABASE__POL", "5")],
        "database.password = 'hunter2'\n",
        &[("variable", &["APP_DATABASE__POL`"]), ("way out", &["did you mean `APP_DATABASE__POOL`"])],
    ),
    message(
        Group::Secrets,
        "a secret of a wrong type in a file: password = 4711",
        &[],
        "[database]\npassword = 4711\n",
        &[("key", &["password"]), ("line", &["toml:2:12", "line 2"]), ("hidden", &["!4711"])],
    ),
];
