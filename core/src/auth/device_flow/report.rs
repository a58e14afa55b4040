//! The events of a login, as JSON and as text for a person.

use alloc::string::String;
use core::fmt;
use core::time::Duration;

use serde_json::{Value, json};

use super::drift::ClockDrift;
use super::outcome::{Outcome, OutcomeKind};
use super::poll_answer::PollReason;
use super::prompt::Prompt;
use crate::auth::client::Client;
use crate::auth::error::AuthError;
use crate::text::duration;

/// An event of a login. Events arrive in the order in which they happened, and the last one is [`LoginEvent::Finished`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginEvent {
    /// A request before the first poll failed, and is sent again.
    Retrying {
        /// Why it failed.
        failure: AuthError,
        /// The wait before the next one.
        wait: Duration,
    },
    /// A person has to approve the login.
    Code(Prompt),
    /// A poll ended, and another one follows.
    Poll(Poll),
    /// The provider demanded slower polls twice.
    SlowClockHint(ClockDrift),
    /// The login is over.
    Finished {
        /// How it ended.
        outcome: OutcomeKind,
        /// What happened and what to do next, on one line.
        message: String,
    },
}

/// A poll without a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Poll {
    /// The status code of the answer, if there is one.
    pub status: Option<u16>,
    /// Why another poll follows.
    pub reason: PollReason,
    /// The wait before the next one.
    pub wait: Duration,
    /// How long the code is still valid.
    pub left: Duration,
}

impl LoginEvent {
    /// The last event of a login.
    pub fn finished(outcome: &Outcome, client: &Client) -> Self {
        Self::Finished { outcome: outcome.kind(), message: outcome.message(client) }
    }

    /// The JSON of `code`, `poll` and `finished`. The other events are for people only.
    ///
    /// ```
    /// use speckit_core::auth::device_flow::{LoginEvent, Outcome};
    /// # use speckit_core::auth::Client;
    /// # let toml = r#"{"client_id":"id","store":"file"}"#;
    /// # let client = Client::new("github", serde_json::from_str(toml).unwrap(), None);
    /// let event = LoginEvent::finished(&Outcome::Cancelled, &client);
    /// assert_eq!(event.to_json().unwrap()["outcome"], "cancelled");
    /// ```
    pub fn to_json(&self) -> Option<Value> {
        match self {
            Self::Code(prompt) => Some(json!({
                "event": "code",
                "verification_uri": prompt.verification_uri,
                "verification_uri_complete": prompt.verification_uri_complete,
                "user_code": prompt.user_code,
                "expires_in_s": prompt.expires_in.as_secs(),
            })),
            Self::Poll(poll) => Some(json!({
                "event": "poll",
                "wait_ms": u64::try_from(poll.wait.as_millis()).unwrap_or(u64::MAX),
                "reason": poll.reason,
            })),
            Self::Finished { outcome, message } => Some(json!({
                "event": "finished",
                "outcome": outcome,
                "message": message,
            })),
            Self::Retrying { .. } | Self::SlowClockHint(_) => None,
        }
    }
}

/// The text for a person: of [`LoginEvent::Code`] several lines, of any other event one line without a line end.
impl fmt::Display for LoginEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retrying { failure, wait } => write!(f, "{failure}; next attempt in {}", duration(*wait)),
            Self::Code(prompt) => f.write_str(&prompt.to_text()),
            Self::Poll(poll) => poll.fmt(f),
            Self::SlowClockHint(drift) => write!(f, "{drift}; the login goes on"),
            Self::Finished { message, .. } => f.write_str(message),
        }
    }
}

/// One line about the answer and the next wait.
impl fmt::Display for Poll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("poll: ")?;
        if let Some(status) = self.status {
            write!(f, "status {status}, ")?;
        }
        let [wait, left] = [self.wait, self.left].map(duration);
        write!(f, "{}; next poll in {wait}, the code expires in {left}", self.reason)
    }
}
