//! The settings of the shipped application, their schema and their defaults.
//!
//! `config.schema.json` describes [`AppConfig`], and `defaults.toml` holds its defaults; the tests in `agreement` check
//! that the three agree, key by key and default by default.

use alloc::collections::BTreeMap;
use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::shipped;
use crate::agents::{GateSettings, ModelConfig, OrchestratorConfig, ProviderConfig, QualityGateConfig};
use crate::auth::LoginConfig;
use crate::config::HotReloadConfig;
use crate::policy::PolicyConfig;
use crate::retry::RetryConfig;
use crate::store::StoreConfig;

/// The whole configuration of the shipped application.
///
/// [`Default`] gives the embedded defaults. On deserialization a missing table gets its defaults, but the maps of models,
/// providers, rules and logins stay empty.
///
/// ```
/// use speckit_core::app::AppConfig;
/// let config = AppConfig::default();
/// assert_eq!(config.hot_reload.debounce_ms, 2000);
/// assert_eq!(config.models["claude_haiku"].aliases, ["claude-haiku"]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AppConfig {
    /// The models that gates may name, by canonical name.
    #[serde(default)]
    pub models: BTreeMap<String, ModelConfig>,
    /// The models that run at each stage.
    #[serde(default)]
    pub quality_gates: QualityGateConfig,
    /// How a running program reloads its configuration.
    #[serde(default)]
    pub hot_reload: HotReloadConfig,
    /// The optional checks of a configuration.
    #[serde(default)]
    pub validation: ValidationConfig,
    /// How failed calls are retried.
    #[serde(default)]
    pub retry: RetryConfig,
    /// The programs that call the models, by the name of their provider.
    #[serde(default)]
    pub providers: BTreeMap<String, ProviderConfig>,
    /// How the agents of a gate run.
    #[serde(default)]
    pub orchestrator: OrchestratorConfig,
    /// The database.
    #[serde(default)]
    pub store: StoreConfig,
    /// The rules of the policy check.
    #[serde(default)]
    pub policy: PolicyConfig,
    /// The device logins, by the name of the identity provider.
    #[serde(default)]
    pub auth: BTreeMap<String, LoginConfig>,
}

impl AppConfig {
    /// The JSON Schema (Draft 7) of the settings.
    pub const SCHEMA: &'static str = include_str!("config.schema.json");

    /// The schema in the form of [`Schema::of_prepared`](crate::config::schema::Schema::of_prepared).
    pub const PREPARED_SCHEMA: &'static [u8] = include_bytes!("config.schema.prepared");

    /// The embedded defaults, as TOML.
    pub const DEFAULTS: &'static str = shipped::DEFAULTS;

    /// The environment variables that hold the API keys of providers.
    ///
    /// ```
    /// let config = speckit_core::app::AppConfig::default();
    /// let variables: Vec<&str> = config.api_key_variables().collect();
    /// assert_eq!(variables, ["ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY"]);
    /// ```
    pub fn api_key_variables(&self) -> impl Iterator<Item = &str> {
        GateSettings::from(self).api_key_variables()
    }
}

impl<'a> From<&'a AppConfig> for GateSettings<'a> {
    fn from(config: &'a AppConfig) -> Self {
        Self {
            models: &config.models,
            quality_gates: &config.quality_gates,
            providers: &config.providers,
            orchestrator: &config.orchestrator,
            retry: config.retry,
        }
    }
}

impl Default for AppConfig {
    fn default() -> Self {
        Self {
            models: shipped::shipped_models(),
            quality_gates: QualityGateConfig::default(),
            hot_reload: HotReloadConfig::default(),
            validation: ValidationConfig::default(),
            retry: RetryConfig::default(),
            providers: shipped::shipped_providers(),
            orchestrator: OrchestratorConfig::default(),
            store: StoreConfig::default(),
            policy: shipped::shipped_policy(),
            auth: BTreeMap::new(),
        }
    }
}

/// The optional checks of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ValidationConfig {
    /// Whether a missing API key of a provider that a gate uses is a warning.
    pub check_api_keys: bool,
    /// Whether a missing command of a provider that a gate uses is a warning.
    pub check_commands: bool,
    /// Whether a violation of the schema is an error; else it is a warning.
    pub strict_schema: bool,
}

impl Default for ValidationConfig {
    fn default() -> Self {
        Self { check_api_keys: true, check_commands: true, strict_schema: true }
    }
}
