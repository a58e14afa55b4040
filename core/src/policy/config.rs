//! The rules of the policy check.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::tree::Severity;

/// The settings of the policy check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PolicyConfig {
    /// The rules, by name.
    pub rules: BTreeMap<String, RuleConfig>,
}

/// One rule of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RuleConfig {
    /// The regular expression that a line of code must not match.
    pub pattern: String,
    /// The files that the rule checks, as glob patterns.
    #[serde(default = "every_file")]
    pub paths: Vec<String>,
    /// The files that the rule skips, as glob patterns.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// What is wrong with a line that matches.
    pub message: String,
    /// What to write instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// How serious a match is.
    #[serde(default = "error")]
    pub severity: Severity,
}

fn every_file() -> Vec<String> {
    Vec::from(["**".into()])
}

fn error() -> Severity {
    Severity::Error
}
