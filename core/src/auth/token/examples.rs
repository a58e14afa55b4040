//! Clients, answers and records of the tests of this folder.

use alloc::string::ToString as _;
use core::time::Duration;

use serde_json::{Value, json};

use super::record::TokenRecord;
use crate::auth::client::Client;
use crate::auth::config::LoginConfig;
use crate::auth::exchange::Answer;
use crate::tree::typed::Secret;

/// A client of the provider at `https://id.example.com`, with further settings.
pub(super) fn client(more: &Value) -> Client {
    let mut settings = json!({
        "device_authorization_url": "https://id.example.com/device",
        "token_url": "https://id.example.com/token",
        "revocation_url": "https://id.example.com/revoke",
        "client_id": "cli",
        "scopes": ["a", "b"],
        "store": "file",
    });
    for (name, value) in more.as_object().unwrap() {
        settings[name] = value.clone();
    }
    Client::new("work", serde_json::from_value::<LoginConfig>(settings).unwrap(), None)
}

pub(super) fn answer(status: u16, body: &Value) -> Answer {
    Answer { status, retry_after: None, body: Secret::new(body.to_string().into_bytes()) }
}

/// A record that was issued at 1000 s, with these fields of the answer.
pub(super) fn record(fields: &Value) -> TokenRecord {
    let client = client(&json!({}));
    let endpoints = client.endpoints().unwrap();
    TokenRecord::granted(&client, &endpoints, &answer(200, fields), Duration::from_secs(1000)).unwrap()
}
