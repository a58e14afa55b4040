//! Models, and the commands of their providers.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::provider_output::{FailurePattern, OutputMode};
use crate::retry::RetryOverrides;

/// One model that a gate may name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// The name of its provider.
    pub provider: String,
    /// Its id at the provider.
    pub model: String,
    /// Its cost and capability.
    pub tier: Tier,
    /// Its other names.
    #[serde(default)]
    pub aliases: Vec<String>,
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// The form of its standard output.
    #[serde(default)]
    pub output: OutputMode,
    /// The JSON pointer (RFC 6901) to its answer in its output; in JSON lines the last one that has it counts. `None`: its whole
    /// output is its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_at: Option<String>,
    /// The JSON pointer (RFC 6901) to what shows a failure in its output: `true`, a text or an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_at: Option<String>,
    /// Texts in its output that show a failure. The first that matches decides.
    #[serde(default)]
    pub failure_patterns: Vec<FailurePattern>,
    /// How its agents are retried; what is absent comes from `retry`.
    #[serde(default, skip_serializing_if = "RetryOverrides::is_empty")]
    pub retry: RetryOverrides,
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
