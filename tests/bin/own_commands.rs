//! A program with commands about its own settings: with a schema of their type, with one in a file, or with none.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use schemars::JsonSchema;
use serde::Deserialize;
use speckit::commands::ConfigCommand;
use speckit::{Builder, Config, Secret};

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "the program only shows its settings")]
struct Settings {
    /// What the shop listens on.
    server: Server,
    database: Database,
    /// How much is logged.
    log: Level,
    /// Labels of the metrics. They are `key = value` pairs, such as *region*.
    labels: BTreeMap<String, String>,
    /// Where the orders are copied to.
    #[serde(default)]
    mirrors: Vec<Mirror>,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "the program only shows its settings")]
struct Mirror {
    host: String,
    tls: Option<BTreeMap<String, bool>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the program only shows its settings")]
struct Server {
    /// A name or an address.
    host: String,
    /// The port to listen on.
    #[schemars(range(min = 1024), extend("x-reload" = "restart"))]
    port: u16,
}

/// The database of orders.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "the program only shows its settings")]
struct Database {
    /// The password of the shop.
    password: Option<Secret<String>>,
    /// How many connections are open, at most.
    pool: Option<u32>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Level {
    Debug,
    Info,
    Warn,
}

const DEFAULTS: &str = "
log = 'info'
[server]
host = 'localhost'
port = 8080
[database]
password = 'swordfish-of-the-defaults'
[labels]
region = 'north'
";

#[derive(Parser)]
#[command(name = "shop", bin_name = "shop")]
struct Cli {
    #[arg(long, value_enum, default_value = "type")]
    schema_of: SchemaOf,
    /// The files.
    #[arg(long, default_value = "shop.toml")]
    file: Vec<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum SchemaOf {
    /// That of the type.
    Type,
    /// That in `schemas/shop.schema.json`.
    File,
    /// None.
    None,
}

#[derive(Subcommand)]
enum Command {
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the reference of all settings, or compare a file with it
    Reference { file: Option<PathBuf> },
}

fn check(settings: &Settings) -> Result<(), String> {
    let is_chatty =
        matches!(settings.log, Level::Debug) && settings.database.pool.is_some_and(|pool| pool > 64);
    if is_chatty {
        Err("a pool of more than 64 connections logs too much with `log = \"debug\"`".into())
    } else {
        Ok(())
    }
}

fn settings_builder(schema: SchemaOf, files: &[PathBuf]) -> Builder<Settings> {
    let builder = Config::builder().defaults_toml(DEFAULTS).env_prefix("SHOP");
    let builder = files.iter().fold(builder, Builder::file).env_reserved(["HOME"]).validate(check);
    match schema {
        SchemaOf::Type => builder.schema_of_type(),
        SchemaOf::File => builder.schema_file("schemas/shop.schema.json", Vec::new()),
        SchemaOf::None => builder,
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let builder = settings_builder(cli.schema_of, &cli.file);
    match cli.command {
        Command::Config(command) => command.run(builder),
        Command::Reference { file } => {
            let reference = builder.reference_markdown().unwrap();
            match file {
                Some(file) => speckit::testing::assert_file(file, &reference),
                None => print!("{reference}"),
            }
            ExitCode::SUCCESS
        }
    }
}
