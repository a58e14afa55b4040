//! Models, and the commands of their providers.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

/// One model that a gate may name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// Its provider.
    pub provider: Provider,
    /// Its id at the provider.
    pub model: String,
    /// Its cost and capability.
    pub tier: Tier,
    /// Its other names.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// The provider of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// OpenAI.
    OpenAi,
    /// Anthropic.
    Anthropic,
    /// Google.
    Google,
}

impl Provider {
    /// Every provider, in the order of the schema.
    pub const ALL: [Self; 3] = [Self::OpenAi, Self::Anthropic, Self::Google];

    /// The name that configurations use.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Google => "google",
        }
    }

    /// The provider of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.name() == name)
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The cost and capability of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Quick and cheap.
    Low,
    /// Between the others.
    Medium,
    /// Slow, expensive and thorough.
    High,
}

impl Tier {
    /// The name that configurations use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The command that runs the models of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderConfig {
    /// The program, by name or by path.
    pub command: String,
    /// Its arguments, with the placeholders `{model}`, `{prompt}` and `{spec}`.
    #[serde(default)]
    pub args: Vec<String>,
    /// The environment variable with the API key; `None`: the program needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_env: Option<String>,
    /// The login whose token the program gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// The credentials, in the order in which they are tried.
    #[serde(default = "ProviderConfig::credentials")]
    pub credentials: Vec<CredentialKind>,
    /// The environment variable in which the program gets the token of the login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_env: Option<String>,
    /// Its standard input.
    #[serde(default)]
    pub stdin: StdinMode,
    /// The retryable exit codes (1 to 255). Exit 75 is always retryable, listed or not.
    #[serde(default = "ProviderConfig::retryable_exits")]
    pub retryable_exits: Vec<u8>,
}

/// A kind of credential of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// The token of the login.
    Login,
    /// The API key in a variable.
    ApiKey,
}

impl CredentialKind {
    /// Every kind, in the order of the default.
    pub const ALL: [Self; 2] = [Self::Login, Self::ApiKey];

    /// The name that configurations use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::ApiKey => "api_key",
        }
    }
}

/// The standard input of a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StdinMode {
    /// Empty.
    #[default]
    None,
    /// The prompt.
    Prompt,
}

impl ProviderConfig {
    /// The default of `credentials`: a login before an API key.
    pub fn credentials() -> Vec<CredentialKind> {
        CredentialKind::ALL.into()
    }

    /// The default of `retryable_exits`: `EX_TEMPFAIL` of sysexits.h.
    pub fn retryable_exits() -> Vec<u8> {
        Vec::from([75])
    }
}
