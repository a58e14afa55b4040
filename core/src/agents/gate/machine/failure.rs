//! How an attempt failed.

use alloc::format;
use alloc::string::{String, ToString as _};

use super::reason;
use crate::agents::gate::plan::{Agent, Plan};
use crate::agents::gate::progress::plain_text;
use crate::agents::gate::run::{Attempt, Ending};
use crate::agents::process::capture::Captured;
use crate::retry::{ErrorClass, Failure};

/// The longest line of output in a reason, in characters.
const LONGEST_LINE: usize = 200;

/// How an attempt failed, and whether it may be retried.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AttemptFailure {
    pub(super) failure: Failure,
    cause: FailureCause,
    /// What the agent wrote about it, as one line; empty: nothing.
    line: String,
}

#[derive(Clone, Debug, PartialEq)]
enum FailureCause {
    Ending,
    /// A failure pattern, by its index.
    Pattern(usize),
    /// An error in its output.
    ReportedError,
    /// It wrote nothing; why.
    Silence(String),
}

impl AttemptFailure {
    /// `None`: it did not fail, or was cancelled.
    pub(super) fn of(attempt: &Attempt, agent: &Agent, plan: &Plan) -> Option<Self> {
        let Attempt { ending, stdout, stderr, reading, .. } = attempt;
        let last_line = || last_line(stderr).or_else(|| last_line(stdout)).unwrap_or_default();
        let failure = |class: ErrorClass, cause, line: String| {
            Some(Self { failure: Failure::of(class), cause, line: short(&line) })
        };
        match ending {
            Ending::Cancelled => None,
            Ending::NotStarted { class, .. } => failure(*class, FailureCause::Ending, String::new()),
            Ending::CircuitOpen => failure(ErrorClass::Permanent, FailureCause::Ending, String::new()),
            Ending::TimedOut => failure(ErrorClass::Permanent, FailureCause::Ending, last_line()),
            Ending::Exited { .. } | Ending::Signalled { .. } => {
                if let Some(found) = agent.output.failure(stdout, stderr) {
                    let cause = FailureCause::Pattern(found.index);
                    return Some(Self { failure: found.failure, cause, line: short(&found.line) });
                }
                let reported = reading.error.as_ref();
                let line = || {
                    reported
                        .filter(|text| !text.trim().is_empty())
                        .map_or_else(last_line, |text| plain_text(text))
                };
                match (ending, &reading.answer) {
                    (Ending::Exited { code: 0 }, _) if reported.is_some() => {
                        failure(ErrorClass::Permanent, FailureCause::ReportedError, line())
                    }
                    (Ending::Exited { code: 0 }, Err(none)) if plan.agree_on.is_none() => {
                        let cause = FailureCause::Silence(none.to_string());
                        // Its standard output says nothing about it.
                        failure(ErrorClass::Permanent, cause, self::last_line(stderr).unwrap_or_default())
                    }
                    (Ending::Exited { code: 0 }, _) => None,
                    (Ending::Exited { code }, _) => {
                        failure(agent.exit_class(*code), FailureCause::Ending, line())
                    }
                    _ => failure(ErrorClass::Permanent, FailureCause::Ending, line()),
                }
            }
        }
    }

    /// Whether it is obvious that a permanent failure is not retried.
    pub(super) fn is_obviously_permanent(&self, ending: &Ending) -> bool {
        self.cause != FailureCause::Ending || !matches!(ending, Ending::Exited { .. })
    }

    /// Why the attempt failed, with what the agent wrote about it.
    pub(super) fn text(&self, ending: &Ending, agent: &Agent, plan: &Plan) -> String {
        let what = match &self.cause {
            FailureCause::Ending => reason::ending(ending, agent, plan),
            FailureCause::Pattern(index) => {
                format!("`providers.{}.failure_patterns[{index}]` matches its output", agent.provider)
            }
            FailureCause::ReportedError => {
                let place = agent.output.error_at.as_ref().map(|place| place.to_string()).unwrap_or_default();
                format!("its output has an error at `{place}`")
            }
            FailureCause::Silence(why) => why.clone(),
        };
        if self.line.is_empty() { what } else { format!("{what}: {}", self.line) }
    }
}

/// The last line of the output that says something.
fn last_line(captured: &Captured) -> Option<String> {
    let says_something = |line: &String| line.chars().any(char::is_alphanumeric);
    let last = |part: &[u8]| String::from_utf8_lossy(part).lines().rev().map(plain_text).find(says_something);
    last(captured.tail()).or_else(|| last(captured.head()))
}

/// The line, cut where it is too long.
fn short(line: &str) -> String {
    let line = plain_text(line);
    match line.char_indices().nth(LONGEST_LINE) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
