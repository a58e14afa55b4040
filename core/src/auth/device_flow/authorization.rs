//! The answer to the first request of a login.

use alloc::string::String;
use core::time::Duration;

use crate::auth::client::Client;
use crate::auth::error::{AnswerProblem, AuthError};
use crate::auth::exchange::{Answer, Endpoint};
use crate::auth::fields::{Fields, Seconds};
use crate::auth::refusal::Refusal;
use crate::auth::url::allowed_url;
use crate::text::is_control;
use crate::tree::typed::Secret;

/// The wait between two polls if the answer has none (RFC 8628, section 3.2), or none that can be one.
const DEFAULT_INTERVAL: u64 = 5;
/// The lifetime of a code if the answer has none. RFC 8628 demands one; this is the usual one, and the provider's own answer to a
/// poll ends the login in any case.
const DEFAULT_LIFETIME: u64 = 15 * 60;
/// The longest lifetime of a code: nobody waits for more than a day.
const MAX_LIFETIME: u64 = 24 * 3600;
/// A person types the code, so it is short. In characters.
const MAX_USER_CODE: usize = 64;
/// In bytes.
const MAX_URL: usize = 2048;

/// The codes of a login, and where a person approves it (RFC 8628, section 3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DeviceAuthorization {
    pub(super) device_code: Secret<String>,
    pub(super) user_code: String,
    pub(super) verification_uri: String,
    /// The address with the code in it.
    pub(super) verification_uri_complete: Option<String>,
    pub(super) lifetime: Duration,
    pub(super) interval: Duration,
}

impl DeviceAuthorization {
    /// The codes of an answer.
    ///
    /// # Errors
    /// The answer is a refusal, or no codes; the error has neither a part of the body nor a secret.
    pub(super) fn of(client: &Client, answer: &Answer) -> Result<Self, AuthError> {
        let fields = Fields::of(Endpoint::DeviceAuthorization, answer)?;
        if let Some(refusal) = Refusal::of(&fields, client, []) {
            return Err(refusal.into_error(Endpoint::DeviceAuthorization));
        }
        match answer.status {
            200..300 => {}
            300..400 => return Err(fields.problem(AnswerProblem::Redirect)),
            _ => return Err(fields.problem(AnswerProblem::NoError)),
        }
        let user_code = fields.required("user_code")?;
        if user_code.chars().count() > MAX_USER_CODE || user_code.chars().any(is_control) {
            return Err(fields.problem(AnswerProblem::Malformed { field: "user_code" }));
        }
        let positive = |seconds, default| match seconds {
            Seconds::Value(0) | Seconds::Missing | Seconds::Invalid => default,
            Seconds::Value(seconds) => seconds,
        };
        let lifetime = positive(fields.seconds("expires_in"), DEFAULT_LIFETIME).min(MAX_LIFETIME);
        let interval = positive(fields.seconds_rounded_up("interval"), DEFAULT_INTERVAL);
        // Google calls the address `verification_url`.
        let [uri, complete] = [
            ["verification_uri", "verification_url"],
            ["verification_uri_complete", "verification_url_complete"],
        ]
        .map(|names| names.into_iter().find(|name| fields.text(name).is_some()));
        Ok(Self {
            device_code: Secret::new(fields.required("device_code")?.into()),
            user_code: user_code.into(),
            verification_uri: checked_url(&fields, uri.unwrap_or("verification_uri"))?,
            verification_uri_complete: complete.map(|name| checked_url(&fields, name)).transpose()?,
            lifetime: Duration::from_secs(lifetime),
            interval: Duration::from_secs(interval),
        })
    }
}

/// The address in a field, which a person opens. Unlike an endpoint, it may have a fragment.
fn checked_url(fields: &Fields, field: &'static str) -> Result<String, AuthError> {
    let url = fields.required(field)?;
    if url.len() > MAX_URL || url.chars().any(is_control) {
        return Err(fields.problem(AnswerProblem::Malformed { field }));
    }
    match allowed_url(url.split('#').next().unwrap_or_default()) {
        Ok(()) => Ok(url.into()),
        Err(problem) => Err(fields.problem(AnswerProblem::UrlNotAllowed { field, problem })),
    }
}
