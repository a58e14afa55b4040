//! The running configuration: loading, reloading and recording.

mod fallback;
mod opening;
#[cfg(feature = "sqlite")]
mod recorder;
#[cfg(feature = "sqlite")]
mod recording;
mod reloader;
mod reporting;
mod running;
#[cfg(feature = "sources")]
mod source_events;
#[cfg(feature = "watch")]
mod watched;

pub use fallback::Fallback;
pub(crate) use opening::Start;
pub(crate) use reloader::{HotReloadFn, Trigger};
pub(crate) use running::{AlreadyLocked, RunningConfig, TurnResult};
