//! A snapshot test of an application's resolved configuration: one stable, sorted text without secrets.
//!
//! `cargo test -p speckit --example snapshot_test` compares it with the accepted text below;
//! `cargo run -p speckit --example snapshot_test` prints it.

use serde::Deserialize;
use speckit::{Config, ConfigError, Environment};

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

/// The configuration of production, as set by its environment variables.
fn production() -> Result<Config<Settings>, ConfigError> {
    let variables = [("APP_DATABASE__HOSTS", "db-1, db-2"), ("APP_DATABASE__PASSWORD", "correct horse")];
    let builder = Config::builder().defaults_toml(DEFAULTS).schema_json(SCHEMA);
    builder.env_prefix("APP").environment(Environment::of(variables)).open()
}

#[expect(clippy::print_stdout, reason = "an example prints its result")]
fn main() -> Result<(), ConfigError> {
    print!("{}", production()?.snapshot().to_text());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::production;

    #[test]
    fn the_configuration_of_production_matches_the_snapshot() {
        let text = production().unwrap().snapshot().to_text();
        insta::assert_snapshot!(text, @r#"
        database.hosts = ["db-1", "db-2"]
        database.password = "[redacted]"
        database.pool = 8
        "#);
    }
}
