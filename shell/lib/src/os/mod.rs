//! Access to the system: files, the environment, time, randomness. Each effect has one module.

pub mod clock;
pub mod documents;
#[cfg(feature = "retry")]
pub mod entropy;
pub mod environment;
#[cfg(feature = "commands")]
pub mod output;
#[cfg(all(unix, any(feature = "agents", feature = "auth", feature = "bench")))]
pub(crate) mod process_group;
#[cfg(all(unix, feature = "agents"))]
pub(crate) mod session;
#[cfg(all(unix, any(feature = "agents", feature = "bench")))]
pub(crate) mod start_error;
#[cfg(feature = "auth")]
pub(crate) mod state_folder;
pub mod world;
