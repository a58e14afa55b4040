//! The settings of the shipped application, with their schema, defaults and checks, and the migration of old files.

#[cfg(test)]
mod agreement;
mod config;
pub mod migrate;
mod rules;
mod shipped;
pub mod trust;

pub use config::{AppConfig, ValidationConfig};
pub use rules::Application;
