//! Mistakes that only the type finds, beside those that the schema finds.

use serde::Deserialize;
use speckit::{Builder, Config, Environment};

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[expect(dead_code, reason = "nothing reads what is refused")]
struct Settings {
    server: Server,
    name: String,
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[expect(dead_code, reason = "nothing reads what is refused")]
struct Server {
    #[schemars(range(min = 1024))]
    port: u16,
    /// An integer in the schema, which does not know that the type refuses zero.
    #[schemars(with = "u8")]
    workers: std::num::NonZeroU8,
    #[serde(default)]
    #[schemars(inner(length(min = 2)))]
    hosts: Vec<String>,
}

fn builder(folder: &tempfile::TempDir, text: &str) -> Builder<Settings> {
    let path = folder.path().join("app.toml");
    std::fs::write(&path, text).unwrap();
    let variables = Environment::of([("APP_SERVER__PROT", "1"), ("APP_OTHER", "2")]);
    Config::builder().file(path).env_prefix("APP").environment(variables).schema_of_type()
}

fn report(folder: &tempfile::TempDir, builder: Builder<Settings>) -> String {
    let error = builder.open().err().map(|error| error.to_string()).unwrap_or_default();
    error.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn mistakes_that_only_the_type_finds_are_reported_beside_those_of_the_schema() {
    let folder = tempfile::tempdir().unwrap();
    let text = "naem = \"a\"\n[server]\nport = 80\nwrokers = 2\nworkers = 0\nhosts = [\"a\", 1]\n";
    insta::assert_snapshot!(report(&folder, builder(&folder, text)), @r#"
    error[schema/required]: name: missing key `name`
     --> app.toml
      = help: add `name = <string>`; or set APP_NAME

    warning[type/unknown-field]: naem: unknown key, expected `server` or `name`
     --> app.toml:1:8
      |
    1 | naem = "a"
      |        ^^^
      |
      = help: did you mean `name`?

    error[schema/minimum]: server.port: expected at least 1024, found 80
     --> app.toml:3:8
      |
    3 | port = 80
      |        ^^

    warning[type/unknown-field]: server.wrokers: unknown key, expected `port`, `workers` or `hosts`
     --> app.toml:4:11
      |
    4 | wrokers = 2
      |           ^
      |
      = help: did you mean `workers`?

    error[type/mismatch]: server.workers: expected a nonzero u8, found another integer
     --> app.toml:5:11
      |
    5 | workers = 0
      |           ^

    error[schema/minLength]: server.hosts[0]: expected at least 2 characters, found "a"
     --> app.toml:6:10
      |
    6 | hosts = ["a", 1]
      |          ^^^

    error[schema/type]: server.hosts[1]: expected string, found integer 1
     --> app.toml:6:15
      |
    6 | hosts = ["a", 1]
      |               ^
      |
      = help: write it in quotes: "1"

    warning[env/unknown]: `APP_OTHER` sets no key
     --> APP_OTHER (environment)
      = help: the variable of a key `a.b_c` is `APP_A__B_C`

    warning[env/unknown]: `APP_SERVER__PROT` sets no key
     --> APP_SERVER__PROT (environment)
      = help: did you mean `APP_SERVER__PORT`?

    5 errors, 4 warnings
    "#);
    let strict = report(&folder, builder(&folder, text).deny_unknown_fields(true));
    assert!(
        strict.contains("error[type/unknown-field]: naem")
            && strict.contains("error[type/unknown-field]: server.wrokers"),
        "{strict}"
    );
}

#[test]
fn a_mistake_that_the_schema_reports_is_not_reported_again_by_the_type() {
    let folder = tempfile::tempdir().unwrap();
    let error = builder(&folder, "name = 1\n[server]\nport = \"x\"\n").open().unwrap_err();
    let found: Vec<String> =
        error.diagnostics().iter().map(|found| format!("{} {}", found.code.as_str(), found.key)).collect();
    let expected = ["schema/type name", "schema/required server.workers", "schema/type server.port"];
    assert_eq!(found.get(..3), Some(&expected.map(String::from)[..]), "{error}");
}
