//! Rules over a tree of files.

pub mod commands;
mod config;
pub mod findings;
pub mod git;
pub mod hooks;
pub mod lexer;
mod position;
pub mod report;
pub mod rules;

pub use config::{
    CheckCommandConfig, CheckEvent, Enforcement, PolicyConfig, RuleConfig, RuleRegion, RuleSeverity,
};

pub use rules::{Policy, check_rules};
