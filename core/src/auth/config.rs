//! The settings of logins.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// One device login (RFC 8628).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LoginConfig {
    /// The issuer, whose discovery document names the endpoints (OpenID Connect Discovery 1.0; RFC 8414).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The endpoint where a login begins (RFC 8628, section 3.1), instead of `issuer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_authorization_url: Option<String>,
    /// The endpoint that issues tokens (RFC 8628, section 3.4), instead of `issuer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_url: Option<String>,
    /// The endpoint that revokes tokens (RFC 7009), beside `token_url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_url: Option<String>,
    /// The public id of this program at the provider.
    pub client_id: String,
    /// The environment variable with the secret of this program, where the provider demands one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret_env: Option<String>,
    /// How this program proves its identity.
    #[serde(default)]
    pub client_authentication: ClientAuthentication,
    /// The requested scopes.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Further parameters of the first request, such as `audience`.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Whether the first request has a code challenge (RFC 7636).
    #[serde(default)]
    pub pkce: Pkce,
    /// Where the tokens are stored. It has no default.
    pub store: TokenStoreKind,
    /// The credential helper of [`TokenStoreKind::Helper`]: `NAME` runs the program `docker-credential-NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub helper: Option<String>,
}

/// How a program proves its identity to the provider (RFC 6749, section 2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientAuthentication {
    /// It sends its id alone.
    #[default]
    None,
    /// It sends its id and its secret as form fields (`client_secret_post`).
    Post,
    /// It sends them in the header `Authorization` (`client_secret_basic`).
    Basic,
}

/// Whether a login has a code challenge (RFC 7636). RFC 8628 does not define it; some providers demand it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pkce {
    /// It has none.
    #[default]
    None,
    /// The SHA-256 hash of a random verifier.
    S256,
}

/// Where tokens are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenStoreKind {
    /// In a file that only its owner can read. It is not encrypted.
    File,
    /// In a credential helper of docker's protocol.
    Helper,
}
