//! The database: its settings, and when it is vacuumed.

mod config;
mod reading;
pub mod vacuum;

pub use config::{HistoryMode, StoreConfig, SynchronousMode};
pub use reading::{DatabaseFiles, ReadMode, unread_log};
