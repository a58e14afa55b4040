//! The stored tokens of a login.

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::id_token;
use crate::auth::client::{Client, Endpoints, Identity};
use crate::auth::error::{AnswerProblem, AuthError};
use crate::auth::exchange::{Answer, Endpoint};
use crate::auth::fields::{Fields, Seconds};
use crate::tree::typed::Secret;

/// The version of the stored form.
const VERSION: u32 = 1;

/// The tokens of a login with everything that their use needs. Times are seconds since 1970-01-01T00:00:00Z by the clock of the
/// machine, because they outlive the process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenRecord {
    version: u32,
    /// The name of the login.
    pub login: String,
    /// The provider and the client that the tokens belong to.
    pub identity: Identity,
    /// The endpoints that issued them.
    pub endpoints: Endpoints,
    /// The access token.
    pub access_token: Secret<String>,
    /// The refresh token, if the provider gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret<String>>,
    /// When the access token was issued.
    pub issued_at: u64,
    /// When it expires; `None`: the provider did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// When the refresh token expires, if the provider said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_expires_at: Option<u64>,
    /// The granted scopes.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Who is logged in, as the ID token says; `None`: there is no ID token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

/// Why a stored record cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RecordError {
    /// It is no record, or a part of one.
    #[error("it is damaged")]
    Damaged,
    /// A newer version of this program wrote it.
    #[error("a newer version of this program wrote it (form {version}, this one reads form {VERSION})")]
    Newer {
        /// The version of its form.
        version: u32,
    },
}

impl TokenRecord {
    /// The record of an answer that grants tokens (RFC 6749, section 5.1), received at `now`, since 1970-01-01T00:00:00Z.
    ///
    /// A lifetime that is negative or no number is as good as none, since some providers write that for a token without end: the token
    /// is used until a service refuses it.
    ///
    /// # Errors
    /// [`AuthError::Answer`] if the answer has no bearer token.
    pub fn granted(
        client: &Client,
        endpoints: &Endpoints,
        answer: &Answer,
        now: Duration,
    ) -> Result<Self, AuthError> {
        let fields = Fields::of(Endpoint::Token, answer)?;
        let access_token = token(&fields, "access_token")?;
        // RFC 6749 demands `token_type`; some providers leave it out.
        if fields.text("token_type").is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            return Err(fields.problem(AnswerProblem::NotBearer));
        }
        let issued_at = now.as_secs();
        let expiry = |name| match fields.seconds(name) {
            Seconds::Value(seconds) => Some(issued_at.saturating_add(seconds)),
            Seconds::Missing | Seconds::Invalid => None,
        };
        let requested = &client.config.scopes;
        let scopes = fields.text("scope").map(scopes_of);
        Ok(Self {
            version: VERSION,
            login: client.login.clone(),
            identity: client.identity(),
            endpoints: endpoints.clone(),
            access_token,
            refresh_token: match fields.text("refresh_token") {
                Some(_) => Some(token(&fields, "refresh_token")?),
                None => None,
            },
            issued_at,
            expires_at: expiry("expires_in"),
            // No standard has this field: Keycloak has the first name, GitHub the second.
            refresh_expires_at: expiry("refresh_expires_in").or_else(|| expiry("refresh_token_expires_in")),
            // RFC 6749, section 5.1: the scope is only there if it differs from the requested one.
            scopes: scopes.unwrap_or_else(|| requested.clone()),
            subject: fields.text("id_token").and_then(id_token::subject),
        })
    }

    /// The stored form.
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        // A record has no map whose keys could fail.
        Secret::new(serde_json::to_vec(self).unwrap_or_default())
    }

    /// The record of a stored form.
    ///
    /// # Errors
    /// [`RecordError`], without any part of the bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let Versioned { version } = serde_json::from_slice(bytes).map_err(|_| RecordError::Damaged)?;
        if version > VERSION {
            return Err(RecordError::Newer { version });
        }
        serde_json::from_slice(bytes).map_err(|_| RecordError::Damaged)
    }
}

