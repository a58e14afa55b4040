//! The command line: commands and options, as `--help` shows them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell as CompletionShell;

use speckit_core::config::schema::SchemaMap;

mod gate;

pub(crate) use gate::{GateArgs, GateCommand, GateListArgs, GateRunArgs, PromptArgs};

/// Layered, checked configuration that can say who set what.
#[derive(Debug, Parser)]
#[command(name = "speckit", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = "Exit: 0 the answer is yes, 1 the answer is no, 2 it could not be done.")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The options that stand before or after the command.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options for every command")]
pub(crate) struct Globals {
    /// Configuration file, or folder of *.toml files; repeatable, later wins [default: $SPECKIT_CONFIG, else
    /// ~/.code/config.toml and ./speckit.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Vec<PathBuf>,
    /// Draft 7 schema that replaces the built-in one and the embedded defaults
    #[arg(long, value_name = "FILE")]
    pub(crate) schema: Option<PathBuf>,
    /// Folder that holds the documents of a URL prefix, for `$ref`s; repeatable
    #[arg(long, value_name = "URL-PREFIX=DIR")]
    pub(crate) schema_map: Vec<SchemaMap>,
    /// What variables begin with [default: SPECKIT]
    #[arg(long, value_name = "NAME")]
    pub(crate) env_prefix: Option<String>,
    /// Set a key over every other layer; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Remove a key that lower layers set; repeatable
    #[arg(long, value_name = "KEY")]
    pub(crate) unset: Vec<String>,
    /// Make warnings errors
    #[arg(long)]
    pub(crate) strict: bool,
    /// Database of history and runs (sets store.path)
    #[arg(long, value_name = "FILE")]
    pub(crate) database: Option<PathBuf>,
    /// How results are written [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
}

impl Globals {
    /// Both places of the command line together: repeatable options accumulate, of the others the later wins.
    pub(crate) fn and(mut self, after: Self) -> Self {
        self.config.extend(after.config);
        self.schema_map.extend(after.schema_map);
        self.set.extend(after.set);
        self.unset.extend(after.unset);
        Self {
            schema: after.schema.or(self.schema),
            env_prefix: after.env_prefix.or(self.env_prefix),
            strict: self.strict || after.strict,
            database: after.database.or(self.database),
            format: after.format.or(self.format),
            ..self
        }
    }
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// TOML (`show` only, where it is the same as text).
    Toml,
    /// One JSON document.
    Json,
}

/// A command with the options after it.
#[derive(Args, Clone, Debug)]
pub(crate) struct With<A: Args> {
    #[command(flatten)]
    pub(crate) args: A,
    #[command(flatten)]
    pub(crate) globals: Globals,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check the layered configuration, or each FILE by itself
    Check(With<CheckArgs>),
    /// Show the resolved configuration, or one key of it
    Show(With<ShowArgs>),
    /// Say who set a key, what that shadowed, and what the schema says about it
    Explain(With<ExplainArgs>),
    /// List the variables, their keys, and which are set
    Env(With<NoArgs>),
    /// Print the Draft 7 schema
    Schema(With<NoArgs>),
    /// Write a commented template
    Init(With<InitArgs>),
    /// Resolve names of models to canonical name, provider, model and tier
    Resolve(With<ResolveArgs>),
    /// Rewrite an old file: [[agents]] becomes [models]
    Migrate(With<MigrateArgs>),
    /// Watch the files: a dashboard on a terminal, else a line for each event (with --schema, quiet is 2 s, and only
    /// --database records)
    Watch(With<WatchArgs>),
    /// List the generations that `watch` accepted, and what it refused; show, compare or restore one
    History(With<HistoryArgs>),
    /// Look after the database: what is in it, whether it is sound, and its free pages back to the disk
    Store(With<StoreArgs>),
    /// Show what the settings of retries do: the waits of one call, or a herd of clients
    Retry(With<RetryArgs>),
    /// Run the quality gate of a stage; list the runs that are kept, or show one
    Gate(With<GateArgs>),
    /// Print completions for a shell
    Completions(With<CompletionsArgs>),
}

#[derive(Args, Clone, Debug)]
pub(crate) struct NoArgs {}

