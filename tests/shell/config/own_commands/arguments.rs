//! The arguments of the commands beside those of the program.

use clap::{CommandFactory as _, Parser, Subcommand};
use speckit::commands::ConfigCommand;

/// Arguments for every command, with the ids that those of the commands would have by themselves, and other types.
#[derive(Debug, Parser)]
struct Cli {
    #[arg(long = "api-key", global = true)]
    key: Option<u8>,
    #[arg(long = "log-format", global = true, default_value_t = 7)]
    format: u8,
    #[arg(long = "log-origins", global = true)]
    origins: Option<u8>,
    #[arg(long = "reveal-after", global = true)]
    reveal: Option<u8>,
    #[arg(long = "log-file", global = true)]
    file: Option<u8>,
    #[arg(long = "g-force", global = true)]
    force: Option<u8>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[test]
fn arguments_of_the_program_may_have_the_names_of_those_of_the_commands() {
    Cli::command().debug_assert();
    for (words, parsed) in [
        ("show server.port --origins --reveal --format json", "Some(\"server.port\")"),
        ("explain server.port --format json", "\"server.port\""),
        ("check --format json", "Some(Json)"),
        ("env --format text", "Some(Text)"),
        ("schema", "Schema"),
        ("init shop.toml --force", "force: true"),
    ] {
        let before = "shop --api-key 1 --log-origins 3 --reveal-after 4 config";
        let line = format!("{before} {words} --log-file 5 --g-force 6");
        let cli = Cli::try_parse_from(line.split(' ')).unwrap();
        assert!(format!("{:?}", cli.command).contains(parsed), "{words}: {:?}", cli.command);
        assert_eq!((cli.key, cli.format, cli.origins), (Some(1), 7, Some(3)), "{words}");
        assert_eq!((cli.reveal, cli.file, cli.force), (Some(4), Some(5), Some(6)), "{words}");
    }
}

#[test]
#[should_panic(expected = "'--format' is in use by both 'speckit::format' and 'format'")]
fn a_global_option_of_the_same_name_is_refused_by_clap() {
    #[derive(Debug, Parser)]
    struct Cli {
        #[arg(long, global = true)]
        format: Option<u8>,
        #[command(subcommand)]
        command: Command,
    }
    Cli::command().debug_assert();
}
