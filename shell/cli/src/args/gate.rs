//! The options of `gate`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use speckit_core::agents::Stage;

use super::{Globals, With};

#[derive(Args, Clone, Debug)]
pub(crate) struct GateArgs {
    #[command(subcommand)]
    pub(crate) command: GateCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum GateCommand {
    /// Ask the agents of a stage in parallel, and decide by their quorum
    ///
    /// The configuration is read once, and missing commands and keys are found before anything starts. A failed agent is tried
    /// again as [retry] and its provider's retryable_exits say. What the agents wrote is kept in the database.
    ///
    /// On a terminal the progress is shown; elsewhere each change of an agent is a line on stderr. With --format json each
    /// event is a document on stdout, and the last one, `finished`, holds the verdict. Ctrl-C ends the agents in peace, once
    /// more kills them, and a third time ends this program.
    ///
    /// Exit: 0 full, or degraded with a warning: so many agents succeeded, or gave the same answer where orchestrator.agree_on
    /// asks for one, whatever it is; 1 insufficient, and with --require-full or --strict degraded; 2 it could not be run, was
    /// called off, or could not be kept.
    Run(With<GateRunArgs>),
    /// List the runs that are kept, the newest last
    List(With<GateListArgs>),
    /// Show a run with what its agents wrote
    Show(With<GateShowArgs>),
}

impl GateCommand {
    pub(crate) fn globals(&self) -> &Globals {
        match self {
            Self::Run(with) => &with.globals,
            Self::List(with) => &with.globals,
            Self::Show(with) => &with.globals,
        }
    }
}

#[derive(Args, Clone, Debug)]
pub(crate) struct GateRunArgs {
    /// The stage whose gate is run
    #[arg(value_parser = stages())]
    pub(crate) stage: Stage,
    /// The id of the specification that the work is about
    #[arg(long, value_name = "ID")]
    pub(crate) spec: String,
    #[command(flatten)]
    pub(crate) prompt: PromptArgs,
    /// Show what would be run, check all that it needs but the database, and start nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Make a degraded verdict a no, as --strict also does
    #[arg(long)]
    pub(crate) require_full: bool,
    /// Keep nothing in the database; the result then shows what the agents wrote
    #[arg(long)]
    pub(crate) no_store: bool,
    /// Print lines, on a terminal too, and those that agents write, as far as they can be read as fast as they are written
    #[arg(long)]
    pub(crate) plain: bool,
}

/// What the agents are told: one of the two.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct PromptArgs {
    /// What the agents are told
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) prompt: Option<String>,
    /// The file that holds what the agents are told; `-` is the standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) prompt_file: Option<PathBuf>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct GateListArgs {
    /// Only the runs of this stage
    #[arg(long, value_parser = stages())]
    pub(crate) stage: Option<Stage>,
    /// Only the runs of this specification
    #[arg(long, value_name = "ID")]
    pub(crate) spec: Option<String>,
    /// Only so many, the newest
    #[arg(long, value_name = "NUMBER")]
    pub(crate) limit: Option<NonZeroUsize>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct GateShowArgs {
    /// The number of the run, or the file that one was saved to because the database refused it
    #[arg(value_name = "ID|FILE")]
    pub(crate) run: String,
}

/// The names of the stages, so that `--help` and completions list them.
fn stages() -> impl clap::builder::TypedValueParser<Value = Stage> {
    PossibleValuesParser::new(Stage::ALL.map(Stage::name)).try_map(|name| name.parse::<Stage>())
}
