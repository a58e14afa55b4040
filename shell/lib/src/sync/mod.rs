//! Locks and channels.

pub(crate) mod broadcast;
mod lock;
pub(crate) mod notifier;

pub(crate) use lock::Monitor;
pub use lock::Mutex;
