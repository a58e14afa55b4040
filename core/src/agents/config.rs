//! How agents run beside one another, and all settings that gates need.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::models::{ModelConfig, Provider, ProviderConfig};
use super::stages::{QualityGateConfig, Stage};
use crate::retry::RetryConfig;

/// How the agents of a gate run beside one another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrchestratorConfig {
    /// How many agents run at the same time: 1 to 256.
    pub max_concurrent: u32,
    /// How long one agent may run, in seconds: 1 to a day.
    pub agent_timeout_s: u64,
    /// How long an agent that must end has for it before it is killed, in seconds: 0 to an hour.
    pub grace_s: u64,
    /// How much of each stream of an agent is kept, in KiB: 1 to 65536. One half is its beginning, the other its end.
    pub output_kib: u32,
    /// The key of the answers whose values must be equal for the quorum; `None`: agents agree by succeeding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agree_on: Option<String>,
    /// How many agents of a stage must succeed: 1 to 5. A stage that is missing needs two thirds, rounded up.
    pub quorum: BTreeMap<Stage, u32>,
}

impl OrchestratorConfig {
    /// How long one agent may run.
    pub fn agent_timeout(&self) -> Duration {
        Duration::from_secs(self.agent_timeout_s)
    }

    /// How long an agent that must end has for it before it is killed.
    pub fn grace(&self) -> Duration {
        Duration::from_secs(self.grace_s)
    }

    /// How many bytes of each stream of an agent are kept.
    pub fn output_bytes(&self) -> usize {
        self.output_kib as usize * 1024
    }
}

impl Default for OrchestratorConfig {
    fn default() -> Self {
        Self {
            max_concurrent: 10,
            agent_timeout_s: 300,
            grace_s: 5,
            output_kib: 64,
            agree_on: None,
            quorum: BTreeMap::new(),
        }
    }
}

/// The settings that gates need, borrowed from those of an application, which says with a `From` where they lie in it.
#[derive(Clone, Copy, Debug)]
pub struct GateSettings<'a> {
    /// The models that gates may name, by canonical name.
    pub models: &'a BTreeMap<String, ModelConfig>,
    /// The models that are asked at each stage.
    pub quality_gates: &'a QualityGateConfig,
    /// The programs that reach the models.
    pub providers: &'a BTreeMap<Provider, ProviderConfig>,
    /// How the agents run.
    pub orchestrator: &'a OrchestratorConfig,
    /// How a failed attempt of an agent is tried again.
    pub retry: RetryConfig,
}

impl<'a> GateSettings<'a> {
    /// The variables of the environment that hold the API keys of providers.
    pub fn api_key_variables(self) -> impl Iterator<Item = &'a str> {
        self.providers.values().filter_map(|provider| provider.api_key_env.as_deref())
    }
}
