//! What threads share.

pub(crate) mod broadcast;
mod lock;

pub(crate) use lock::Monitor;
pub use lock::Mutex;
