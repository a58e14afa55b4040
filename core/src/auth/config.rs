//! The settings of logins.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::tree::typed::Secret;

/// One device login (RFC 8628).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LoginConfig {
    /// The public id of this program at the provider.
    pub client_id: String,
    /// Where a login begins (RFC 8628, section 3.1).
    pub device_authorization_url: String,
    /// Where tokens are fetched (RFC 8628, section 3.4).
    pub token_url: String,
    /// The requested scopes.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The secret of this program, where the provider demands one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Secret<String>>,
    /// Where tokens are kept. It has no default.
    pub store: TokenStore,
}

/// Where tokens are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenStore {
    /// In a file that only its owner can read.
    File,
    /// In the memory of the program, until it ends.
    Memory,
}
