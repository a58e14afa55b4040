//! Models, and the programs that reach them.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

/// One model that a gate may name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// Who offers it.
    pub provider: Provider,
    /// The provider's own id of it.
    pub model: String,
    /// What it costs and can do.
    pub tier: Tier,
    /// Further names of it.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// Who offers a model.
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

/// What a model costs and can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Quick and cheap.
    Low,
    /// Between the others.
    Medium,
    /// Slow, dear and thorough.
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

/// A program that reaches the models of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderConfig {
    /// The program, by name or by path.
    pub command: String,
    /// Its arguments, with `{model}`, `{prompt}` and `{spec}` where those belong.
    #[serde(default)]
    pub args: Vec<String>,
    /// The name of the variable that holds the API key; `None` for a program that needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_env: Option<String>,
    /// What it reads from its standard input.
    #[serde(default)]
    pub stdin: StdinMode,
    /// The exit codes (1 to 255) that are worth another attempt; 75 always is.
    #[serde(default = "ProviderConfig::retryable_exits")]
    pub retryable_exits: Vec<u8>,
}

/// What a program reads from its standard input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StdinMode {
    /// Nothing: it is closed.
    #[default]
    None,
    /// The prompt.
    Prompt,
}

impl ProviderConfig {
    /// The default of `retryable_exits`: `EX_TEMPFAIL` of sysexits.h.
    pub fn retryable_exits() -> Vec<u8> {
        Vec::from([75])
    }
}
