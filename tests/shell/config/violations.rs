//! Rules of the application that name the keys they are about.

use serde::Deserialize;
use speckit::{Builder, Config, Violations};
use validator::Validate as _;

use crate::test_dir::TestDir;

#[derive(Deserialize, garde::Validate, validator::Validate)]
struct Settings {
    #[garde(length(min = 3))]
    #[validate(length(min = 3))]
    name: String,
    #[garde(dive)]
    #[validate(nested)]
    pools: Vec<Pool>,
    #[garde(skip)]
    password: String,
}

#[derive(Deserialize, garde::Validate, validator::Validate)]
struct Pool {
    #[garde(range(min = 1, max = 8))]
    #[validate(range(min = 1, max = 8, message = "must be from 1 to 8"))]
    size: u32,
}

const FILE: &str = "name = \"ab\"\npassword = \"hunter2\"\n[[pools]]\nsize = 1\n[[pools]]\nsize = 9\n";

fn report(builder: impl FnOnce(Builder<Settings>) -> Builder<Settings>) -> String {
    let dir = TestDir::new().file("app.toml", FILE);
    let file = Config::builder().file(dir.path("app.toml")).secret("password");
    let error = builder(file).open().err().map(|error| error.to_string()).unwrap_or_default();
    error.replace(&format!("{}/", dir.path("").display()).replace("//", "/"), "")
}

#[test]
fn violations_are_reported_at_the_places_of_their_keys() {
    let rule = |settings: &Settings| {
        Err(Violations::from_iter([
            ("pools[1].size", format!("too large for {}", settings.name)),
            ("pools[7].name", "nothing sets it".into()),
            ("password", format!("{} is a common password", settings.password)),
            ("", "not together".into()),
            ("a..b", "is no key".into()),
        ]))
    };
    insta::assert_snapshot!(report(|builder| builder.validate(rule)), @r"
    error[rule/refused]: refused by the application: `a..b`: is no key

    error[rule/refused]: refused by the application: not together

    error[rule/refused]: password: [redacted] is a common password
     --> app.toml:2:12
      |
    2 | password = ****
      |            ^^^^

    error[rule/refused]: pools[7].name: nothing sets it
     --> app.toml:3:1
      |
    3 | [[pools]]
      | ^^^^^^^^^

    error[rule/refused]: pools[1].size: too large for ab
     --> app.toml:6:8
      |
    6 | size = 9
      |        ^

    5 errors
    ");
}

#[test]
fn an_error_without_a_violation_refuses_too() {
    let text = report(|builder| builder.validate(|_| Err(Violations::default())));
    assert!(text.contains("refused by the application: a rule gives no reason"), "{text}");
}

#[test]
fn errors_of_garde_have_keys_and_places() {
    let rule = |settings: &Settings| garde::Validate::validate(settings);
    insta::assert_snapshot!(report(|builder| builder.validate(rule)), @r#"
    error[rule/refused]: name: length is lower than 3
     --> app.toml:1:8
      |
    1 | name = "ab"
      |        ^^^^

    error[rule/refused]: pools[1].size: greater than 8
     --> app.toml:6:8
      |
    6 | size = 9
      |        ^

    2 errors
    "#);
}

#[test]
fn errors_of_validator_have_keys_and_places() {
    let rule = |settings: &Settings| validator::Validate::validate(settings);
    insta::assert_snapshot!(report(|builder| builder.validate(rule)), @r#"
    error[rule/refused]: name: refused by the rule `length` (min 3)
     --> app.toml:1:8
      |
    1 | name = "ab"
      |        ^^^^

    error[rule/refused]: pools[1].size: must be from 1 to 8
     --> app.toml:6:8
      |
    6 | size = 9
      |        ^

    2 errors
    "#);
}

#[test]
fn a_report_of_miette_is_the_report() {
    let dir = TestDir::new().file("app.toml", FILE);
    let opened = Config::<Settings>::builder().file(dir.path("app.toml")).validate(|_| Err("no")).open();
    let error = miette::Report::from(opened.err().unwrap());
    assert!(error.to_string().contains("refused by the application: no"), "{error}");
    assert_eq!(error.code().map(|code| code.to_string()).as_deref(), Some("rule/refused"));
}
