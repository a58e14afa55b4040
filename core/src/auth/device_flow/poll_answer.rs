//! What the answer to a poll means.

use core::fmt;
use core::time::Duration;

use serde::Serialize;

use super::schedule::Pace;
use super::words::{Meaning, meaning};
use crate::auth::client::Client;
use crate::auth::error::{AnswerProblem, AuthError};
use crate::auth::exchange::{Answer, Endpoint, Exchange, TransportFailure, TransportFailureKind};
use crate::auth::fields::{Fields, Seconds};
use crate::auth::refusal::Refusal;

/// Why a login goes on polling. The names are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PollReason {
    /// Nobody has approved it yet.
    Pending,
    /// The provider demands slower polls.
    SlowDown,
    /// The provider has a problem (status 5xx).
    ServerError,
    /// There were too many requests (status 429).
    RateLimited,
    /// The answer is not what the protocol defines.
    Malformed,
    /// No answer in time.
    TimedOut,
    /// The host has no address, or no connection to it is possible.
    Unreachable,
    /// The host has no valid certificate.
    Certificate,
    /// The connection ended early.
    Disconnected,
    /// The answer is too long.
    TooLarge,
}

impl PollReason {
    /// Whether something does not work, rather than that a person has to decide.
    pub fn is_problem(self) -> bool {
        !matches!(self, Self::Pending | Self::SlowDown)
    }
}

impl fmt::Display for PollReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "nobody has approved the login yet",
            Self::SlowDown => "the provider demands slower polls",
            Self::ServerError => "the provider has a problem",
            Self::RateLimited => "there were too many requests",
            Self::Malformed => "the answer is not what the protocol defines",
            Self::TimedOut => "no answer in time",
            Self::Unreachable => "no connection to the host",
            Self::Certificate => "the host has no valid certificate",
            Self::Disconnected => "the connection ended early",
            Self::TooLarge => "the answer is too long",
        })
    }
}

/// The result of a poll.
#[derive(Debug)]
pub(super) enum PollResult {
    /// The answer holds the token.
    Granted(Answer),
    /// A person has to decide, or the provider has a problem that passes.
    Wait(PollAgain),
    /// A person or a rule of the organization refused.
    Denied(Refusal),
    /// The code expired.
    Expired,
    /// The login cannot succeed.
    Failed(AuthError),
}

/// Why and how the login goes on.
#[derive(Debug)]
pub(super) struct PollAgain {
    pub(super) status: Option<u16>,
    pub(super) reason: PollReason,
    pub(super) pace: Pace,
    /// What the header `Retry-After` demands.
    pub(super) retry_after: Option<Duration>,
    /// The problem, unless the answer is a clear one.
    pub(super) failure: Option<AuthError>,
}

impl PollResult {
    /// The error code of the body decides; the status does where there is none. `sent` are the secrets of the request.
    pub(super) fn of<'s>(
        exchange: Exchange,
        client: &'s Client,
        sent: impl IntoIterator<Item = &'s str>,
    ) -> Self {
        let answer = match exchange {
            Ok(answer) => answer,
            Err(failure) => return Self::unanswered(failure),
        };
        let fields = match Fields::of(Endpoint::Token, &answer) {
            Ok(fields) => fields,
            Err(error) => return Self::by_status(&answer, error),
        };
        let Some(refusal) = Refusal::of(&fields, client, sent) else {
            let has_token = matches!(answer.status, 200..300) && fields.text("access_token").is_some();
            if has_token {
                return Self::Granted(answer);
            }
            let problem = match answer.status {
                300..400 => AnswerProblem::Redirect,
                _ => AnswerProblem::NoError,
            };
            return Self::by_status(&answer, fields.problem(problem));
        };
        let again = |reason, pace, failure| {
            let (status, retry_after) = (Some(answer.status), retry_after(&answer));
            Self::Wait(PollAgain { status, reason, pace, retry_after, failure })
        };
        match meaning(&refusal.error) {
            Meaning::Pending => again(PollReason::Pending, Pace::Keep, None),
            Meaning::SlowDown => {
                let given = match fields.seconds_rounded_up("interval") {
                    Seconds::Value(seconds) => Some(Duration::from_secs(seconds)),
                    Seconds::Missing | Seconds::Invalid => None,
                };
                again(PollReason::SlowDown, Pace::SlowDown(given), None)
            }
            Meaning::Unavailable => {
                let reason =
                    if answer.status == 429 { PollReason::RateLimited } else { PollReason::ServerError };
                again(reason, Pace::BackOff, Some(refusal.into_error(Endpoint::Token)))
            }
            Meaning::Denied => Self::Denied(refusal),
            Meaning::Expired => Self::Expired,
            Meaning::Refused => Self::Failed(refusal.into_error(Endpoint::Token)),
        }
    }

    /// An answer without an error code.
    fn by_status(answer: &Answer, error: AuthError) -> Self {
        let reason = match answer.status {
            // Google's status for a login that nobody has approved yet.
            428 => PollReason::Pending,
            429 => PollReason::RateLimited,
            408 | 425 | 500.. => PollReason::ServerError,
            200..300 => PollReason::Malformed,
            // Another request to the same address would end in the same way.
            _ => return Self::Failed(error),
        };
        let is_pending = reason == PollReason::Pending;
        Self::Wait(PollAgain {
            status: Some(answer.status),
            reason,
            pace: if is_pending { Pace::Keep } else { Pace::BackOff },
            retry_after: retry_after(answer),
            failure: (!is_pending).then_some(error),
        })
    }

    fn unanswered(failure: TransportFailure) -> Self {
        let reason = match failure.kind {
            TransportFailureKind::Resolve | TransportFailureKind::Connect => PollReason::Unreachable,
            TransportFailureKind::Certificate => PollReason::Certificate,
            TransportFailureKind::TimedOut => PollReason::TimedOut,
            TransportFailureKind::Broken => PollReason::Disconnected,
            TransportFailureKind::TooLarge => PollReason::TooLarge,
        };
        let failure = Some(AuthError::Transport { endpoint: Endpoint::Token, failure });
        Self::Wait(PollAgain { status: None, reason, pace: Pace::BackOff, retry_after: None, failure })
    }
}

/// The least wait that an answer demands (RFC 9110, section 10.2.3; RFC 6585, section 4).
pub(super) fn retry_after(answer: &Answer) -> Option<Duration> {
    answer.retry_after.filter(|_| matches!(answer.status, 429 | 503))
}