/// The scopes of a list. RFC 6749 (section 3.3) separates them by spaces, and GitHub by commas.
fn scopes_of(list: &str) -> Vec<String> {
    let words = list.split(|c: char| c == ',' || c.is_whitespace());
    words.filter(|word| !word.is_empty()).map(String::from).collect()
}

/// A token, which has only visible characters and blanks (RFC 6749, sections A.12 and A.17): a line end would add a header to the
/// requests of its user.
fn token(fields: &Fields, field: &'static str) -> Result<Secret<String>, AuthError> {
    let token = fields.required(field)?;
    match token.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        true => Ok(Secret::new(token.to_owned())),
        false => Err(fields.problem(AnswerProblem::Malformed { field })),
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString as _;

    use serde_json::{Value, json};

    use super::*;
    use crate::auth::token::TokenState;
    use crate::auth::token::examples::{answer, client, record};

    #[test]
    fn scopes_are_separated_by_spaces_or_commas() {
        let scopes = |list: &str| record(&json!({"access_token": "a", "scope": list})).scopes;
        assert_eq!(scopes("repo gist"), ["repo", "gist"]);
        assert_eq!(scopes("repo,gist, read:org"), ["repo", "gist", "read:org"]);
        assert_eq!(scopes(" , "), [""; 0]);
        assert_eq!(record(&json!({"access_token": "a"})).scopes, ["a", "b"], "those that were requested");
    }

    #[test]
    fn the_lifetime_of_a_refresh_token_has_two_names() {
        let expiry = |fields: Value| {
            let mut answer = json!({"access_token": "a", "refresh_token": "r"});
            answer.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            record(&answer).refresh_expires_at
        };
        assert_eq!(expiry(json!({})), None);
        assert_eq!(expiry(json!({"refresh_expires_in": 60})), Some(1060));
        assert_eq!(expiry(json!({"refresh_token_expires_in": "70"})), Some(1070));
        assert_eq!(expiry(json!({"refresh_expires_in": null, "refresh_token_expires_in": 70})), Some(1070));
        assert_eq!(expiry(json!({"refresh_expires_in": -1})), None);
    }

    #[test]
    fn a_grant_with_a_lifetime_that_is_none_is_kept_and_used_until_it_is_refused() {
        for lifetime in
            [json!(-1), json!(-0.5), json!("soon"), json!(""), json!([60]), json!(true), json!({})]
        {
            let granted = record(&json!({"access_token": "a", "refresh_token": "r", "expires_in": lifetime}));
            assert_eq!(
                (granted.expires_at, granted.is_refreshable(Duration::MAX)),
                (None, true),
                "{lifetime}"
            );
            assert_eq!(granted.state(Duration::MAX), TokenState::Valid, "{lifetime}");
            assert_eq!(granted.refresh_due(Duration::ZERO), None, "it is not refreshed at each use");
        }
        let largest = record(&json!({"access_token": "a", "expires_in": u64::MAX.to_string()}));
        assert_eq!(largest.expires_at, Some(u64::MAX));
    }

    #[test]
    fn a_token_with_a_line_end_or_another_hidden_character_is_refused() {
        for character in ["\r\n", "\n", "\u{1b}", "\0", "é", "\u{7f}"] {
            for field in ["access_token", "refresh_token"] {
                let mut fields = json!({"access_token": "a", "refresh_token": "r"});
                fields[field] = json!(format!("canary{character}X: y"));
                let client = client(&json!({}));
                let endpoints = client.endpoints().unwrap();
                let error = TokenRecord::granted(&client, &endpoints, &answer(200, &fields), Duration::ZERO);
                let error = error.unwrap_err().to_string();
                assert!(error.contains(field) && !error.contains("canary"), "{error}");
            }
        }
    }
}
