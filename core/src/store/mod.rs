//! The database: its settings, when it is vacuumed, and how a process waits for the lock of another one.

mod config;
mod lock_wait;
mod look;
mod reading;
pub mod vacuum;

pub use config::{HistoryMode, StoreConfig, SynchronousMode};
pub use lock_wait::{LockPause, LockWait};
pub use look::is_look_due;
pub use reading::{DatabaseFiles, ReadMode, unread_log};
