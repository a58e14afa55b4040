//! What threads share.

pub(crate) mod hub;
mod lock;

pub(crate) use lock::Monitor;
pub use lock::Mutex;
