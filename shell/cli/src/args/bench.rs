//! The options of `bench`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use speckit_core::bench::plan::Parameter;
use speckit_core::bench::stats::Speedup;
use speckit_core::text::{parse_duration, parse_percent};

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Measure a command, or compare it with others
    ///
    /// Each run is a sample. Without -n, a command runs 10 to 1000 times within about 5 s. With --vs the commands run in turn, in a random
    /// order, so that a machine that becomes slower affects all alike. The runs are recorded in the database while they are measured.
    ///
    /// Words are split without a shell: a single CMD such as 'sort data' as in --vs. The first run that fails ends the measuring, unless
    /// --ignore-failure is given. Ctrl-C ends it too, and what was measured is shown.
    ///
    /// Exit: 0 measured; 1 a run failed; 2 a command could not be started, the measuring was interrupted, or it could not be recorded.
    Run(BenchRunArgs),
    /// Keep the last run under a name, as a baseline; an earlier one of this name is replaced
    ///
    /// Of several benchmarks each is kept as NAME/BENCHMARK, and NAME stands for all of them.
    Save {
        /// The name, such as that of a branch
        name: String,
    },
    /// List the kept benchmarks, and the last run
    List,
    /// Compare a kept benchmark with the last run, or with another kept one
    ///
    /// A regression is a significant difference (Welch's t-test), as large as the threshold, whose 95 % interval excludes 1.
    ///
    /// Exit: 0 no regression; 1 a regression, or --at-least does not hold; 2 the machines differ, or something is missing.
    Compare(BenchCompareArgs),
    /// Show the last run, or kept benchmarks, as text or as a page with plots
    Report(BenchReportArgs),
    /// Write the last run, or kept benchmarks, to a JSON file
    Export {
        /// The file, which is overwritten
        file: PathBuf,
        /// Names of kept benchmarks of one machine [default: the last run]
        names: Vec<String>,
    },
    /// Keep each benchmark of a JSON file under its name; earlier ones of these names are replaced
    Import {
        /// A file of `bench export` or of `bench run --format json`
        file: PathBuf,
    },
}

#[derive(Args, Clone, Debug)]
pub(crate) struct BenchRunArgs {
    /// Name of the benchmark, instead of its command; a second one names that of --vs, and so on
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Vec<String>,
    /// Number of measured runs of each command [default: 10 to 1000 within about 5 s]
    #[arg(short = 'n', long, value_name = "RUNS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) runs: Option<u32>,
    /// Number of runs before, which are not measured
    #[arg(long, value_name = "RUNS", default_value_t = 0)]
    pub(crate) warmup: u32,
    /// Command to run before each run, not measured
    #[arg(long, value_name = "CMD")]
    pub(crate) prepare: Option<String>,
    /// End a run after this time, such as 1.5s or 2m; it counts as failed
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Command to compare with CMD; repeatable
    #[arg(long, value_name = "CMD")]
    pub(crate) vs: Vec<String>,
    /// Put each value in the place of {NAME} in the commands; repeatable
    #[arg(long, value_name = "NAME=V1,V2,…")]
    pub(crate) param: Vec<Parameter>,
    /// Run the commands in `sh -c`, whose own time is measured too
    #[arg(long)]
    pub(crate) shell: bool,
    /// Continue after failed runs; the time of a run that exits with another code than 0 counts
    #[arg(long)]
    pub(crate) ignore_failure: bool,
    /// Keep the run under this name, as `bench save` does, unless it fails
    #[arg(long, value_name = "BASELINE")]
    pub(crate) save: Option<String>,
    /// Record nothing in the database
    #[arg(long, conflicts_with = "save")]
    pub(crate) no_store: bool,
    /// Seed of the order of the runs [default: random, and shown]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
    /// The command, after `--`
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<String>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct BenchCompareArgs {
    /// Name of the kept benchmark to compare with
    pub(crate) baseline: String,
    /// Name of another kept benchmark [default: the last run]
    pub(crate) other: Option<String>,
    /// The smallest change that counts: a ratio of 1.1 and of 1/1.1 for 10%
    #[arg(long, value_name = "PERCENT", default_value = "10%", value_parser = parse_percent)]
    pub(crate) threshold: f64,
    /// The probability of a false alarm
    #[arg(long, value_name = "NUMBER", default_value_t = 0.05)]
    pub(crate) alpha: f64,
    /// Check that OTHER is so many times faster: the lower end of the 95 % interval decides
    #[arg(long, value_name = "FACTOR")]
    pub(crate) at_least: Option<Speedup>,
    /// Compare benchmarks of different machines
    #[arg(long)]
    pub(crate) anyway: bool,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct BenchReportArgs {
    /// Names of kept benchmarks of one machine; the later ones are compared with the first [default: the last run]
    pub(crate) names: Vec<String>,
    /// Write a page with plots to this file, overwriting it
    #[arg(long, value_name = "FILE", conflicts_with = "markdown")]
    pub(crate) html: Option<PathBuf>,
    /// Write Markdown to this file, overwriting it
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
}
