//! The doors to the system: files, the environment, time, chance. Each effect has one.

pub mod clock;
pub mod documents;
#[cfg(feature = "retry")]
pub(crate) mod entropy;
pub mod environment;
pub mod world;
