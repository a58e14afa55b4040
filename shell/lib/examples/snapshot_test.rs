//! A snapshot test of an application's resolved configuration: one stable, sorted text without secrets.
//!
//! `cargo test -p speckit --features schema,testing --example snapshot_test` compares it with the accepted texts below;
//! `cargo run -p speckit --features schema,testing --example snapshot_test` prints one.

use serde::Deserialize;
use speckit::testing::Sandbox;
use speckit::{Builder, Config, ConfigError};

#[derive(Debug, Deserialize)]
struct Settings {
    #[expect(dead_code, reason = "this example only prints its configuration")]
    database: Database,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "this example only prints its configuration")]
struct Database {
    hosts: Vec<String>,
    password: String,
    pool: u32,
}

const DEFAULTS: &str = "
[database]
pool = 8
hosts = ['localhost']
";

const SCHEMA: &str = r#"{
  "properties": {
    "database": {
      "properties": {
        "hosts": { "type": "array", "items": { "type": "string" } },
        "password": { "type": "string", "x-secret": true },
        "pool": { "type": "integer", "minimum": 1 }
      },
      "required": ["password"]
    }
  }
}"#;

/// The builder of the application.
fn settings() -> Builder<Settings> {
    Config::builder().defaults_toml(DEFAULTS).file("app.toml").env_prefix("APP").schema_json(SCHEMA)
}

/// The files and variables of production.
fn production() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("app.toml", "[database]\nhosts = ['db-1', 'db-2']\n");
    sandbox
        .write("/run/secrets/password", "correct horse\n")
        .var("APP_DATABASE__PASSWORD_FILE", "/run/secrets/password");
    sandbox
}

#[expect(clippy::print_stdout, reason = "an example prints its result")]
fn main() -> Result<(), ConfigError> {
    print!("{}", production().open(settings())?.snapshot().to_text());
    Ok(())
}

#[cfg(test)]
mod tests {
    use speckit::Show;

    use super::*;

    #[test]
    fn the_configuration_of_production_matches_the_snapshot() {
        let text = production().open(settings()).unwrap().snapshot().to_text();
        insta::assert_snapshot!(text, @r#"
        database.hosts = ["db-1", "db-2"]
        database.password = "[redacted]"
        database.pool = 8
        "#);
    }

    #[test]
    fn the_origins_of_production_match_the_snapshot() {
        let text = production().open(settings()).unwrap().snapshot().show(Show::Origins);
        insta::assert_snapshot!(text, @r#"
        database.hosts = ["db-1", "db-2"]   # app.toml:2:9
        database.password = "[redacted]"    # APP_DATABASE__PASSWORD_FILE
        database.pool = 8                   # defaults:3:8
        "#);
    }

    #[test]
    fn the_report_of_a_mistake_matches_the_snapshot() {
        let sandbox = production();
        sandbox.write("app.toml", "[database]\npool = 0\n");
        let refused = sandbox.open(settings()).unwrap_err().to_string();
        insta::assert_snapshot!(refused, @r"
        error[schema/minimum]: database.pool: expected at least 1, found 0
         --> app.toml:2:8
          |
        2 | pool = 0
          |        ^

        1 error
        ");
    }
}
