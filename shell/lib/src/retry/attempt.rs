//! Reports of attempts.

use std::fmt;
use std::time::Duration;

use speckit_core::retry::{Decision, GiveUp};
use speckit_core::text::duration;

/// The result of one attempt, reported as soon as it has ended and before the next wait.
///
/// Its `Display` is one line for a log:
///
/// ```
/// use std::io;
/// use speckit::retry::{Attempt, Jitter, RetryConfig, Retrying};
///
/// let config = RetryConfig::default().with_max_attempts(2).with_initial_backoff_ms(5).with_jitter(Jitter::None);
/// let mut lines = Vec::new();
/// let report = |attempt: &Attempt<'_, io::Error>| lines.push(format!("{}: {:?}", attempt.number, attempt.next_wait()));
/// let down = || Err::<(), _>(io::Error::from(io::ErrorKind::ConnectionRefused));
/// Retrying::new(&config).report(report).run(down).unwrap_err();
/// assert_eq!(lines, ["1: Some(5ms)", "2: None"]);
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Attempt<'a, E> {
    /// The label of the retries, by [`Retrying::label`](super::Retrying::label).
    pub label: &'a str,
    /// The number of the attempt, from 1.
    pub number: u32,
    /// The time since the first attempt began, up to 4 ms too long on Linux.
    pub elapsed: Duration,
    /// How it ended.
    pub outcome: AttemptOutcome<'a, E>,
}

/// How an attempt ended.
#[derive(Debug)]
pub enum AttemptOutcome<'a, E> {
    /// It succeeded.
    Succeeded,
    /// It failed.
    Failed {
        /// Its error.
        error: &'a E,
        /// Whether the other side reported too many requests.
        is_rate_limited: bool,
        /// What follows: another attempt after a wait, or giving up.
        then: Decision,
    },
}

impl<E> Attempt<'_, E> {
    /// Its error; `None` if it succeeded.
    pub fn error(&self) -> Option<&E> {
        match self.outcome {
            AttemptOutcome::Succeeded => None,
            AttemptOutcome::Failed { error, .. } => Some(error),
        }
    }

    /// The wait before the next attempt; `None` if there is none.
    pub fn next_wait(&self) -> Option<Duration> {
        match self.outcome {
            AttemptOutcome::Failed { then: Decision::Wait(wait), .. } => Some(wait),
            _ => None,
        }
    }

    /// Why there is no further attempt; `None` if one may follow, and where none is needed.
    pub fn give_up(&self) -> Option<GiveUp> {
        match self.outcome {
            AttemptOutcome::Failed { then: Decision::GiveUp(why), .. } => Some(why),
            _ => None,
        }
    }

    /// Whether the other side reported too many requests.
    pub fn is_rate_limited(&self) -> bool {
        matches!(self.outcome, AttemptOutcome::Failed { is_rate_limited: true, .. })
    }
}

impl<E: fmt::Display> fmt::Display for Attempt<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, number, elapsed, .. } = self;
        match &self.outcome {
            AttemptOutcome::Succeeded => {
                write!(f, "{label}: attempt {number} succeeded after {}", duration(*elapsed))
            }
            AttemptOutcome::Failed { error, is_rate_limited, then } => {
                let limited = if *is_rate_limited { ", rate-limited" } else { "" };
                write!(f, "{label}: attempt {number} failed after {}{limited}, ", duration(*elapsed))?;
                match then {
                    Decision::Wait(wait) => write!(f, "the next one in {}: {error}", duration(*wait)),
                    Decision::GiveUp(why) => write!(f, "the last one, since {why}: {error}"),
                }
            }
        }
    }
}

/// The receiver of reports: a closure `FnMut(&Attempt<'_, E>)`, or [`NoReport`].
pub trait Report<E> {
    /// Whether it ignores all reports, so that they need not be made.
    const IS_SILENT: bool = false;

    /// Receives the report of an attempt that has ended.
    fn on_attempt(&mut self, attempt: &Attempt<'_, E>);
}

impl<E, F: FnMut(&Attempt<'_, E>)> Report<E> for F {
    fn on_attempt(&mut self, attempt: &Attempt<'_, E>) {
        self(attempt);
    }
}

/// Ignores all reports.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoReport;

impl<E> Report<E> for NoReport {
    const IS_SILENT: bool = true;

    fn on_attempt(&mut self, _: &Attempt<'_, E>) {}
}
