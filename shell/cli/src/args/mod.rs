//! The command line: commands and options, as `--help` shows them.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use clap_complete::Shell as CompletionShell;

use speckit_core::config::schema::SchemaMap;
use speckit_core::config::source::Language;
use speckit_core::text::visible;

mod auth;
mod bench;
mod gate;
mod policy;
mod store;
mod trust;

pub(crate) use auth::{AuthCommand, LoginArgs};
pub(crate) use bench::{BenchCommand, BenchCompareArgs, BenchReportArgs, BenchRunArgs};
pub(crate) use gate::{GateCommand, GateListArgs, GateRunArgs, PromptArgs};
pub(crate) use policy::{HooksCommand, PolicyCheckArgs, PolicyCommand, PolicyDashboardArgs};
pub(crate) use store::{BackupArgs, StoreCommand};
pub(crate) use trust::TrustArgs;

/// Layered configuration that is validated and remembers where each value was set.
#[derive(Debug, Parser)]
#[command(name = "speckit", version, max_term_width = 100, arg_required_else_help = true)]
#[command(
    after_help = "Exit: 0 success; 1 errors were found, a key is not set, a gate did not pass, a benchmark is slower, or nobody is logged in; 2 the command could not be completed."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Parses the arguments of the process.
    ///
    /// # Errors
    /// A usage error, the help or the version. What a terminal would not show in an argument is escaped in their texts.
    pub(crate) fn parsed(arguments: &[OsString]) -> Result<(Self, Globals), clap::Error> {
        Self::parsed_as_given(arguments).map_err(|error| {
            let visible = arguments.iter().map(|argument| visible(&argument.to_string_lossy()));
            Self::parsed_as_given(visible).err().unwrap_or(error)
        })
    }

    fn parsed_as_given<A: Into<OsString> + Clone>(
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<(Self, Globals), clap::Error> {
        let matches = Self::with_globals().try_get_matches_from(arguments)?;
        let mut levels = vec![&matches];
        while let Some((_, below)) = levels.last().and_then(|level| level.subcommand()) {
            levels.push(below);
        }
        let globals = levels.into_iter().try_fold(Globals::default(), |above, level| {
            Globals::from_arg_matches(level).map(|globals| above.overridden_by(globals.in_order(level)))
        });
        globals.and_then(|globals| Ok((Self::from_arg_matches(&matches)?, globals)))
    }

    /// The command line with the global options at every level, so that they go before or after a command.
    pub(crate) fn with_globals() -> clap::Command {
        fn add(command: clap::Command) -> clap::Command {
            Globals::augment_args(command).mut_subcommands(add)
        }
        add(Self::command())
    }
}

// The options that go before or after any command. A doc comment would replace the description of each command.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options for every command")]
pub(crate) struct Globals {
    /// Configuration file, or folder of *.toml files; repeatable, later files win [default: $SPECKIT_CONFIG, else
    /// ~/.code/config.toml and ./speckit.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Vec<PathBuf>,
    /// Language of the configuration files [default: by the name of each file, else by its first character]
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) config_format: Option<ConfigFormat>,
    /// JSON Schema (Draft 4 to 2020-12) to use instead of the built-in schema and defaults
    #[arg(long, value_name = "FILE")]
    pub(crate) schema: Option<PathBuf>,
    /// Read each `$ref` URL that begins with URL-PREFIX from a file in DIR; repeatable
    #[arg(long, value_name = "URL-PREFIX=DIR")]
    pub(crate) schema_map: Vec<SchemaMap>,
    /// Prefix of the environment variables that set keys [default: SPECKIT]
    #[arg(long, value_name = "NAME")]
    pub(crate) env_prefix: Option<String>,
    /// Set a key, overriding files and variables; repeatable, later changes win
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Set a key to a JSON value, whatever its type is; repeatable, later changes win
    #[arg(long, value_name = "KEY=JSON")]
    set_json: Vec<String>,
    /// Remove a key, whichever layer sets it; repeatable, later changes win
    #[arg(long, value_name = "KEY")]
    unset: Vec<String>,
    /// The three above in the order of the command line.
    #[arg(skip)]
    pub(crate) changes: Vec<KeyChange>,
    /// Treat warnings as errors
    #[arg(long)]
    pub(crate) strict: bool,
    /// Database of the history, of gate runs and of benchmarks (sets store.path)
    #[arg(long, value_name = "FILE")]
    pub(crate) database: Option<PathBuf>,
    /// Output format [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<OutputFormat>,
}

