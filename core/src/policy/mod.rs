//! Rules over a tree of files.

mod config;
pub mod git;
pub mod hooks;
pub mod lexer;

pub use config::{PolicyConfig, RuleConfig};
