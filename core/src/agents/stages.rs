//! The stages of the work, and the models of each.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use super::names;

/// A stage of the work that ends at a quality gate, in the order of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// The plan.
    Plan,
    /// The division into tasks.
    Tasks,
    /// Whether the work fits the specification.
    Validate,
    /// The search for faults.
    Audit,
    /// The release.
    Unlock,
}

/// A text that names no stage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown stage `{0}`, expected one of plan, tasks, validate, audit, unlock")]
pub struct UnknownStage(pub String);

impl Stage {
    /// Every stage, in the order of the work.
    pub const ALL: [Self; 5] = [Self::Plan, Self::Tasks, Self::Validate, Self::Audit, Self::Unlock];

    /// The name that configurations and commands use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Tasks => "tasks",
            Self::Validate => "validate",
            Self::Audit => "audit",
            Self::Unlock => "unlock",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Stage {
    type Err = UnknownStage;

    fn from_str(text: &str) -> Result<Self, UnknownStage> {
        Self::ALL.into_iter().find(|stage| stage.name() == text).ok_or_else(|| UnknownStage(text.into()))
    }
}

/// The models of each stage: canonical names or aliases.
///
/// A missing stage has its default gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QualityGateConfig {
    /// The models that judge a plan.
    pub plan: Vec<String>,
    /// The models that judge the division into tasks.
    pub tasks: Vec<String>,
    /// The models that judge whether the work fits the specification.
    pub validate: Vec<String>,
    /// The models that look for faults in the finished work.
    pub audit: Vec<String>,
    /// The models that decide whether the work is released.
    pub unlock: Vec<String>,
}

impl QualityGateConfig {
    /// The names in the gate of a stage, as configured.
    pub fn agents(&self, stage: Stage) -> &[String] {
        match stage {
            Stage::Plan => &self.plan,
            Stage::Tasks => &self.tasks,
            Stage::Validate => &self.validate,
            Stage::Audit => &self.audit,
            Stage::Unlock => &self.unlock,
        }
    }
}

impl Default for QualityGateConfig {
    fn default() -> Self {
        Self {
            plan: names(["gemini", "claude", "gpt_pro"]),
            tasks: names(["gemini_flash", "claude_haiku", "gpt_codex"]),
            validate: names(["gemini", "claude", "gpt_codex"]),
            audit: names(["gemini", "claude", "gpt_pro"]),
            unlock: names(["claude", "gpt_pro"]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn every_stage_parses_from_its_name() {
        for stage in Stage::ALL {
            assert_eq!(stage.to_string().parse(), Ok(stage));
        }
        let rejected = "Plan".parse::<Stage>().unwrap_err();
        assert_eq!(
            rejected.to_string(),
            "unknown stage `Plan`, expected one of plan, tasks, validate, audit, unlock"
        );
    }
}
