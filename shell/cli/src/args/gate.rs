//! The options of `gate`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use speckit_core::agents::Stage;

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum GateCommand {
    /// Run the agents of a stage in parallel, and decide by their quorum
    ///
    /// The configuration is read once. Missing commands and credentials (logins, API keys) are reported before any agent
    /// starts, unless [validation] turns this off. A failed agent is retried as configured in [retry] and by its provider (retryable_exits, failure_patterns, retry). The output of the agents is recorded.
    ///
    /// On a terminal a progress view is shown; elsewhere each event of an agent is a line on stderr. With --format json
    /// each event is a document on stdout, and the last one, `finished`, holds the verdict. Ctrl-C stops the agents
    /// gracefully, a second one kills them, and a third one ends this program.
    ///
    /// The verdict is full if all agents succeeded, degraded if at least the quorum did, and insufficient otherwise. With
    /// orchestrator.agree_on, only the agents that gave the most frequent answer count. Exit: 0 full, or degraded with a warning;
    /// 1 insufficient, an answer that orchestrator.accept does not list, or degraded with --require-full or --strict; 2 the gate could
    /// not run, no agent could be started, it was cancelled, or it could not be recorded.
    Run(GateRunArgs),
    /// List the recorded runs, the newest last
    List(GateListArgs),
    /// Show a run with the output of its agents
    Show {
        /// Number of the run, or the file that a run was saved to because the database could not record it
        #[arg(value_name = "ID|FILE")]
        run: String,
    },
}

#[derive(Args, Clone, Debug)]
pub(crate) struct GateRunArgs {
    /// The stage whose gate runs
    #[arg(value_parser = stages())]
    pub(crate) stage: Stage,
    /// Id of the specification that the agents work on
    #[arg(long, value_name = "ID")]
    pub(crate) spec: String,
    #[command(flatten)]
    pub(crate) prompt: PromptArgs,
    /// Show what would run, and check everything but the database, without starting an agent
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Exit with 1 on a degraded verdict, as --strict also does
    #[arg(long)]
    pub(crate) require_full: bool,
    /// Record nothing in the database; print the output of the agents instead
    #[arg(long)]
    pub(crate) no_store: bool,
    /// Print lines even on a terminal, with the output of the agents; output that comes too fast is skipped
    #[arg(long)]
    pub(crate) plain: bool,
}

/// Exactly one of the two.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct PromptArgs {
    /// The prompt of the agents
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) prompt: Option<String>,
    /// File that holds the prompt; `-` is the standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) prompt_file: Option<PathBuf>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct GateListArgs {
    /// List only the runs of this stage
    #[arg(long, value_parser = stages())]
    pub(crate) stage: Option<Stage>,
    /// List only the runs of this specification
    #[arg(long, value_name = "ID")]
    pub(crate) spec: Option<String>,
    /// List only the newest NUMBER runs
    #[arg(long, value_name = "NUMBER")]
    pub(crate) limit: Option<NonZeroUsize>,
}

/// The names of the stages, so that `--help` and completions list them.
fn stages() -> impl clap::builder::TypedValueParser<Value = Stage> {
    PossibleValuesParser::new(Stage::ALL.map(Stage::name)).try_map(|name| name.parse::<Stage>())
}