/// A change of one key, as written.
#[derive(Clone, Debug)]
pub(crate) enum KeyChange {
    /// `KEY=VALUE`.
    Set(String),
    /// `KEY=JSON`.
    SetJson(String),
    /// `KEY`.
    Unset(String),
}

impl Globals {
    /// Puts the changes of keys into the order in which `matches` has them.
    fn in_order(mut self, matches: &clap::ArgMatches) -> Self {
        let places = |name| matches.indices_of(name).into_iter().flatten();
        let set = places("set").zip(self.set.drain(..).map(KeyChange::Set));
        let set_json = places("set_json").zip(self.set_json.drain(..).map(KeyChange::SetJson));
        let unset = places("unset").zip(self.unset.drain(..).map(KeyChange::Unset));
        let mut all: Vec<(usize, KeyChange)> = set.chain(set_json).chain(unset).collect();
        all.sort_by_key(|(place, _)| *place);
        self.changes = all.into_iter().map(|(_, change)| change).collect();
        self
    }

    /// Repeatable options accumulate; of the others the later one wins.
    fn overridden_by(mut self, later: Self) -> Self {
        self.config.extend(later.config);
        self.schema_map.extend(later.schema_map);
        self.changes.extend(later.changes);
        Self {
            config_format: later.config_format.or(self.config_format),
            schema: later.schema.or(self.schema),
            env_prefix: later.env_prefix.or(self.env_prefix),
            strict: self.strict || later.strict,
            database: later.database.or(self.database),
            format: later.format.or(self.format),
            ..self
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// Text for people
    Text,
    /// TOML (`show` only)
    Toml,
    /// One JSON document (not for `completions`); `watch`, `gate run` and `auth login` print one for each event
    Json,
    /// SARIF 2.1.0 (`policy check` only)
    Sarif,
    /// Markdown (`policy check` only)
    Markdown,
    /// One HTML page (`policy check` only)
    Html,
    /// Annotations of GitHub Actions (`policy check` only)
    Github,
}

impl OutputFormat {
    /// Whether only the policy check has it.
    pub(crate) fn is_of_policy(self) -> bool {
        matches!(self, Self::Sarif | Self::Markdown | Self::Html | Self::Github)
    }
}

/// The language of configuration files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConfigFormat {
    /// TOML
    Toml,
    /// JSON
    Json,
    /// JSON with comments and trailing commas
    Jsonc,
}

impl From<ConfigFormat> for Language {
    fn from(format: ConfigFormat) -> Self {
        match format {
            ConfigFormat::Toml => Self::Toml,
            ConfigFormat::Json => Self::Json,
            ConfigFormat::Jsonc => Self::Jsonc,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Validate the layered configuration, or each FILE alone
    Check {
        /// Files (TOML or JSON) to validate, each alone: without layers, defaults or variables
        files: Vec<PathBuf>,
    },
    /// Print the resolved configuration, or one key of it
    Show(ShowArgs),
    /// Explain a key: where it was set, which lower layers it overrides, and what the schema requires
    Explain {
        /// The key to explain, such as `retry.max_attempts`
        key: String,
    },
    /// List the variable of each single key, and whether it is set
    Env,
    /// Print the JSON Schema (Draft 7)
    Schema,
    /// Write a commented configuration file to start from
    Init(InitArgs),
    /// Print the canonical name, provider, model id and tier of models
    Resolve(ResolveArgs),
    /// Convert a file of the old form: [[agents]] becomes [models]
    Migrate(MigrateArgs),
    /// Show what a project file sets that needs your trust, and ask whether you trust it
    ///
    /// A `./speckit.toml` that is found by itself may come with a cloned repository. Before its programs run, its database is written or
    /// its logins are used, you have to trust it; a file that --config or SPECKIT_CONFIG names is trusted by that. The environment
    /// variable SPECKIT_TRUST lists files that are trusted, as absolute paths like those in PATH; a folder stands for its speckit.toml.
    Trust(TrustArgs),
    /// Trust a project file no longer
    Untrust {
        /// The file, which need not exist any more
        file: PathBuf,
    },
    /// Watch the files and reload on changes: a dashboard on a terminal, else a line for each event
    ///
    /// What is accepted and refused is recorded for `history`; files that are refused at the start only with --fallback. With --schema, the quiet period before a reload is 2 s,
    /// and only --database turns the recording on.
    ///
    /// SIGHUP reloads at once if the process has no controlling terminal; otherwise it ends the program, as does a terminal that is closed.
    Watch(WatchArgs),
    /// List the recorded generations and refused reloads; show, compare or restore a generation
    ///
    /// `watch` records them.
    History {
        #[command(subcommand)]
        command: Option<HistoryCommand>,
    },
    /// Inspect, check, shrink, back up or restore the database
    Store {
        #[command(subcommand)]
        command: StoreCommand,
    },
    /// Preview the [retry] settings: the delays of one call, or the load of many clients
    Retry {
        #[command(subcommand)]
        command: RetryCommand,
    },
    /// Run the quality gate of a stage; list or show recorded runs
    Gate {
        #[command(subcommand)]
        command: GateCommand,
    },
    /// Measure commands, keep the results, and compare them with statistics
    Bench {
        #[command(subcommand)]
        command: BenchCommand,
    },
    /// Check files against rules, before a commit or in CI
    Policy {
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// Log in to the providers of [auth] on any device, and manage their tokens
    Auth {
        #[command(subcommand)]
        command: AuthCommand,
    },
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: CompletionShell,
    },
}

#[derive(Args, Clone, Debug)]
pub(crate) struct ShowArgs {
    /// The key to show, such as `retry.max_attempts` [default: all keys]
    pub(crate) key: Option<String>,
    /// Show where each value was set
    #[arg(long)]
    pub(crate) origins: bool,
    /// Show secrets instead of redacting them
    #[arg(long)]
    pub(crate) reveal: bool,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct InitArgs {
    /// The TOML file to write
    #[arg(default_value = "speckit.toml")]
    pub(crate) file: PathBuf,
    /// Overwrite an existing file
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct ResolveArgs {
    /// Canonical names or aliases of models
    #[arg(required = true)]
    pub(crate) names: Vec<String>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct MigrateArgs {
    /// The file to convert
    pub(crate) file: PathBuf,
    /// Write the file instead of printing a diff, and keep the old one as FILE.bak
    #[arg(long)]
    pub(crate) write: bool,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct WatchArgs {
    /// Print lines even on a terminal; without this option, a background job and a terminal with `TERM=dumb` get lines too
    #[arg(long)]
    pub(crate) plain: bool,
    /// What to run with if the files are invalid at the start [default: nothing, exit with an error]
    #[arg(long, value_name = "FALLBACK")]
    pub(crate) fallback: Option<FallbackArg>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FallbackArg {
    /// The defaults, with the current environment and --set
    Defaults,
    /// The newest recorded generation, with the current environment
    LastGood,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum HistoryCommand {
    /// Show one generation in full
    Show(GenerationArgs),
    /// List the keys that differ between two generations
    Diff {
        /// Number of the first generation
        #[arg(value_name = "A")]
        from: i64,
        /// Number of the second generation
        #[arg(value_name = "B")]
        to: i64,
    },
    /// Restore the files of a generation
    Rollback(RollbackArgs),
}

#[derive(Args, Clone, Debug)]
pub(crate) struct GenerationArgs {
    /// Number of the generation
    #[arg(value_name = "N")]
    pub(crate) number: i64,
    /// Show the contents of its files, which may hold secrets
    #[arg(long)]
    pub(crate) sources: bool,
    /// Show secrets in these contents instead of redacting them
    #[arg(long, requires = "sources")]
    pub(crate) reveal: bool,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct RollbackArgs {
    /// Number of the generation
    #[arg(value_name = "N")]
    pub(crate) number: i64,
    /// Show the changes, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum RetryCommand {
    /// Show how long a call that keeps failing waits before each retry, and why it gives up
    Plan {
        /// Seed of the random delays; equal seeds give equal delays
        #[arg(long, value_name = "NUMBER", default_value = SEED)]
        seed: u64,
    },
    /// Simulate many clients that call one server at the same moment: one run for each kind of jitter
    ///
    /// Every client calls at time 0, and a message takes 5 ms each way. In each 100 ms the server answers the first
    /// CAPACITY calls and refuses the others at once, at no cost. A refused client retries and gives up as configured in
    /// `[retry]`, with each jitter in turn. Try `--set retry.max_attempts=8`.
    Simulate(SimulateArgs),
}

/// The default seed is fixed, so that a result can be reproduced.
const SEED: &str = "42";

#[derive(Args, Clone, Debug)]
pub(crate) struct SimulateArgs {
    /// How many clients call, 1 to 100000
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) clients: u32,
    /// How many calls the server answers in each 100 ms, 1 to 100000
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) capacity: u32,
    /// Seed of the random delays; equal seeds give equal results
    #[arg(long, value_name = "NUMBER", default_value = SEED)]
    pub(crate) seed: u64,
    /// Also write a chart of the load over time to this file, overwriting it
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::with_globals().debug_assert();
    }
}
