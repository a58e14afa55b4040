//! Rules over a tree of files.

mod config;
pub mod findings;
pub mod lexer;
pub mod report;

pub use config::{
    CheckCommandConfig, CheckEvent, Enforcement, PolicyConfig, RuleConfig, RuleRegion, RuleSeverity,
};
