//! Agents that run in parallel: the models of a gate, their processes, and the consensus of their answers.

use alloc::string::String;
use alloc::vec::Vec;

mod config;
pub mod consensus;
pub mod credentials;
pub mod gate;
mod models;
mod output_rules;
pub mod preflight;
pub mod process;
mod provider_output;
pub mod registry;
mod stages;

pub use config::{GateSettings, OrchestratorConfig};
pub use models::{CredentialKind, ModelConfig, ProviderConfig, StdinMode, Tier};
pub use output_rules::{OutputRules, check_outputs};
pub use provider_output::{CaptureGroup, FailureClass, FailurePattern, OutputMode};
pub use registry::{ModelEntry, ModelRegistry, RegistryError};
pub use stages::{QualityGateConfig, Stage, UnknownStage};

/// A list of owned names.
pub(crate) fn names<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.into_iter().map(String::from).collect()
}
