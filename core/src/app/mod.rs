//! The shipped application: its settings, their schema and defaults, and its old file form.

#[cfg(test)]
mod agreement;
mod config;
pub mod migrate;
mod rules;
mod shipped;

pub use config::{AppConfig, ValidationConfig};
pub use rules::Application;
