//! What a person needs to approve a login.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::authorization::DeviceAuthorization;
use crate::auth::client::{Client, Endpoints};
use crate::text::{duration, visible};

/// Who asks for the login, and where a person approves it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prompt {
    /// The name of the login.
    pub login: String,
    /// The public id of the program that asks.
    pub client_id: String,
    /// The host that the login is for; empty if its address is unreadable.
    pub host: String,
    /// The requested scopes.
    pub scopes: alloc::vec::Vec<String>,
    /// The address that a person opens.
    pub verification_uri: String,
    /// The address with the code in it, if the provider has one.
    pub verification_uri_complete: Option<String>,
    /// The code that a person types or compares.
    pub user_code: String,
    /// How long the code is valid, from now on.
    pub expires_in: Duration,
}

impl Prompt {
    pub(super) fn of(client: &Client, endpoints: &Endpoints, device: &DeviceAuthorization) -> Self {
        let url = url::Url::parse(&endpoints.device_authorization).ok();
        Self {
            login: client.login.clone(),
            client_id: client.config.client_id.clone(),
            host: url.and_then(|url| url.host_str().map(String::from)).unwrap_or_default(),
            scopes: client.config.scopes.clone(),
            verification_uri: device.verification_uri.clone(),
            verification_uri_complete: device.verification_uri_complete.clone(),
            user_code: device.user_code.clone(),
            expires_in: device.lifetime,
        }
    }

    /// The text for a person, with a line end at its end. The code is there even if the address contains it, since a person has
    /// to compare it (RFC 8628, sections 3.3.1 and 5.4).
    pub fn to_text(&self) -> String {
        let [login, client, host] = [&self.login, &self.client_id, &self.host].map(|text| visible(text));
        let mut text = format!("Login `{login}`: the client {client} asks {host} for access");
        if !self.scopes.is_empty() {
            text += &format!(" (scopes: {})", visible(&self.scopes.join(", ")));
        }
        text += ".\n\n";
        let uri = visible(&self.verification_uri);
        let action = match &self.verification_uri_complete {
            Some(complete) => {
                text += &format!("    Open  {}\n    or    {uri}\n", visible(complete));
                "Compare the code with the one on the page, or enter it there."
            }
            None => {
                text += &format!("    Open  {uri}\n");
                "Enter the code there."
            }
        };
        text += &format!("    Code  {}\n\n", visible(&self.user_code));
        text += &format!(
            "{action} Go on only if you started this login. The code expires in {}.\n",
            duration(self.expires_in)
        );
        text
    }
}
