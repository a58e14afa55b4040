//! The settings of gates.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::models::{ModelConfig, ProviderConfig};
use super::stages::{QualityGateConfig, Stage};
use crate::retry::RetryConfig;

/// How the agents of a gate run in parallel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrchestratorConfig {
    /// How many agents run at the same time: 1 to 256.
    pub max_concurrent: u32,
    /// How long one agent may run, in seconds: 1 to a day.
    pub agent_timeout_s: u64,
    /// How long after SIGTERM an agent is killed, in seconds: 0 to an hour.
    pub grace_s: u64,
    /// How much of each stream of an agent is kept, in KiB: 1 to 65536. Half of it is the beginning of the stream, half the
    /// end.
    pub output_kib: u32,
    /// The key of the answers that must be equal for the quorum; `None`: an agent only has to succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agree_on: Option<String>,
    /// The values of `agree_on` that mean yes; `None`: every value that enough agents give does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept: Option<Vec<Json>>,
    /// How many agents a stage may have: 1 to 100.
    pub max_agents: u32,
    /// How many agents of a stage must succeed: 1 to `max_agents`. The default is two thirds, rounded up.
    pub quorum: BTreeMap<Stage, u32>,
}

impl OrchestratorConfig {
    /// The allowed values of `max_agents`.
    pub const MAX_AGENTS: core::ops::RangeInclusive<u32> = 1..=100;

    /// How long one agent may run.
    pub fn agent_timeout(&self) -> Duration {
        Duration::from_secs(self.agent_timeout_s)
    }

    /// How long after SIGTERM an agent is killed.
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
            accept: None,
            max_agents: 5,
            quorum: BTreeMap::new(),
        }
    }
}

/// The settings that gates need, borrowed from the settings of an application, which implements `From` for it.
#[derive(Clone, Copy, Debug)]
pub struct GateSettings<'a> {
    /// The models that gates may name, by canonical name.
    pub models: &'a BTreeMap<String, ModelConfig>,
    /// The models of each stage.
    pub quality_gates: &'a QualityGateConfig,
    /// The programs that reach the models, by the name of their provider.
    pub providers: &'a BTreeMap<String, ProviderConfig>,
    /// How the agents run.
    pub orchestrator: &'a OrchestratorConfig,
    /// How a failed attempt of an agent is retried.
    pub retry: RetryConfig,
}

impl<'a> GateSettings<'a> {
    /// The environment variables with the API keys of the providers.
    pub fn api_key_variables(self) -> impl Iterator<Item = &'a str> {
        self.providers.values().filter_map(|provider| provider.api_key_env.as_deref())
    }

    /// The environment variables with the API keys and the tokens of the providers.
    pub fn credential_variables(self) -> impl Iterator<Item = &'a str> {
        let tokens = self.providers.values().filter_map(|provider| provider.token_env.as_deref());
        self.api_key_variables().chain(tokens)
    }
}
