//! A configuration that is loaded, watched and reloaded.

pub(crate) mod builder;
pub(crate) mod busy;
pub(crate) mod config_event;
pub(crate) mod config_path;
pub(crate) mod engine;
pub(crate) mod error;
pub(crate) mod events;
pub(crate) mod handle;
#[cfg(feature = "sqlite")]
pub(crate) mod history;
pub(crate) mod inspection;
pub(crate) mod loading;
#[cfg(feature = "schema")]
pub mod schemas;
pub(crate) mod snapshot;
#[cfg(feature = "sources")]
pub(crate) mod source;
pub(crate) mod sources;
pub(crate) mod status;
#[cfg(feature = "tracing")]
pub(crate) mod tracing_events;
mod unwound;
pub(crate) mod view;
pub(crate) mod violations;
#[cfg(feature = "watch")]
pub(crate) mod watch;
