//! Whether a login replaces tokens that belong to something else.

use alloc::format;
use alloc::string::String;

use super::client::{Client, Identity};
use super::token::TokenRecord;
use crate::text::visible;

/// Says that a new login replaces the tokens of another provider or client; `None` if they belong to the same ones.
///
/// They are not revoked: this client may not do that, or the provider of the settings would receive the tokens of another.
pub fn replacement_note(client: &Client, record: &TokenRecord) -> Option<String> {
    let is_same = record.identity == client.identity();
    (!is_same).then(|| {
        format!(
            "`{}` holds tokens of {}; this login replaces them, and does not revoke them",
            visible(&client.login),
            described(&record.identity)
        )
    })
}

/// The client and its provider in a sentence.
fn described(identity: &Identity) -> String {
    let client = visible(&identity.client_id);
    match identity.issuer.as_ref().or(identity.token_url.as_ref()) {
        Some(provider) => format!("the client {client} at {}", visible(provider)),
        None => format!("the client {client}"),
    }
}
