//! The running configuration: what it reads, what replaces it, and what is recorded of it.

mod chronicle;
mod opening;
mod reader;
mod recording;
mod shared;
#[cfg(feature = "watch")]
mod watched;

pub use chronicle::Fallback;
pub(crate) use opening::Start;
pub(crate) use reader::{Cause, Follow};
pub(crate) use shared::{Reentered, Shared, Turn};
