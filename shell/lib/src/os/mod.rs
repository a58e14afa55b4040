//! Access to the system: files, the environment, time, randomness. Each effect has one module.

pub mod clock;
pub mod documents;
#[cfg(feature = "retry")]
pub(crate) mod entropy;
pub mod environment;
pub mod world;
