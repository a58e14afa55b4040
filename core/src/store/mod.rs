//! The database: its settings, and when it is vacuumed.

mod config;
pub mod vacuum;

pub use config::{HistoryMode, StoreConfig, SynchronousMode};
