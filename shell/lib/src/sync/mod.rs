//! What threads share.

pub mod broadcast;
mod lock;

pub(crate) use lock::Monitor;
pub use lock::Mutex;
