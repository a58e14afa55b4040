//! Rules over a tree of files.

mod config;

pub use config::{PolicyConfig, RuleConfig};
