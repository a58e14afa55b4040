//! Requests to a provider and its answers, as values.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use crate::tree::typed::Secret;

/// The longest answer that is read, in bytes. A token answer has some 5 KiB at most; a discovery document up to 20.
pub const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// The endpoint that a request goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// The discovery document of the issuer.
    Discovery,
    /// Where a login begins (RFC 8628, section 3.1).
    DeviceAuthorization,
    /// Where tokens are issued (RFC 6749, section 3.2).
    Token,
    /// Where tokens are revoked (RFC 7009).
    Revocation,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Discovery => "discovery document",
            Self::DeviceAuthorization => "device authorization endpoint",
            Self::Token => "token endpoint",
            Self::Revocation => "revocation endpoint",
        })
    }
}

/// A request, which the shell sends with `Accept: application/json`. It follows no redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Where it goes to.
    pub endpoint: Endpoint,
    /// Its address: `https`, or `http` on loopback.
    pub url: String,
    /// The value of the header `Authorization`.
    pub authorization: Option<Secret<String>>,
    /// The body of a POST, as `application/x-www-form-urlencoded`; `None`: a GET.
    pub form: Option<Secret<String>>,
}

/// An answer of any status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header `Retry-After` in seconds (RFC 9110, section 10.2.3).
    pub retry_after: Option<Duration>,
    /// The body, at most [`MAX_ANSWER_BYTES`].
    pub body: Secret<Vec<u8>>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportFailure {
    /// The kind.
    pub kind: TransportFailureKind,
    /// The reason in words of the system, without any part of a request or an answer.
    pub reason: String,
}

/// The kind of a [`TransportFailure`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransportFailureKind {
    /// The host has no address.
    Resolve,
    /// No connection to the host or to the proxy.
    Connect,
    /// The host has no valid certificate.
    Certificate,
    /// The time limit of a phase is over.
    TimedOut,
    /// The connection ended early, or the answer is not HTTP.
    Broken,
    /// The answer is longer than [`MAX_ANSWER_BYTES`].
    TooLarge,
}

impl TransportFailureKind {
    /// Whether the request certainly never reached the host.
    pub fn is_unsent(self) -> bool {
        matches!(self, Self::Resolve | Self::Connect | Self::Certificate)
    }
}

/// The result of a request.
pub type Exchange = Result<Answer, TransportFailure>;
