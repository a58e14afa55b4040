//! What an answer says of a refusal, without the secrets that were sent.

use alloc::string::String;
use alloc::vec::Vec;

use super::client::{Client, encoded};
use super::error::AuthError;
use super::exchange::Endpoint;
use super::fields::Fields;
use crate::config::redact::Masks;
use crate::text::shortened;

/// The longest error code that is kept, in characters.
const MAX_ERROR: usize = 64;
/// The longest description that is kept, in characters.
const MAX_DESCRIPTION: usize = 300;

/// The error code of an answer and its description (RFC 6749, section 5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) error: String,
    pub(super) description: Option<String>,
}

impl Refusal {
    /// The refusal of an answer; `None` if the answer has no error code. Each of the secrets is masked, also where the provider
    /// repeats it as it was sent in the form.
    pub(super) fn of<'s>(
        fields: &Fields,
        client: &'s Client,
        sent: impl IntoIterator<Item = &'s str>,
    ) -> Option<Self> {
        // Google names the code of an exceeded quota `error_code`.
        let error = fields.text("error").or_else(|| fields.text("error_code"))?;
        let secret = client.secret.as_ref().map(|secret| secret.expose().as_str());
        let secrets: Vec<&str> = sent.into_iter().chain(secret).collect();
        let spellings = secrets.iter().flat_map(|secret| [String::from(*secret), encoded(secret)]);
        let masks = Masks::of_texts(spellings);
        let shown = |text: &str, max| shortened(&masks.mask(text), max).into_owned();
        Some(Self {
            error: shown(error, MAX_ERROR),
            description: fields.text("error_description").map(|text| shown(text, MAX_DESCRIPTION)),
        })
    }

    /// The error of an endpoint that refused.
    pub(super) fn into_error(self, endpoint: Endpoint) -> AuthError {
        AuthError::Refused { endpoint, error: self.error, description: self.description }
    }
}
