//! A server that embeds its configuration: defaults, a file, variables, a schema, a rule of its own.
//!
//! `cargo run -p speckit-shell --example embed`, then with `SERVER_LISTEN__PORT=9000`, or with `port = 0` below
//! `[listen]` in a file `server.toml`.

use std::process::ExitCode;

use serde::Deserialize;
use speckit_shell::{Builder, ConfigError, Shell};

#[derive(Debug, Deserialize)]
struct Settings {
    listen: Listen,
    workers: u32,
}

#[derive(Debug, Deserialize)]
struct Listen {
    host: String,
    port: u16,
}

const DEFAULTS: &str = "
workers = 4

[listen]
host = 'localhost'
port = 8080
";

const SCHEMA: &str = r#"{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "properties": {
    "workers": { "type": "integer", "minimum": 1, "x-reload": "restart" },
    "listen": {
      "properties": {
        "host": { "type": "string", "description": "The name or address to listen on." },
        "port": { "type": "integer", "minimum": 1, "maximum": 65535, "description": "The port to listen on." }
      },
      "additionalProperties": false
    }
  },
  "additionalProperties": false
}"#;

/// What no schema can say: the two settings must fit.
fn fits(settings: &Settings) -> Result<(), String> {
    if settings.listen.port < 1024 && settings.workers > 1 {
        return Err(format!("port {} takes one worker, not {}", settings.listen.port, settings.workers));
    }
    Ok(())
}

fn server() -> Result<Builder<Settings>, ConfigError> {
    let builder = Shell::builder().defaults_toml(DEFAULTS)?.schema_json(SCHEMA)?;
    Ok(builder.file("server.toml").env_prefix("SERVER").validate(fits))
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "an example shows what it finds")]
fn main() -> ExitCode {
    let shell = match server().and_then(|server| server.open()) {
        Ok(shell) => shell,
        // Every mistake at once, each with its line and a caret.
        Err(error) => {
            eprint!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let settings = shell.load();
    println!("{} workers at {}:{}\n", settings.workers, settings.listen.host, settings.listen.port);
    if let Some(port) = shell.snapshot().explain("listen.port") {
        print!("{}", port.to_text());
    }
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;
    use speckit_shell::source::Environment;

    #[test]
    fn a_variable_wins_over_the_defaults() {
        let environment = Environment::of([("SERVER_LISTEN__PORT", "9000")]);
        let shell = server().unwrap().environment(environment).open().unwrap();
        assert_eq!(shell.load().listen.port, 9000);
    }

    #[test]
    fn a_small_port_takes_one_worker() {
        let server = || server().unwrap().environment(Environment::default()).set("listen.port", "80");
        let error = server().open().unwrap_err();
        assert!(error.to_string().contains("port 80 takes one worker, not 4"));
        assert!(server().set("workers", "1").open().is_ok());
    }
}
