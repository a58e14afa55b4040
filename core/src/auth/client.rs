//! A login with its secret: what requests need.

use alloc::format;
use alloc::string::String;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::config::{ClientAuthentication, LoginConfig};
use super::error::AuthError;
use super::exchange::{Endpoint, Request};
use crate::config::source::Environment;
use crate::text::visible;
use crate::tree::typed::Secret;

/// A configured login with the secret of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The name of the login in the configuration.
    pub login: String,
    /// Its settings.
    pub config: LoginConfig,
    /// The secret that `client_secret_env` names.
    pub secret: Option<Secret<String>>,
}

/// The provider and the client that tokens belong to. It is stored with them: tokens are never sent to another provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The public id of the program.
    pub client_id: String,
    /// The issuer, if the settings name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The endpoint where a login begins, if the settings name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_authorization_url: Option<String>,
    /// The endpoint that issues tokens, if the settings name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_url: Option<String>,
}

/// The endpoints of a provider, from the settings or from its discovery document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// Where a login begins.
    pub device_authorization: String,
    /// Where tokens are issued.
    pub token: String,
    /// Where tokens are revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation: Option<String>,
}

/// Everything but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Client {
    /// A login with its secret.
    pub fn new(login: impl Into<String>, config: LoginConfig, secret: Option<Secret<String>>) -> Self {
        Self { login: login.into(), config, secret }
    }

    /// A login of the settings, with its secret from an environment.
    ///
    /// # Errors
    /// [`AuthError::Provider`]: the provider demands a secret, and the environment has none.
    pub fn of(
        login: impl Into<String>,
        config: LoginConfig,
        environment: &Environment,
    ) -> Result<Self, AuthError> {
        let secret = match (config.client_authentication, config.client_secret_env.as_deref()) {
            (ClientAuthentication::None, _) | (_, None | Some("")) => None,
            (_, Some(name)) => environment.text(name).filter(|secret| !secret.is_empty()),
        };
        let client = Self::new(login, config, secret.map(|secret| Secret::new(secret.into())));
        match client.missing_secret() {
            Some(error) => Err(error),
            None => Ok(client),
        }
    }

    /// That the provider demands a secret which this client does not have; it can send nothing then.
    pub fn missing_secret(&self) -> Option<AuthError> {
        if self.config.client_authentication == ClientAuthentication::None || self.secret.is_some() {
            return None;
        }
        let shown = visible(&self.login);
        let way_out = match self.config.client_secret_env.as_deref().filter(|name| !name.is_empty()) {
            None => format!("; name the variable that has it: `auth.{shown}.client_secret_env`"),
            Some(name) => {
                let name = visible(name);
                format!(", and the variable `{name}` has none: `export {name}=…`")
            }
        };
        Some(AuthError::Provider(format!("the login `{shown}` needs a client secret{way_out}")))
    }

    /// The provider and the client that its tokens belong to.
    pub fn identity(&self) -> Identity {
        let LoginConfig { client_id, issuer, device_authorization_url, token_url, .. } = &self.config;
        Identity {
            client_id: client_id.clone(),
            issuer: issuer.clone(),
            device_authorization_url: device_authorization_url.clone(),
            token_url: token_url.clone(),
        }
    }

    /// The endpoints of the settings; `None` if an issuer names them.
    pub fn endpoints(&self) -> Option<Endpoints> {
        Some(Endpoints {
            device_authorization: self.config.device_authorization_url.clone()?,
            token: self.config.token_url.clone()?,
            revocation: self.config.revocation_url.clone(),
        })
    }

    /// A POST with these fields and with the authentication of the client (RFC 6749, section 2.3.1).
    pub(super) fn post(&self, endpoint: Endpoint, url: &str, fields: &[(&str, &str)]) -> Request {
        let id = self.config.client_id.as_str();
        let secret = self.secret.as_ref().map_or("", |secret| secret.expose().as_str());
        let (own, authorization): (&[(&str, &str)], _) = match self.config.client_authentication {
            ClientAuthentication::None => (&[("client_id", id)], None),
            ClientAuthentication::Post => (&[("client_id", id), ("client_secret", secret)], None),
            ClientAuthentication::Basic => {
                let pair = Secret::new(format!("{}:{}", encoded(id), encoded(secret)));
                (&[], Some(Secret::new(format!("Basic {}", STANDARD.encode(pair.expose())))))
            }
        };
        let mut form = String::new();
        for (name, value) in fields.iter().chain(own) {
            if !form.is_empty() {
                form.push('&');
            }
            form.push_str(&encoded(name));
            form.push('=');
            form.push_str(&encoded(value));
        }
        Request { endpoint, url: url.into(), authorization, form: Some(Secret::new(form)) }
    }
}

/// A text for a form or for a header (RFC 6749, appendix B). A blank becomes `%20`, which every form decoder reads.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(settings: &str, variables: &[(&str, &str)]) -> Result<Client, AuthError> {
        let config: LoginConfig = serde_json::from_str(settings).unwrap();
        Client::of("google", config, &Environment::of(variables.iter().copied()))
    }

    #[test]
    fn the_secret_comes_from_the_named_variable() {
        let settings = r#"{"client_id":"id","store":"file","client_authentication":"post","client_secret_env":"THE_SECRET"}"#;
        let found = client(settings, &[("THE_SECRET", " s3cr3t ")]).unwrap();
        assert_eq!(found.secret, Some(Secret::new(" s3cr3t ".into())));
        for variables in [&[][..], &[("THE_SECRET", "")], &[("the_secret", "s3cr3t")]] {
            assert_eq!(
                client(settings, variables).unwrap_err(),
                AuthError::Provider(
                    "the login `google` needs a client secret, and the variable `THE_SECRET` has none: `export THE_SECRET=…`"
                        .into()
                )
            );
        }
    }

    #[test]
    fn a_secret_is_read_if_it_is_sent_and_only_then() {
        let unnamed = r#"{"client_id":"id","store":"file","client_authentication":"basic"}"#;
        assert!(client(unnamed, &[]).is_err());
        let unused = r#"{"client_id":"id","store":"file","client_secret_env":"THE_SECRET"}"#;
        assert_eq!(client(unused, &[("THE_SECRET", "s3cr3t")]).unwrap().secret, None);
    }
}
