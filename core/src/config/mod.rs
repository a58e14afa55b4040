//! From texts to checked, typed settings, and how they are followed while a program runs.

pub mod explain;
#[cfg(feature = "store")]
pub mod history;
mod hot_reload;
mod known_keys;
mod merge;
pub mod redact;
pub mod reference;
pub mod reload;
pub mod report;
pub mod resolve;
pub mod schema;
mod settings_list;
pub mod source;
#[cfg(feature = "retry")]
pub mod source_machine;
#[cfg(feature = "proptest")]
pub mod strategies;
pub mod template;

pub use hot_reload::{HotReloadConfig, WatchMode};
pub use merge::{Layer, MergeStrategy, Merged, merge};
