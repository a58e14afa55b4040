//! Mistakes that the type finds: all of them, with places and helps.

use super::*;

#[test]
fn every_text_that_the_type_does_not_read_is_reported_with_its_variable() {
    let error = error(&[("APP_PORT", "many"), ("APP_DEBUG", "2"), ("APP_RETRIES", "1,x")]);
    insta::assert_snapshot!(error, @r#"
    error[env/type]: debug: `APP_DEBUG`: expected boolean or null, found integer 2
     --> APP_DEBUG (environment)
      = help: write `true` or `false`

    error[env/type]: port: `APP_PORT`: expected integer or null, found string "many"
     --> APP_PORT (environment)
      = help: write a whole number such as `10`

    error[env/type]: retries: `APP_RETRIES`: expected integer, found an item of type string "x"
     --> APP_RETRIES (environment)
      = help: write an array as `80,443` or as JSON `[80,443]`

    3 errors
    "#);
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
    insta::assert_snapshot!(report(&folder, config.snapshot().warnings()), @r#"
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
     --> .set("prt")
      = help: did you mean `port`?

    4 warnings
    "#);
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

    error[type/mismatch]: debug: expected boolean, found integer
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

    error[type/mismatch]: servers[1].host: expected string, found integer
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
fn mistakes_of_variables_and_of_files_are_in_one_report() {
    let (folder, builder) = file("port = 'high'\nprot = 1\n");
    let environment = Environment::of([("APP_DEBUG", "maybe"), ("APP_RETRIES", "x")]);
    let error = builder.environment(environment).open().unwrap_err();
    insta::assert_snapshot!(report(&folder, &error), @r#"
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

    error[env/type]: debug: `APP_DEBUG`: expected boolean or null, found string "maybe"
     --> APP_DEBUG (environment)
      = help: write `true` or `false`

    error[env/type]: retries: `APP_RETRIES`: expected integer, found an item of type string "x"
     --> APP_RETRIES (environment)
      = help: write an array as `80,443` or as JSON `[80,443]`

    3 errors, 1 warning
    "#);
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
    insta::assert_snapshot!(error, @r#"
    error[type/unknown-field]: server.hsot: unknown key, expected `host`
     --> .set("server.hsot")
      = help: did you mean `host`?

    1 error
    "#);
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
