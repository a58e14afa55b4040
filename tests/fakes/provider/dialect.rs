//! How providers differ: their paths, field names, error words and rules.

use serde_json::{Value as Json, json};

/// The beginning of every device code, token and client secret. User codes do not have it: they are shown on purpose.
pub const CANARY: &str = "canary-";

/// How a client proves its identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// Its id is enough.
    None,
    /// Id and secret are fields of the form.
    Post,
    /// Id and secret are in the header `Authorization`.
    Basic,
    /// In either place.
    PostOrBasic,
}

/// Where the discovery document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discovery {
    /// Nowhere.
    None,
    /// At the place of OpenID Connect, which is appended to the issuer.
    Oidc,
    /// At the place of RFC 8414, which is inserted before the path of the issuer.
    Oauth,
}

/// What happens to refresh tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshRule {
    /// There are none.
    Never,
    /// One is used for ever, and a refresh does not repeat it.
    Kept,
    /// A refresh gives a new one, and the old one stays valid.
    Added,
    /// A refresh gives a new one, and whoever uses an old one revokes all of them and their access tokens.
    Rotated,
}

/// The language of a provider. Change its fields for another behaviour.
#[derive(Clone, Debug)]
pub struct Dialect {
    /// The path of the endpoint where a login begins.
    pub device_path: String,
    /// The path of the endpoint that issues tokens.
    pub token_path: String,
    /// The path of the endpoint that revokes tokens.
    pub revocation_path: Option<String>,
    /// The path of the issuer: empty, or one that begins with `/`.
    pub issuer_path: String,
    /// Where the discovery document is.
    pub discovery: Discovery,
    /// The id of the known client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// How it proves its identity.
    pub authentication: Authentication,
    /// The scopes that exist; empty: any.
    pub scopes: Vec<String>,
    /// Whether the granted scopes are joined with commas.
    pub has_comma_scopes: bool,
    /// The name of the field with the address that a person opens.
    pub verification_field: &'static str,
    /// Whether the answer also has the address with the code in it.
    pub has_complete_uri: bool,
    /// The field `interval`; `None`: there is none.
    pub interval: Option<Json>,
    /// Whether a poll within the interval is answered with `slow_down`.
    pub is_strict: bool,
    /// The lifetime of a device code in seconds.
    pub code_lifetime: u64,
    /// The lifetime of an access token in seconds; `None`: it has no end.
    pub token_lifetime: Option<u64>,
    /// The rule of refresh tokens.
    pub refresh: RefreshRule,
    /// The name of the field with the lifetime of the refresh token, and the seconds.
    pub refresh_lifetime: Option<(&'static str, u64)>,
    /// Whether there is an ID token.
    pub has_id_token: bool,
    /// Whether a login needs a code challenge (RFC 7636).
    pub needs_pkce: bool,
    /// Whether errors are answered in a form unless `Accept` demands JSON.
    pub is_form_by_default: bool,
    /// The status and the word of each error that has its own.
    pub words: Vec<(&'static str, u16, &'static str)>,
}

impl Dialect {
    /// GitHub's OAuth apps: errors with status 200, tokens without an end, no refresh token.
    pub fn github() -> Self {
        Self {
            device_path: "/login/device/code".into(),
            token_path: "/login/oauth/access_token".into(),
            revocation_path: None,
            has_comma_scopes: true,
            has_complete_uri: false,
            code_lifetime: 900,
            token_lifetime: None,
            refresh: RefreshRule::Never,
            has_id_token: false,
            is_form_by_default: true,
            words: vec![
                ("authorization_pending", 200, "authorization_pending"),
                ("slow_down", 200, "slow_down"),
                ("access_denied", 200, "access_denied"),
                ("expired_token", 200, "expired_token"),
                ("invalid_client", 404, "Not Found"),
                ("invalid_device_code", 200, "incorrect_device_code"),
                ("invalid_grant", 200, "bad_refresh_token"),
                ("unsupported_grant_type", 200, "unsupported_grant_type"),
            ],
            ..Self::plain()
        }
    }

    /// The same with the refresh tokens of a GitHub app.
    pub fn github_with_refresh() -> Self {
        Self {
            token_lifetime: Some(28_800),
            refresh: RefreshRule::Rotated,
            refresh_lifetime: Some(("refresh_token_expires_in", 15_897_600)),
            ..Self::github()
        }
    }

    /// Google's limited-input devices: `verification_url`, statuses 428 and 403, and a secret that is demanded.
    pub fn google() -> Self {
        Self {
            device_path: "/device/code".into(),
            authentication: Authentication::Post,
            verification_field: "verification_url",
            has_complete_uri: false,
            code_lifetime: 1800,
            token_lifetime: Some(3599),
            refresh: RefreshRule::Kept,
            words: vec![
                ("authorization_pending", 428, "authorization_pending"),
                ("slow_down", 403, "slow_down"),
                ("access_denied", 403, "access_denied"),
                ("invalid_client", 401, "invalid_client"),
                ("invalid_device_code", 400, "invalid_grant"),
            ],
            ..Self::plain()
        }
    }

    /// An OpenID provider with discovery, rotation and reuse detection. Its issuer has this path.
    pub fn oidc(issuer_path: &str) -> Self {
        Self {
            issuer_path: issuer_path.into(),
            discovery: Discovery::Oidc,
            authentication: Authentication::PostOrBasic,
            words: vec![("invalid_client", 401, "invalid_client")],
            ..Self::plain()
        }
    }

    /// Microsoft's v2.0 endpoints: their own words for a refusal and for an unknown code.
    pub fn microsoft() -> Self {
        Self {
            device_path: "/organizations/oauth2/v2.0/devicecode".into(),
            token_path: "/organizations/oauth2/v2.0/token".into(),
            revocation_path: None,
            issuer_path: "/organizations/v2.0".into(),
            discovery: Discovery::Oidc,
            has_complete_uri: false,
            code_lifetime: 900,
            token_lifetime: Some(4499),
            refresh: RefreshRule::Added,
            words: vec![
                ("access_denied", 400, "authorization_declined"),
                ("invalid_device_code", 400, "bad_verification_code"),
                ("invalid_client", 401, "invalid_client"),
            ],
            ..Self::plain()
        }
    }

    /// What RFC 8628 and RFC 6749 say, with rotation and an ID token.
    pub fn plain() -> Self {
        Self {
            device_path: "/device".into(),
            token_path: "/token".into(),
            revocation_path: Some("/revoke".into()),
            issuer_path: String::new(),
            discovery: Discovery::None,
            client_id: "speckit-cli".into(),
            client_secret: format!("{CANARY}client-secret"),
            authentication: Authentication::None,
            scopes: Vec::new(),
            has_comma_scopes: false,
            verification_field: "verification_uri",
            has_complete_uri: true,
            interval: Some(json!(5)),
            is_strict: false,
            code_lifetime: 600,
            token_lifetime: Some(3600),
            refresh: RefreshRule::Rotated,
            refresh_lifetime: None,
            has_id_token: true,
            needs_pkce: false,
            is_form_by_default: false,
            words: Vec::new(),
        }
    }

    /// The status and the word of an error.
    pub(super) fn word<'a>(&self, error: &'a str) -> (u16, &'a str)
    where
        Self: 'a,
    {
        let own = self.words.iter().find(|(name, _, _)| *name == error);
        own.map_or((400, error), |&(_, status, word)| (status, word))
    }
}
