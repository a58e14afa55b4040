//! The shipped application: its settings, its schema and defaults, and how it is loaded.

mod loader;

pub use loader::{ConfigLoader, PREFIX, RESERVED};
pub use speckit_core::app::{AppConfig, ValidationConfig};
