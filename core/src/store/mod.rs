//! The database: its settings, and when its file is made smaller.

mod config;
pub mod vacuum;

pub use config::{HistoryMode, StoreConfig, SynchronousMode};