#[derive(Args, Clone, Debug)]
pub(crate) struct CheckArgs {
    /// Files (.toml or .json) to check each by itself: no layers, no defaults, no environment
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct ShowArgs {
    /// The key to show, such as `retry.max_attempts` [default: everything]
    pub(crate) key: Option<String>,
    /// Show the place that set each value
    #[arg(long)]
    pub(crate) origins: bool,
    /// Show secrets in the clear
    #[arg(long)]
    pub(crate) reveal: bool,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct ExplainArgs {
    /// The key to explain, such as `retry.max_attempts`
    pub(crate) key: String,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct InitArgs {
    /// The file to write
    #[arg(default_value = "speckit.toml")]
    pub(crate) file: PathBuf,
    /// Overwrite the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct ResolveArgs {
    /// Canonical names or aliases
    #[arg(required = true)]
    pub(crate) names: Vec<String>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct MigrateArgs {
    /// The file to migrate
    pub(crate) file: PathBuf,
    /// Write the file, and keep the old one as FILE.bak
    #[arg(long)]
    pub(crate) write: bool,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct WatchArgs {
    /// Print lines, on a terminal too
    #[arg(long)]
    pub(crate) plain: bool,
    /// What stands in where the files are refused at the start [default: nothing, and the command ends]
    #[arg(long, value_name = "WHAT")]
    pub(crate) fallback: Option<FallbackArg>,
}

/// What stands in for files that are refused at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FallbackArg {
    /// The defaults
    Defaults,
    /// The newest generation of the history, with the present environment
    LastGood,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct HistoryArgs {
    #[command(subcommand)]
    pub(crate) command: Option<HistoryCommand>,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum HistoryCommand {
    /// Show all that is kept of one generation
    Show(With<GenerationArgs>),
    /// List the keys that differ between two generations
    Diff(With<DiffArgs>),
    /// Give the files the texts that they had in a generation
    Rollback(With<RollbackArgs>),
}

impl HistoryCommand {
    pub(crate) fn globals(&self) -> &Globals {
        match self {
            Self::Show(with) => &with.globals,
            Self::Diff(with) => &with.globals,
            Self::Rollback(with) => &with.globals,
        }
    }
}

#[derive(Args, Clone, Debug)]
pub(crate) struct GenerationArgs {
    /// The number of the generation
    #[arg(value_name = "N")]
    pub(crate) number: i64,
    /// Show the texts of its files, which may hold secrets
    #[arg(long)]
    pub(crate) sources: bool,
    /// Show secrets of the texts in the clear
    #[arg(long, requires = "sources")]
    pub(crate) reveal: bool,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct DiffArgs {
    /// The number of the one generation
    #[arg(value_name = "A")]
    pub(crate) from: i64,
    /// The number of the other
    #[arg(value_name = "B")]
    pub(crate) to: i64,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct RollbackArgs {
    /// The number of the generation
    #[arg(value_name = "N")]
    pub(crate) number: i64,
    /// Show what would be done, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct StoreArgs {
    /// What is to be done
    #[arg(value_name = "WHAT")]
    pub(crate) command: StoreCommand,
}

/// What is to be done with the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoreCommand {
    /// Say how large it is, what is in it, and how it is set
    Stats,
    /// Check its pages, its indexes, and what rows refer to
    Check,
    /// Give its free pages back to the disk, while others write
    Vacuum,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct RetryArgs {
    #[command(subcommand)]
    pub(crate) command: RetryCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum RetryCommand {
    /// Show how long a call that keeps failing waits before each retry, and why it ends
    Plan(With<PlanArgs>),
    /// Simulate clients that call one server at once and come back when refused, with each jitter
    ///
    /// Every client calls at time 0, and a message takes 5 ms each way. The server answers the first CAPACITY calls that
    /// reach it in each 100 ms and refuses the others at once, which costs it nothing. A refused client follows
    /// `[retry]`, with each jitter in turn, and gives up when that says so. Try `--set retry.max_attempts=8`.
    Simulate(With<SimulateArgs>),
}

/// The seed where none is given, so that a result can be had again.
const SEED: &str = "42";

#[derive(Args, Clone, Debug)]
pub(crate) struct PlanArgs {
    /// What the waits are drawn from; equal seeds give equal waits
    #[arg(long, value_name = "NUMBER", default_value = SEED)]
    pub(crate) seed: u64,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct SimulateArgs {
    /// How many clients call, 1 to 100000
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) clients: u32,
    /// How many calls the server answers in each 100 ms, 1 to 100000
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) capacity: u32,
    /// What the waits are drawn from; equal seeds give equal results
    #[arg(long, value_name = "NUMBER", default_value = SEED)]
    pub(crate) seed: u64,
    /// Draw the load over time into this file too, over what is there
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: CompletionShell,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_global_stands_in_both_places() {
        let root = Cli::command();
        let names = |command: &clap::Command| -> Vec<String> {
            let options = command
                .get_arguments()
                .filter(|argument| argument.get_help_heading() == Some("Options for every command"));
            options.map(|option| option.get_id().to_string()).collect()
        };
        assert_eq!(names(&root).len(), 9);
        for command in root.get_subcommands() {
            assert_eq!(names(command), names(&root), "{}", command.get_name());
        }
    }
}
