//! A login at a provider on loopback, for the agents of gates.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use speckit::auth::{Client, LoginConfig, TokenStorage};
use speckit_core::auth::Answer;
use speckit_core::auth::token::TokenRecord;
use speckit_core::tree::typed::Secret;
use speckit_tests::fakes::provider::{Dialect, Provider};

/// The login `work`, whose tokens live for an hour.
pub(super) struct ProviderLogin {
    pub(super) provider: Provider,
    pub(super) config: LoginConfig,
}

impl ProviderLogin {
    pub(super) fn start() -> Self {
        let provider = Provider::start(Dialect::plain());
        let document: toml::Table = Self::settings_of(&provider).parse().unwrap();
        let config = document["auth"]["work"].clone().try_into().unwrap();
        Self { provider, config }
    }

    /// The table of the login in a configuration.
    pub(super) fn settings(&self) -> String {
        Self::settings_of(&self.provider)
    }

    fn settings_of(provider: &Provider) -> String {
        provider.settings("work", "store = \"file\"")
    }

    pub(super) fn client(&self) -> Client {
        Client::new("work", self.config.clone(), None)
    }

    pub(super) fn storage(&self, folder: &Path) -> TokenStorage {
        TokenStorage::in_folder(folder, "work", &self.config).unwrap()
    }

    /// Stores new tokens, which were issued so many seconds ago, in a folder.
    pub(super) fn grant(&self, folder: &Path, age: u64) -> TokenRecord {
        let body = self.provider.grant("openid").to_string().into_bytes();
        let answer = Answer { status: 200, retry_after: None, body: Secret::new(body) };
        let issued = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() - Duration::from_secs(age);
        let endpoints = self.client().endpoints().unwrap();
        let record = TokenRecord::granted(&self.client(), &endpoints, &answer, issued).unwrap();
        self.storage(folder).try_lock().unwrap().unwrap().store(&record).unwrap();
        record
    }

    /// The stored access token.
    pub(super) fn stored_token(&self, folder: &Path) -> String {
        self.storage(folder).load().unwrap().unwrap().access_token.expose().clone()
    }
}
