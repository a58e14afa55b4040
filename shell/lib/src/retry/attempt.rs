//! What a report of an attempt says.

use std::fmt;
use std::time::Duration;

use speckit_core::retry::{Decision, GiveUp};
use speckit_core::text::duration;

/// What became of one attempt, told as soon as it has ended and before the next wait.
///
/// As text it is one line for a log:
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
    /// What the retries are for, by [`Retrying::label`](super::Retrying::label).
    pub label: &'a str,
    /// Which attempt it was, counted from 1.
    pub number: u32,
    /// The time since the first attempt began, up to 4 ms too long on Linux.
    pub elapsed: Duration,
    /// How it ended.
    pub outcome: Outcome<'a, E>,
}

/// How an attempt ended.
#[derive(Debug)]
pub enum Outcome<'a, E> {
    /// It succeeded.
    Succeeded,
    /// It failed.
    Failed {
        /// Its error.
        error: &'a E,
        /// Whether the other side said that there were too many requests.
        is_rate_limited: bool,
        /// What comes next: another attempt after a wait, or the end.
        then: Decision,
    },
}

impl<E> Attempt<'_, E> {
    /// Its error; `None` where it succeeded.
    pub fn error(&self) -> Option<&E> {
        match self.outcome {
            Outcome::Succeeded => None,
            Outcome::Failed { error, .. } => Some(error),
        }
    }

    /// How long the wait is that begins now; `None` where there is none.
    pub fn next_wait(&self) -> Option<Duration> {
        match self.outcome {
            Outcome::Failed { then: Decision::Wait(wait), .. } => Some(wait),
            _ => None,
        }
    }

    /// Why there is no further attempt; `None` where there may be one, and where none is needed.
    pub fn give_up(&self) -> Option<GiveUp> {
        match self.outcome {
            Outcome::Failed { then: Decision::GiveUp(why), .. } => Some(why),
            _ => None,
        }
    }

    /// Whether the other side said that there were too many requests.
    pub fn is_rate_limited(&self) -> bool {
        matches!(self.outcome, Outcome::Failed { is_rate_limited: true, .. })
    }
}

impl<E: fmt::Display> fmt::Display for Attempt<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, number, elapsed, .. } = self;
        match &self.outcome {
            Outcome::Succeeded => {
                write!(f, "{label}: attempt {number} succeeded after {}", duration(*elapsed))
            }
            Outcome::Failed { error, is_rate_limited, then } => {
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

/// Who is told of every attempt: a closure `FnMut(&Attempt<'_, E>)`, or [`Silent`].
pub trait Report<E> {
    /// Whether it does nothing, so that not even the time need be known.
    const IS_SILENT: bool = false;

    /// Is told of an attempt that has ended.
    fn tell(&mut self, attempt: &Attempt<'_, E>);
}

impl<E, F: FnMut(&Attempt<'_, E>)> Report<E> for F {
    fn tell(&mut self, attempt: &Attempt<'_, E>) {
        self(attempt);
    }
}

/// Nobody is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl<E> Report<E> for Silent {
    const IS_SILENT: bool = true;

    fn tell(&mut self, _: &Attempt<'_, E>) {}
}
