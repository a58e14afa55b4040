//! How a running program follows its configuration.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde::{Deserialize, Serialize};

/// How a running program follows its configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct HotReloadConfig {
    /// Whether the files are watched at all.
    pub enabled: bool,
    /// How long the files must be quiet before a reload, in milliseconds: 500 to 10000.
    pub debounce_ms: u64,
    /// Files and folders, relative to the configuration's folder, whose change triggers a reload; of a folder what lies
    /// directly in it.
    pub watch_paths: Vec<String>,
    /// How changes are noticed.
    pub mode: WatchMode,
}

/// How changes of files are noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WatchMode {
    /// By events of the system where they work, else by looking.
    #[default]
    Auto,
    /// By events of the system.
    Native,
    /// By looking at intervals.
    Poll,
}

impl HotReloadConfig {
    /// The quiet period before a reload.
    pub fn debounce(&self) -> Duration {
        Duration::from_millis(self.debounce_ms)
    }
}

impl Default for HotReloadConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            debounce_ms: 2000,
            watch_paths: Vec::from(["config.toml".into()]),
            mode: WatchMode::default(),
        }
    }
}
