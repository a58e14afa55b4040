//! Runs a command and measures it: the door to measured processes.

use std::fmt;
use std::io;
use std::time::Duration;

use speckit_core::agents::process::supervise::Limits;
use speckit_core::retry::{RandomStream, Seed};
use speckit_core::tree::nearest::nearest;

use crate::os::start_error::start_error;
use crate::os::{documents, environment};

mod child;
mod last_line;
mod peak_memory;
mod run;
mod stopper;

pub use peak_memory::PeakMemory;
pub use stopper::CommandStopper;

/// The longest padding of the environment: a page, as in hyperfine.
const MAX_PADDING_BYTES: u64 = 4096;
/// How long a killed process may need to end.
const DRAIN: Duration = Duration::from_secs(1);

/// Runs a command again and again, each run in a process group of its own, and measures each run.
///
/// The command has an empty standard input, its output is discarded, and it has the environment of this process. A further variable of random
/// length, `SPECKIT_BENCH_PADDING`, moves its stack in memory, since one position may be faster than another (Mytkowicz et al., "Producing
/// Wrong Data Without Doing Anything Obviously Wrong!", 2009). When the command exits, the rest of its group is killed.
///
/// Nothing else may reap the children of this process meanwhile.
///
/// ```
/// use std::time::Duration;
/// use speckit::bench::{CommandEnd, CommandRunner};
///
/// let mut runner = CommandRunner::new("sh", ["-c", "echo 'no input' >&2; exit 3"]).timeout(Duration::from_secs(10));
/// let run = runner.run()?;
/// assert_eq!(run.end, CommandEnd::Exited { code: 3 });
/// assert_eq!(run.last_stderr_line.as_deref(), Some("no input"));
/// assert!(run.elapsed > Duration::ZERO && run.peak_memory.bytes > 0);
/// # Ok::<(), speckit::bench::CommandError>(())
/// ```
#[derive(Debug)]
pub struct CommandRunner {
    program: String,
    arguments: Vec<String>,
    limits: Limits,
    padding: RandomStream,
    stopper: Option<CommandStopper>,
}

/// One run of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRun {
    /// From just before its start until its exit was reported.
    pub elapsed: Duration,
    /// The processor time in its own code, with its children that it waited for.
    pub user: Duration,
    /// The processor time in the kernel, with its children that it waited for.
    pub system: Duration,
    /// The most memory of it, or of one of its children that it waited for.
    pub peak_memory: PeakMemory,
    /// How it ended.
    pub end: CommandEnd,
    /// The last line that it wrote to its standard error, if it did not exit with 0. Only its first 8 KiB are kept.
    pub last_stderr_line: Option<String>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CommandEnd {
    /// It exited.
    Exited {
        /// Its exit code.
        code: i32,
    },
    /// A signal ended it.
    Signalled {
        /// The number of the signal.
        signal: i32,
    },
    /// It reached its time-out, and its group was killed. Its time is no sample.
    TimedOut,
    /// A [`CommandStopper`] ended it. Its time is no sample.
    Stopped,
}

impl CommandEnd {
    /// Whether it exited with 0.
    pub fn is_success(self) -> bool {
        self == Self::Exited { code: 0 }
    }
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
        }
    }

    /// Ends a run after this time: SIGTERM to its group, and SIGKILL after the grace period.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.limits.timeout = Some(timeout);
        self
    }

    /// How long a run may take to end after SIGTERM. The default is 1 s.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.limits.grace = grace;
        self
    }

    /// Draws the length of the padding from this seed. The default is 0.
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.padding = padding_of(seed);
        self
    }

    /// Ends a run, and all that follow, when the stopper says so.
    #[must_use]
    pub fn stopped_by(mut self, stopper: &CommandStopper) -> Self {
        self.stopper = Some(stopper.clone());
        self
    }

    /// Runs the command once and waits for its end.
    ///
    /// # Errors
    /// Why it was not started, or not measured. A run that fails is not an error.
    pub fn run(&mut self) -> Result<CommandRun, CommandError> {
        let padding = usize::try_from(self.padding.up_to(MAX_PADDING_BYTES)).unwrap_or_default();
        let child = child::MeasuredChild::start(&self.program, &self.arguments, padding);
        let child = child.map_err(|error| not_started(&self.program, &error))?;
        run::run(child, self.limits, self.stopper.as_ref()).map_err(|error| CommandError::NotMeasured {
            program: self.program.clone(),
            reason: error.to_string(),
        })
    }
}

impl fmt::Display for CommandEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited { code } => write!(f, "exit {code}"),
            Self::Signalled { signal } => write!(f, "signal {signal}"),
            Self::TimedOut => f.write_str("timed out"),
            Self::Stopped => f.write_str("stopped"),
        }
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
