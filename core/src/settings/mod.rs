//! The settings of the shipped application, their schema and their defaults.
//!
//! [`AppConfig`] is what `core/config.schema.json` describes and `core/defaults.toml` fills; the tests in
//! `agreement` hold the three together, key by key and default by default.

mod gates;
mod models;
mod runtime;
mod tools;

use alloc::collections::BTreeMap;
use alloc::string::String;

use serde::{Deserialize, Serialize};

pub use gates::{QualityGateConfig, Stage, UnknownStage};
pub use models::{ModelConfig, Provider, ProviderConfig, StdinMode, Tier};
pub use runtime::{HotReloadConfig, Jitter, RetryConfig, ValidationConfig, WatchMode};
pub use tools::{
    HistoryMode, LoginConfig, OrchestratorConfig, PolicyConfig, RuleConfig, Secret, StoreConfig,
    SynchronousMode, TokenStore,
};

/// The whole configuration of the shipped application.
///
/// [`Default`] gives the embedded defaults. A table that is missing where one is typed has its defaults, but
/// the maps of models, providers and logins are then empty.
///
/// ```
/// use speckit_core::AppConfig;
/// let config = AppConfig::default();
/// assert_eq!(config.hot_reload.debounce_ms, 2000);
/// assert_eq!(config.models["claude_haiku"].aliases, ["claude-haiku"]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppConfig {
    /// The models that gates may name, by canonical name.
    #[serde(default)]
    pub models: BTreeMap<String, ModelConfig>,
    /// The models that are asked at each stage.
    #[serde(default)]
    pub quality_gates: QualityGateConfig,
    /// How a running program follows its configuration.
    #[serde(default)]
    pub hot_reload: HotReloadConfig,
    /// What is checked when a configuration is loaded.
    #[serde(default)]
    pub validation: ValidationConfig,
    /// How a failed call is tried again.
    #[serde(default)]
    pub retry: RetryConfig,
    /// The programs that reach the models.
    #[serde(default)]
    pub providers: BTreeMap<Provider, ProviderConfig>,
    /// How the agents of a gate run.
    #[serde(default)]
    pub orchestrator: OrchestratorConfig,
    /// The database.
    #[serde(default)]
    pub store: StoreConfig,
    /// What the policy check looks for.
    #[serde(default)]
    pub policy: PolicyConfig,
    /// The device logins, by the name of the provider of identities.
    #[serde(default)]
    pub auth: BTreeMap<String, LoginConfig>,
}

impl AppConfig {
    /// The JSON Schema (Draft 7) of the settings.
    pub const SCHEMA: &'static str = include_str!("../../config.schema.json");

    /// The embedded defaults, as TOML.
    pub const DEFAULTS: &'static str = include_str!("../../defaults.toml");

    /// The variables of the environment that hold the API keys of providers.
    ///
    /// ```
    /// let config = speckit_core::AppConfig::default();
    /// let variables: Vec<&str> = config.api_key_variables().collect();
    /// assert_eq!(variables, ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"]);
    /// ```
    pub fn api_key_variables(&self) -> impl Iterator<Item = &str> {
        self.providers.values().filter_map(|provider| provider.api_key_env.as_deref())
    }
}

impl Default for AppConfig {
    fn default() -> Self {
        Self {
            models: models::shipped_models(),
            quality_gates: QualityGateConfig::default(),
            hot_reload: HotReloadConfig::default(),
            validation: ValidationConfig::default(),
            retry: RetryConfig::default(),
            providers: models::shipped_providers(),
            orchestrator: OrchestratorConfig::default(),
            store: StoreConfig::default(),
            policy: PolicyConfig::default(),
            auth: BTreeMap::new(),
        }
    }
}

/// A list of owned texts.
fn texts<const N: usize>(texts: [&str; N]) -> alloc::vec::Vec<String> {
    texts.into_iter().map(String::from).collect()
}

#[cfg(test)]
mod agreement;
