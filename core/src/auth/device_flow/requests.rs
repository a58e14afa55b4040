//! The two requests of a login.

use alloc::string::String;
use alloc::vec::Vec;

use super::pkce::Verifier;
use crate::auth::client::{Client, Endpoints};
use crate::auth::config::ClientAuthentication;
use crate::auth::exchange::{Endpoint, Request};

/// The grant type of the device flow (RFC 8628, section 3.4).
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The first request (RFC 8628, section 3.1). A configured parameter never repeats a field that the request has anyway, since
/// RFC 6749 forbids repeated parameters (section 3.1).
pub(super) fn authorization(client: &Client, endpoints: &Endpoints, verifier: Option<&Verifier>) -> Request {
    let scope = client.config.scopes.join(" ");
    let challenge: Option<String> = verifier.map(Verifier::challenge);
    let mut fields: Vec<(&str, &str)> = Vec::new();
    if !scope.is_empty() {
        fields.push(("scope", &scope));
    }
    if let Some(challenge) = &challenge {
        fields.extend([("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")]);
    }
    let own = match client.config.client_authentication {
        ClientAuthentication::None => &["client_id"][..],
        ClientAuthentication::Post => &["client_id", "client_secret"],
        ClientAuthentication::Basic => &[],
    };
    for (name, value) in &client.config.parameters {
        let is_taken = own.contains(&name.as_str()) || fields.iter().any(|(taken, _)| taken == name);
        if !is_taken {
            fields.push((name, value));
        }
    }
    client.post(Endpoint::DeviceAuthorization, &endpoints.device_authorization, &fields)
}

/// A request for the token (RFC 8628, section 3.4).
pub(super) fn token(
    client: &Client,
    endpoints: &Endpoints,
    device_code: &str,
    verifier: Option<&Verifier>,
) -> Request {
    let mut fields = Vec::from([("grant_type", GRANT_TYPE), ("device_code", device_code)]);
    fields.extend(verifier.map(|verifier| ("code_verifier", verifier.expose())));
    client.post(Endpoint::Token, &endpoints.token, &fields)
}
