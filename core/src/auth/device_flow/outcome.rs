//! How a login ends, and what a person reads and does then.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use serde::Serialize;

use super::words::{Remedy, remedy};
use crate::auth::client::Client;
use crate::auth::error::AuthError;
use crate::auth::exchange::{Endpoint, TransportFailureKind};
use crate::auth::token::TokenRecord;
use crate::text::{command_line, visible};

/// The end of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was approved.
    Granted(Box<TokenRecord>),
    /// A person or a rule of the organization refused.
    Denied {
        /// What the provider says about it, without the secrets that were sent.
        description: Option<String>,
    },
    /// Nobody approved it in time.
    Expired {
        /// Why the last poll had no clear answer.
        failure: Option<AuthError>,
    },
    /// The caller cancelled it.
    Cancelled,
    /// It could not be done.
    Failed(AuthError),
}

/// The kind of an [`Outcome`]. The names are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// [`Outcome::Granted`].
    Granted,
    /// [`Outcome::Denied`].
    Denied,
    /// [`Outcome::Expired`].
    Expired,
    /// [`Outcome::Cancelled`].
    Cancelled,
    /// [`Outcome::Failed`].
    Failed,
}

impl Outcome {
    /// Its kind.
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Granted(_) => OutcomeKind::Granted,
            Self::Denied { .. } => OutcomeKind::Denied,
            Self::Expired { .. } => OutcomeKind::Expired,
            Self::Cancelled => OutcomeKind::Cancelled,
            Self::Failed(_) => OutcomeKind::Failed,
        }
    }

    /// What happened, as a lowercase fragment on one line.
    pub fn what(&self) -> String {
        match self {
            Self::Granted(record) => match &record.subject {
                Some(subject) => format!("logged in as {}", visible(subject)),
                None => "logged in".into(),
            },
            Self::Denied { description: None } => "the login was refused".into(),
            Self::Denied { description: Some(text) } => format!("the login was refused: {}", visible(text)),
            Self::Expired { failure: None } => "the code expired before anyone approved the login".into(),
            Self::Expired { failure: Some(error) } => {
                format!("the code expired, and the last poll had no clear answer: {error}")
            }
            Self::Cancelled => "the login was cancelled; nothing was stored".into(),
            Self::Failed(error) => format!("{error}"),
        }
    }

    /// What a person can do next; `None` after a login that succeeded.
    pub fn help(&self, client: &Client) -> Option<String> {
        let login = visible(&client.login);
        let command = visible(&command_line(&["speckit", "auth", "login", &client.login]));
        match self {
            Self::Granted(_) => None,
            Self::Denied { .. } | Self::Expired { failure: None } => Some(format!(
                "`{command}` gets a new code; some organizations forbid the device flow, which only an administrator can allow"
            )),
            Self::Expired { failure: Some(_) } => {
                Some(format!("check the connection, then run `{command}` again"))
            }
            Self::Cancelled => Some(format!("`{command}` begins anew")),
            Self::Failed(error) => Some(match error {
                AuthError::Transport { endpoint, failure } => match failure.kind {
                    TransportFailureKind::Certificate => format!(
                        "compare the host of {} with the provider's documentation; a certificate of your organization must be \
                         among those that the system trusts",
                        setting(client, *endpoint)
                    ),
                    TransportFailureKind::TooLarge => wrong_endpoint(client, *endpoint),
                    TransportFailureKind::Resolve => format!(
                        "check the connection, and the host of {}; then run `{command}` again",
                        setting(client, *endpoint)
                    ),
                    TransportFailureKind::Connect
                    | TransportFailureKind::TimedOut
                    | TransportFailureKind::Broken => {
                        format!("check the connection, then run `{command}` again")
                    }
                },
                AuthError::Answer { status: 429 | 500.., .. } => format!("run `{command}` again later"),
                AuthError::Answer { endpoint, .. } => wrong_endpoint(client, *endpoint),
                AuthError::Refused { error, .. } => match remedy(error) {
                    None => {
                        format!("look up the code in the provider's documentation, and check `auth.{login}`")
                    }
                    Some(Remedy::NewLogin) => format!("`{command}` gets a new code"),
                    Some(Remedy::Credentials) => format!(
                        "compare `client_id`, `client_secret_env` and `client_authentication` of `auth.{login}` with what the \
                         provider has"
                    ),
                    Some(Remedy::AllowFlow) => format!(
                        "allow the device flow for the client {} in its settings at the provider; some organizations forbid it",
                        visible(&client.config.client_id)
                    ),
                    Some(Remedy::Scopes) => format!("correct `auth.{login}.scopes`"),
                    Some(Remedy::Parameters) => format!(
                        "compare `scopes`, `parameters` and `pkce` of `auth.{login}` with the provider's documentation"
                    ),
                },
                AuthError::Provider(_) => format!("correct `auth.{login}`, then run `{command}` again"),
                AuthError::Store(_) => format!("mend the store, then run `{command}` again"),
                AuthError::LoginNeeded { .. } | AuthError::Locked { .. } => format!("run `{command}` again"),
            }),
        }
    }

    /// What happened and what to do next, on one line.
    pub fn message(&self, client: &Client) -> String {
        match self.help(client) {
            Some(help) => format!("{}; {help}", self.what()),
            None => self.what(),
        }
    }
}

/// The setting that names an endpoint.
fn setting(client: &Client, endpoint: Endpoint) -> String {
    let key = match endpoint {
        _ if client.config.issuer.is_some() => "issuer",
        Endpoint::Discovery => "issuer",
        Endpoint::DeviceAuthorization => "device_authorization_url",
        Endpoint::Token => "token_url",
        Endpoint::Revocation => "revocation_url",
    };
    format!("`auth.{}.{key}`", visible(&client.login))
}

fn wrong_endpoint(client: &Client, endpoint: Endpoint) -> String {
    format!("compare {} with the provider's documentation", setting(client, endpoint))
}
