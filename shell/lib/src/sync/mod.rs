//! Locks and channels.

pub(crate) mod broadcast;
mod lock;

pub(crate) use lock::Monitor;
pub use lock::Mutex;
