//! What an answer to a refresh means.

use alloc::boxed::Box;
use core::time::Duration;

use crate::auth::client::{Client, Endpoints};
use crate::auth::error::{AnswerProblem, AuthError};
use crate::auth::exchange::{Answer, Endpoint};
use crate::auth::fields::Fields;
use crate::auth::refusal::Refusal;
use crate::auth::token::record::TokenRecord;

/// Error codes that refuse the refresh token itself: RFC 6749 (section 5.2), then GitHub's.
const REFUSED_TOKEN: [&str; 2] = ["invalid_grant", "bad_refresh_token"];

/// Error codes that demand a person, while the refresh token stays usable: OpenID Connect Core 1.0 (section 3.1.2.6), which Microsoft
/// sends from its token endpoint too.
const PERSON_DEMANDED: [&str; 4] =
    ["interaction_required", "login_required", "consent_required", "account_selection_required"];

/// The meaning of an answer to a refresh.
#[derive(Debug)]
pub(super) enum RefreshAnswer {
    /// It has new tokens.
    Granted(Box<TokenRecord>),
    /// The refresh token is not accepted.
    TokenRefused,
    /// A person has to log in.
    PersonDemanded,
    /// The endpoint does not exist.
    NotFound(AuthError),
    /// Anything else.
    Failed(AuthError),
}

impl RefreshAnswer {
    /// The meaning of an answer to a request of `now`. The error code decides, and the status only where there is no code.
    pub(super) fn of(
        client: &Client,
        endpoints: &Endpoints,
        old: &TokenRecord,
        answer: &Answer,
        now: Duration,
    ) -> Self {
        let failed = |error| if answer.status == 404 { Self::NotFound(error) } else { Self::Failed(error) };
        let fields = match Fields::of(Endpoint::Token, answer) {
            Ok(fields) => fields,
            Err(error) => return failed(error),
        };
        let sent = old.refresh_token.as_ref().map(|token| token.expose().as_str());
        if let Some(refusal) = Refusal::of(&fields, client, sent) {
            let is_in = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(&refusal.error));
            return if is_in(&REFUSED_TOKEN) {
                Self::TokenRefused
            } else if is_in(&PERSON_DEMANDED) {
                Self::PersonDemanded
            } else {
                failed(refusal.into_error(Endpoint::Token))
            };
        }
        match answer.status {
            200..300 => match old.renewed(client, endpoints, answer, now) {
                Ok(record) => Self::Granted(Box::new(record)),
                Err(error) => Self::Failed(error),
            },
            300..400 => Self::Failed(fields.problem(AnswerProblem::Redirect)),
            _ => failed(fields.problem(AnswerProblem::NoError)),
        }
    }
}
