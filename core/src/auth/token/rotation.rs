//! The record after a refresh.

use core::time::Duration;

use super::record::TokenRecord;
use crate::auth::client::{Client, Endpoints};
use crate::auth::error::AuthError;
use crate::auth::exchange::{Answer, Endpoint};
use crate::auth::fields::Fields;

impl TokenRecord {
    /// The record of an answer to a refresh of this one, requested at `now`, since 1970-01-01T00:00:00Z.
    ///
    /// What the answer leaves out stays: the refresh token if it is not rotated (RFC 6749, section 6), its expiry, the scopes, and who
    /// is logged in.
    ///
    /// # Errors
    /// [`AuthError::Answer`] if the answer has no bearer token.
    pub(super) fn renewed(
        &self,
        client: &Client,
        endpoints: &Endpoints,
        answer: &Answer,
        now: Duration,
    ) -> Result<Self, AuthError> {
        let mut record = Self::granted(client, endpoints, answer, now)?;
        if record.refresh_token.is_none() {
            record.refresh_token.clone_from(&self.refresh_token);
            record.refresh_expires_at = record.refresh_expires_at.or(self.refresh_expires_at);
        }
        if Fields::of(Endpoint::Token, answer)?.text("scope").is_none() {
            record.scopes.clone_from(&self.scopes);
        }
        if record.subject.is_none() {
            record.subject.clone_from(&self.subject);
        }
        Ok(record)
    }

    /// The same tokens without the refresh token.
    pub(super) fn without_refresh_token(&self) -> Self {
        let mut record = self.clone();
        (record.refresh_token, record.refresh_expires_at) = (None, None);
        record
    }

    /// Whether both hold the same tokens.
    pub(super) fn has_tokens_of(&self, other: &Self) -> bool {
        self.access_token == other.access_token && self.refresh_token == other.refresh_token
    }
}
