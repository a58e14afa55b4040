//! The arguments of the commands.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// The commands of a program about its own settings, as a subcommand of [clap](https://docs.rs/clap).
///
/// ```
/// use clap::Parser as _;
/// use speckit::Config;
/// use speckit::commands::ConfigCommand;
///
/// #[derive(clap::Parser)]
/// enum Command {
///     /// Run the service
///     Run,
///     /// Show, explain and check the settings
///     #[command(subcommand)]
///     Config(ConfigCommand),
/// }
/// # type Settings = std::collections::BTreeMap<String, u16>;
///
/// let builder = Config::<Settings>::builder().defaults_toml("port = 8080").env_prefix("APP");
/// let exit = match Command::parse_from(["app", "config", "show"]) {
///     Command::Config(command) => command.run(builder), // prints `port = 8080`
///     Command::Run => std::process::ExitCode::SUCCESS,
/// };
/// assert_eq!(exit, std::process::ExitCode::SUCCESS);
/// ```
// Without this, the text above would describe the command of a program that describes it with nothing.
#[derive(Clone, Debug, Subcommand)]
#[command(about = "Show, explain and check the settings", long_about = None)]
#[non_exhaustive]
pub enum ConfigCommand {
    /// Print the settings as they are in use, or one of them
    #[command(
        after_help = "Exit: 0 shown; 1 the settings are invalid, or the key is not set; 2 something could not be read."
    )]
    Show(ShowArgs),
    /// Explain a setting: where it was set, which lower layers it overrides, and what is allowed
    #[command(
        after_help = "Exit: 0 explained; 1 the settings are invalid, or there is no such key; 2 something could not be read."
    )]
    Explain(ExplainArgs),
    /// Validate the settings of all files, variables and arguments
    #[command(after_help = "Exit: 0 valid; 1 errors were found; 2 something could not be read.")]
    Check(CheckArgs),
    /// List the environment variable of each setting, and whether it is set
    Env(EnvArgs),
    /// Print the JSON Schema of the settings
    Schema,
    /// Write a commented configuration file to start from
    Init(InitArgs),
}

// The ids begin with the name of this library, so that no global argument of a program has the same.
/// The arguments of [`ConfigCommand::Show`].
#[derive(Args, Clone, Debug)]
pub struct ShowArgs {
    /// The key to show, such as `server.port` [default: all keys]
    #[arg(id = "speckit::key", value_name = "KEY")]
    pub(super) key: Option<String>,
    /// Show where each value was set
    #[arg(id = "speckit::origins", long = "origins")]
    pub(super) origins: bool,
    /// Show secrets instead of redacting them
    #[arg(id = "speckit::reveal", long = "reveal")]
    pub(super) reveal: bool,
    /// Output format [default: toml, and the bare value of a single setting]
    #[arg(id = "speckit::format", long = "format", value_name = "FORMAT")]
    pub(super) format: Option<DocumentFormat>,
}

/// The arguments of [`ConfigCommand::Explain`].
#[derive(Args, Clone, Debug)]
pub struct ExplainArgs {
    /// The key to explain, such as `server.port`
    #[arg(id = "speckit::key", value_name = "KEY")]
    pub(super) key: String,
    #[command(flatten)]
    pub(super) format: FormatArg,
}

/// The arguments of [`ConfigCommand::Check`].
#[derive(Args, Clone, Debug)]
pub struct CheckArgs {
    #[command(flatten)]
    pub(super) format: FormatArg,
}

/// The arguments of [`ConfigCommand::Env`].
#[derive(Args, Clone, Debug)]
pub struct EnvArgs {
    #[command(flatten)]
    pub(super) format: FormatArg,
}

/// The arguments of [`ConfigCommand::Init`].
#[derive(Args, Clone, Debug)]
pub struct InitArgs {
    /// The TOML file to write [default: the first TOML file that the program reads]
    #[arg(id = "speckit::file", value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Overwrite an existing file
    #[arg(id = "speckit::force", long = "force")]
    pub(super) force: bool,
    #[command(flatten)]
    pub(super) format: FormatArg,
}

#[derive(Args, Clone, Copy, Debug)]
pub(super) struct FormatArg {
    /// Output format [default: text]
    #[arg(id = "speckit::format", long = "format", value_name = "FORMAT")]
    format: Option<OutputFormat>,
}

impl FormatArg {
    pub(super) fn is_json(self) -> bool {
        self.format == Some(OutputFormat::Json)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
    /// Text for people
    Text,
    /// One JSON document
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DocumentFormat {
    /// TOML
    Toml,
    /// One JSON document
    Json,
}

impl ConfigCommand {
    /// Whether the result is a JSON document.
    pub(super) fn is_json(&self) -> bool {
        match self {
            Self::Show(args) => args.format == Some(DocumentFormat::Json),
            Self::Explain(args) => args.format.is_json(),
            Self::Check(args) => args.format.is_json(),
            Self::Env(args) => args.format.is_json(),
            Self::Init(args) => args.format.is_json(),
            Self::Schema => false,
        }
    }
}
