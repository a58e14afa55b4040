//! The settings of hot reload.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde::{Deserialize, Serialize};

/// The settings of hot reload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct HotReloadConfig {
    /// Whether files are watched.
    #[cfg_attr(feature = "schemars", schemars(extend("x-reload" = "restart")))]
    pub enabled: bool,
    /// The debounce period in milliseconds, 500 to 10000: a reload starts when no change came for this long.
    #[cfg_attr(feature = "schemars", schemars(range(min = 500, max = 10_000)))]
    pub debounce_ms: u64,
    /// Further files and folders whose change triggers a reload, relative to the configuration's folder. Of a folder,
    /// its direct children count.
    #[cfg_attr(feature = "schemars", schemars(inner(length(min = 1)), extend("x-merge" = "union")))]
    pub watch_paths: Vec<String>,
    /// How changes are detected.
    #[cfg_attr(feature = "schemars", schemars(extend("x-reload" = "restart")))]
    pub mode: WatchMode,
}

/// How changes of files are detected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum WatchMode {
    /// By events of the system, and by polling where events do not work.
    #[default]
    Auto,
    /// By events of the system.
    Native,
    /// By polling.
    Poll,
}

impl HotReloadConfig {
    /// The debounce period.
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
