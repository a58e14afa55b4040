//! The running configuration: what it reads, what replaces it, and what is recorded of it.

#[cfg(feature = "sqlite")]
mod chronicle;
mod fallback;
mod opening;
mod reader;
#[cfg(feature = "sqlite")]
mod recording;
mod shared;
#[cfg(feature = "watch")]
mod watched;

pub use fallback::Fallback;
pub(crate) use opening::Start;
pub(crate) use reader::{Cause, Follow};
pub(crate) use shared::{Reentered, Shared, Turn};
