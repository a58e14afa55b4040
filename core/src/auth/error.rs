//! Errors of logins and tokens. None of them holds a part of a body or a secret.

use alloc::string::String;

use thiserror::Error;

use super::exchange::{Endpoint, TransportFailure};
use super::url::UrlProblem;
use crate::text::visible;

/// Why a login, a token or a revocation could not be had.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AuthError {
    /// There is no answer.
    #[error("the {endpoint} did not answer: {}", failure.reason)]
    Transport {
        /// The endpoint.
        endpoint: Endpoint,
        /// The reason.
        failure: TransportFailure,
    },
    /// The answer is not what the protocol defines.
    #[error("the {endpoint} answered with status {status}{problem}")]
    Answer {
        /// The endpoint.
        endpoint: Endpoint,
        /// The status code.
        status: u16,
        /// What is wrong.
        problem: AnswerProblem,
    },
    /// The provider refused.
    #[error("the {endpoint} refused: {}{}", visible(error), description.as_ref().map(|text| alloc::format!(" ({})", visible(text))).unwrap_or_default())]
    Refused {
        /// The endpoint.
        endpoint: Endpoint,
        /// The error code of the answer (RFC 6749, section 5.2; RFC 8628, section 3.5).
        error: String,
        /// The description in the answer, without the secrets that were sent.
        description: Option<String>,
    },
    /// The provider cannot be used with these settings: another issuer, an endpoint that is missing or is not https.
    #[error("{0}")]
    Provider(String),
    /// There is no token, and only a person can get one.
    #[error("{reason}")]
    LoginNeeded {
        /// The name of the login.
        login: String,
        /// Why.
        reason: LoginNeeded,
    },
    /// The store of the tokens failed.
    #[error("{0}")]
    Store(String),
    /// Another process refreshes the token and does not end.
    #[error("another process holds `{path}` for more than {}", crate::text::duration(*waited))]
    Locked {
        /// The lock file.
        path: String,
        /// How long it was waited for.
        waited: core::time::Duration,
    },
}

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AnswerProblem {
    /// Its body is no JSON object.
    #[error(" and without a JSON object")]
    NotAnObject,
    /// It leads to another address, which is not followed.
    #[error(", which leads to another address; redirects are not followed")]
    Redirect,
    /// A field is missing.
    #[error(" and without `{field}`")]
    Missing {
        /// The name of the field.
        field: &'static str,
    },
    /// A field is no text, or an empty one.
    #[error(", and `{field}` is not a text")]
    NotText {
        /// The name of the field.
        field: &'static str,
    },
    /// A field is too long for what it is, or has characters that a terminal interprets.
    #[error(", and `{field}` is too long or has control characters")]
    Malformed {
        /// The name of the field.
        field: &'static str,
    },
    /// A field is an address that is not opened.
    #[error(", and the address in `{field}` {problem}")]
    UrlNotAllowed {
        /// The name of the field.
        field: &'static str,
        /// What is wrong with the address.
        problem: UrlProblem,
    },
    /// The kind of the token is not `Bearer`, and nothing else is understood (RFC 6749, section 7.1).
    #[error(", and the token is not a bearer token")]
    NotBearer,
    /// There is neither a result nor an error.
    #[error(" and with neither a result nor an error code")]
    NoError,
}

/// Why only a person can get a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum LoginNeeded {
    /// Nobody logged in.
    #[error("nobody is logged in")]
    Absent,
    /// The token expired, or does not last long enough, and there is no refresh token.
    #[error("the token expired or expires too soon, and there is no refresh token")]
    NoRefreshToken,
    /// The refresh token expired.
    #[error("the refresh token expired")]
    RefreshExpired,
    /// The provider refused the refresh token: it was revoked, used twice, or expired.
    #[error("the provider does not accept the refresh token any more")]
    Revoked,
    /// The stored tokens belong to another provider or client.
    #[error("the stored tokens belong to another provider or client than the settings name")]
    OtherIdentity,
}
