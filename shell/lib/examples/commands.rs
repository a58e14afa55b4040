//! A service with commands about its own settings, and a file for each profile.
//!
//! `cargo run -p speckit --all-features --example commands -- config show --origins`, also with `SHOP_SERVER__PORT=9000` or
//! `--profile production`. Try `config explain server.port`, `config env`, `config schema` and `config init`.
#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "a test writes files"))]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use speckit::commands::ConfigCommand;
use speckit::{Builder, Config, Secret};

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// What the shop listens on.
    server: Server,
    /// The password of the database.
    password: Option<Secret<String>>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Server {
    /// A name or an address.
    host: String,
    /// The port to listen on.
    #[schemars(range(min = 1024))]
    port: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self { server: Server { host: "localhost".into(), port: 8080 }, password: None }
    }
}

#[derive(Debug, Parser)]
#[command(name = "shop")]
struct Cli {
    /// The folder of the configuration files
    #[arg(long, global = true, default_value = ".")]
    folder: PathBuf,
    /// The profile: its file `shop.PROFILE.toml` overrides `shop.toml`
    #[arg(long, global = true, default_value = "development")]
    profile: String,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service
    Run,
    /// Show, explain and check the settings
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// The layers and rules of the settings, for the service and for the commands.
fn settings_builder(folder: &Path, profile: &str) -> Builder<Settings> {
    Config::builder()
        .defaults(&Settings::default())
        .schema_of_type()
        .file(folder.join("shop.toml"))
        .file(folder.join(format!("shop.{profile}.toml")))
        .env_prefix("SHOP")
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "an example prints its result")]
fn serve(builder: Builder<Settings>) -> ExitCode {
    match builder.open() {
        Ok(config) => {
            let settings = config.current();
            println!("the shop listens on {}:{}", settings.server.host, settings.server.port);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> ExitCode {
    let builder = settings_builder(&cli.folder, &cli.profile);
    match cli.command {
        Some(Command::Config(command)) => command.run(builder),
        Some(Command::Run) | None => serve(builder),
    }
}

fn main() -> ExitCode {
    run(Cli::parse())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn shop(folder: &Path, arguments: &str) -> ExitCode {
        let folder = ["--folder".into(), folder.to_str().unwrap().to_owned()];
        let words = arguments.split_whitespace().map(String::from);
        run(Cli::parse_from(["shop".to_owned()].into_iter().chain(words).chain(folder)))
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_file_of_the_profile_overrides_the_common_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("shop.toml"), "[server]\nport = 9000\n").unwrap();
        std::fs::write(folder.path().join("shop.production.toml"), "[server]\nport = 9001\n").unwrap();
        let port = |profile| settings_builder(folder.path(), profile).open().unwrap().load().server.port;
        assert_eq!([port("development"), port("production")], [9000, 9001]);
    }

    #[test]
    fn each_command_runs_over_the_settings() {
        let folder = tempfile::tempdir().unwrap();
        for command in
            ["show", "show server.port --origins", "explain password", "check", "env", "schema", "init"]
        {
            assert_eq!(shop(folder.path(), &format!("config {command}")), ExitCode::SUCCESS, "{command}");
        }
        let written = std::fs::read_to_string(folder.path().join("shop.toml")).unwrap();
        assert!(
            written.contains("# The port to listen on.\n# (integer; 1024..=65535)\n#port = 8080\n"),
            "{written}"
        );
        assert_eq!(shop(folder.path(), "config init"), ExitCode::from(2), "the file exists");
        std::fs::write(folder.path().join("shop.toml"), "[server]\nport = 80\n").unwrap();
        assert_eq!(shop(folder.path(), "config check"), ExitCode::from(1));
        assert_eq!(shop(folder.path(), "run"), ExitCode::FAILURE);
    }
}
