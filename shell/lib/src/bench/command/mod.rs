//! Runs a command and measures it: the door to measured processes.

use std::io;
use std::time::Duration;

use speckit_core::agents::process::supervise::Limits;
use speckit_core::bench::RunRecord;
use speckit_core::retry::{RandomStream, Seed};
use speckit_core::tree::nearest::nearest;

use crate::os::start_error::start_error;
use crate::os::{documents, environment};

mod child;
mod last_line;
mod launcher;
mod peak_memory;
mod run;
mod stderr_pipe;
mod stopper;
mod watcher;

use launcher::Launcher;
pub use peak_memory::memory_floor_bytes;
pub use stopper::CommandStopper;

/// The longest padding of the environment: a page, as in hyperfine.
const MAX_PADDING_BYTES: u64 = 4096;
/// A killed process is waited for until it ends, although the system may have to finish something for it first.
const DRAIN: Duration = Duration::MAX;

/// Runs a command again and again, each run in a process group of its own, and measures each run.
///
/// The command has an empty standard input, its output is discarded, and it has the environment of this process. A further variable of random
/// length, `SPECKIT_BENCH_PADDING`, moves its stack in memory, since one position may be faster than another (Mytkowicz et al., "Producing
/// Wrong Data Without Doing Anything Obviously Wrong!", 2009). When the command exits, the rest of its group is killed.
///
/// From the first run on, a thread watches the runs: it reads their standard error, and ends them at the time-out and when the stopper
/// stops. It sleeps as long as none of that happens, and ends when the runner is dropped.
///
/// Nothing else may reap the children of this process meanwhile.
///
/// ```
/// use std::time::Duration;
/// use speckit::bench::CommandRunner;
/// use speckit_core::bench::Outcome;
///
/// let mut runner = CommandRunner::new("sh", ["-c", "echo 'no input' >&2; exit 3"]).timeout(Duration::from_secs(10));
/// let run = runner.run()?;
/// assert_eq!(run.outcome, Outcome::exited(3));
/// assert_eq!(run.last_line.as_deref(), Some("no input"));
/// assert!(run.elapsed_ns > 0 && run.peak_rss_bytes.unwrap() > 0);
/// # Ok::<(), speckit::bench::CommandError>(())
/// ```
#[derive(Debug)]
pub struct CommandRunner {
    program: String,
    arguments: Vec<String>,
    limits: Limits,
    padding: RandomStream,
    stopper: Option<CommandStopper>,
    /// From the first run on, until a limit or the stopper changes.
    launcher: Option<Launcher>,
}

/// Why a command could not be run or measured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// It was not started.
    #[error("{reason}{}", nearest.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default())]
    NotStarted {
        /// Why, and what to do about it.
        reason: String,
        /// The nearest name of a command in `PATH`, if there is no command of this name.
        nearest: Option<String>,
    },
    /// Its [`CommandStopper`] stopped: it was ended, or not started.
    #[error("stopped")]
    Stopped,
    /// It ran, and was not measured.
    #[error("`{program}` ran, but it was not measured: {reason}")]
    NotMeasured {
        /// The program.
        program: String,
        /// Why.
        reason: String,
    },
}

impl CommandRunner {
    /// A program, by name or path, with its arguments. No shell expands them.
    pub fn new<A: Into<String>>(program: impl Into<String>, arguments: impl IntoIterator<Item = A>) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            limits: Limits { timeout: None, grace: Duration::from_secs(1), drain: DRAIN },
            padding: padding_of(Seed::new(0)),
            stopper: None,
            launcher: None,
        }
    }

    /// Ends a run after this time: SIGTERM to its group, and SIGKILL after the grace period.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.limits.timeout = Some(timeout);
        self.launcher = None;
        self
    }

    /// How long a run may take to end after SIGTERM. The default is 1 s.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.limits.grace = grace;
        self.launcher = None;
        self
    }

    /// Draws the length of the padding from this seed. The default is 0.
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.padding = padding_of(seed);
        self
    }

    /// Ends a run when the stopper stops; no further run is started.
    #[must_use]
    pub fn stopped_by(mut self, stopper: &CommandStopper) -> Self {
        self.stopper = Some(stopper.clone());
        self.launcher = None;
        self
    }

    /// Runs the command once and waits for its end.
    ///
    /// The elapsed time begins just before the start of the command and ends when the command is reaped. It includes the signal that kills
    /// what is left of the group, which is sent before: about 2 µs. Processor times and peak memory are of the command, with the children
    /// that it waited for. [`memory_floor_bytes`] is the least peak that can be measured.
    /// The last line of its standard error is only kept if it did not exit with 0, and at most 8 KiB of it.
    ///
    /// # Errors
    /// Why it was not started, or not measured. A run that fails or reaches its time-out is not an error.
    pub fn run(&mut self) -> Result<RunRecord, CommandError> {
        if self.stopper.as_ref().is_some_and(CommandStopper::is_stopped) {
            return Err(CommandError::Stopped);
        }
        let padding = usize::try_from(self.padding.up_to(MAX_PADDING_BYTES)).unwrap_or_default();
        let launcher = match self.launcher.take().filter(Launcher::prepare) {
            Some(launcher) => Ok(launcher),
            None => Launcher::new(&self.program, &self.arguments, self.limits, self.stopper.clone()),
        };
        let launcher = launcher.map_err(|error| not_started(&self.program, &error))?;
        let child = self.launcher.insert(launcher).start(padding);
        let child = child.map_err(|error| not_started(&self.program, &error))?;
        let run = child.wait().map_err(|error| CommandError::NotMeasured {
            program: self.program.clone(),
            reason: error.to_string(),
        })?;
        run.ok_or(CommandError::Stopped)
    }
}

fn padding_of(seed: Seed) -> RandomStream {
    seed.stream("bench/environment padding")
}

fn not_started(program: &str, error: &io::Error) -> CommandError {
    let is_unknown_name = error.kind() == io::ErrorKind::NotFound && !program.contains('/');
    let known = is_unknown_name.then(|| {
        let path = environment::capture_wanted(&|name| name == "PATH");
        documents::commands_in(path.text("PATH").unwrap_or_default())
    });
    let known = known.unwrap_or_default();
    let nearest = nearest(program, known.iter().map(String::as_str)).map(str::to_owned);
    CommandError::NotStarted { reason: start_error(program, error), nearest }
}
