//! The requests of a log-out (RFC 7009).

use alloc::vec::Vec;

use thiserror::Error;

use super::record::TokenRecord;
use crate::auth::client::Client;
use crate::auth::error::{AnswerProblem, AuthError};
use crate::auth::exchange::{Endpoint, Exchange, Request};
use crate::auth::fields::Fields;
use crate::auth::refusal::Refusal;
use crate::auth::url::allowed_url;

/// Why a provider is not asked to revoke the tokens of a record.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RevocationObstacle {
    /// The tokens belong to another provider or client, and would be shown to this one.
    #[error("they belong to another provider or client than the settings name, and nothing was sent")]
    OtherIdentity,
    /// The provider had no revocation endpoint at the login.
    #[error("no revocation endpoint was known at the login")]
    NoEndpoint,
    /// The settings name another endpoint than at the login, which would receive the tokens.
    #[error("`revocation_url` is not the one of the login, and nothing was sent")]
    OtherEndpoint,
    /// The client has no secret, and the provider demands one.
    #[error("{0}")]
    NoSecret(AuthError),
}

/// The revocation endpoint for the tokens of a record: the one that was known at the login. An address that the settings have named
/// since then receives nothing, because it may belong to somebody else.
///
/// # Errors
/// The provider is not asked.
pub fn endpoint<'a>(client: &Client, record: &'a TokenRecord) -> Result<&'a str, RevocationObstacle> {
    if record.identity != client.identity() {
        return Err(RevocationObstacle::OtherIdentity);
    }
    let (configured, recorded) = (&client.config.revocation_url, &record.endpoints.revocation);
    if configured.is_some() && configured != recorded {
        return Err(RevocationObstacle::OtherEndpoint);
    }
    let url =
        recorded.as_ref().filter(|url| allowed_url(url).is_ok()).ok_or(RevocationObstacle::NoEndpoint)?;
    match client.missing_secret() {
        Some(error) => Err(RevocationObstacle::NoSecret(error)),
        None => Ok(url),
    }
}

/// The requests that revoke the tokens of a record: first the refresh token, which could get further access tokens, then the access
/// token. There are none if the provider is not asked.
pub fn requests(client: &Client, record: &TokenRecord) -> Vec<Request> {
    let Ok(url) = endpoint(client, record) else { return Vec::new() };
    let refresh = record.refresh_token.as_ref().map(|token| (token, "refresh_token"));
    let tokens = refresh.into_iter().chain([(&record.access_token, "access_token")]);
    let request = |(token, hint): (&crate::tree::typed::Secret<_>, _)| {
        let token: &alloc::string::String = token.expose();
        client.post(Endpoint::Revocation, url, &[("token", token), ("token_type_hint", hint)])
    };
    tokens.map(request).collect()
}

/// What the answer to one of the requests means. A provider accepts a token that it does not know, too (section 2.2).
///
/// # Errors
/// The token may still be valid.
pub fn accepted(client: &Client, record: &TokenRecord, exchange: Exchange) -> Result<(), AuthError> {
    let endpoint = Endpoint::Revocation;
    let answer = exchange.map_err(|failure| AuthError::Transport { endpoint, failure })?;
    let fields = match Fields::of(endpoint, &answer) {
        Ok(fields) => fields,
        // The body of a success has no meaning (section 2.2).
        Err(_) if (200..300).contains(&answer.status) => return Ok(()),
        Err(error) => return Err(error),
    };
    let refresh = record.refresh_token.as_ref().map(|token| token.expose().as_str());
    let sent = refresh.into_iter().chain([record.access_token.expose().as_str()]);
    match (Refusal::of(&fields, client, sent), answer.status) {
        (Some(refusal), _) => Err(refusal.into_error(endpoint)),
        (None, 200..300) => Ok(()),
        (None, 300..400) => Err(fields.problem(AnswerProblem::Redirect)),
        (None, _) => Err(fields.problem(AnswerProblem::NoError)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::token::examples::{answer, client, record};
    use alloc::string::ToString as _;
    use serde_json::json;

    #[test]
    fn the_refresh_token_is_revoked_first() {
        let client = client(&json!({}));
        let record = record(&json!({"access_token": "a1", "refresh_token": "r1"}));
        let forms = |client| requests(client, &record).iter().map(form).collect::<Vec<_>>();
        fn form(request: &Request) -> alloc::string::String {
            assert_eq!(request.url, "https://id.example.com/revoke");
            request.form.as_ref().unwrap().expose().clone()
        }
        assert_eq!(
            forms(&client),
            [
                "token=r1&token_type_hint=refresh_token&client_id=cli",
                "token=a1&token_type_hint=access_token&client_id=cli"
            ]
        );
        let mut other = client.clone();
        other.config.client_id = "other".into();
        assert_eq!(requests(&other, &record), []);
        for url in ["http://id.example.com/revoke", "https://evil.example/revoke"] {
            let mut moved = client.clone();
            moved.config.revocation_url = Some(url.into());
            assert_eq!(endpoint(&moved, &record), Err(RevocationObstacle::OtherEndpoint));
            assert_eq!(requests(&moved, &record), []);
        }
        let mut issuer = client.clone();
        issuer.config.revocation_url = None;
        assert_eq!(requests(&issuer, &record).len(), 2);
    }

    #[test]
    fn a_client_without_its_secret_sends_no_empty_one() {
        let own = json!({"client_authentication": "post", "client_secret_env": "WORK_SECRET"});
        let mut client = client(&own);
        client.secret = None;
        let record = record(&json!({"access_token": "a1", "refresh_token": "r1"}));
        assert_eq!(requests(&client, &record), []);
        let obstacle = endpoint(&client, &record).unwrap_err().to_string();
        assert!(obstacle.ends_with("`export WORK_SECRET=…`"), "{obstacle}");
        client.secret = Some(crate::tree::typed::Secret::new("s1".into()));
        assert_eq!(requests(&client, &record).len(), 2);
    }

    #[test]
    fn a_success_needs_no_body_and_an_error_is_shown_without_the_token() {
        let client = client(&json!({}));
        let record = record(&json!({"access_token": "access-1", "refresh_token": "refresh-1"}));
        let of = |status, body| accepted(&client, &record, Ok(answer(status, &body)));
        assert_eq!(of(200, json!("")), Ok(()));
        assert_eq!(of(200, json!({})), Ok(()));
        let refused =
            of(400, json!({"error": "invalid_client", "error_description": "refresh-1"})).unwrap_err();
        assert!(refused.to_string().contains("invalid_client") && !refused.to_string().contains("refresh-1"));
        for status in [302, 404, 503] {
            assert!(of(status, json!({})).is_err() && of(status, json!("<html>")).is_err());
        }
    }
}
