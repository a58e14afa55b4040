//! The settings of the database.

use alloc::string::String;
use core::time::Duration;

use serde::{Deserialize, Serialize};

/// The database of runs, generations and timings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct StoreConfig {
    /// The file of the database; `~/` is the home folder.
    #[cfg_attr(feature = "schemars", schemars(length(min = 1), extend("x-reload" = "restart")))]
    pub path: String,
    /// What the history keeps of each accepted configuration.
    pub history: HistoryMode,
    /// How many generations and rejections are kept for each set of files: 1 to 1000000.
    #[cfg_attr(feature = "schemars", schemars(range(min = 1, max = 1_000_000)))]
    pub keep_generations: u32,
    /// How many MiB the history keeps for each set of files: 1 to 1048576.
    #[cfg_attr(feature = "schemars", schemars(range(min = 1, max = 1_048_576)))]
    pub keep_mib: u32,
    /// How many runs of quality gates are kept, with the output of the agents: 1 to 1000000.
    #[cfg_attr(feature = "schemars", schemars(range(min = 1, max = 1_000_000)))]
    pub keep_runs: u32,
    /// When an acknowledged write is on the disk.
    #[cfg_attr(feature = "schemars", schemars(extend("x-reload" = "restart")))]
    pub synchronous: SynchronousMode,
    /// The hours between two vacuums, which return free pages to the disk: 1 to 8760.
    #[cfg_attr(feature = "schemars", schemars(range(min = 1, max = 8760)))]
    pub vacuum_interval_h: u32,
}

/// When an acknowledged write is on the disk (<https://sqlite.org/pragma.html#pragma_synchronous>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum SynchronousMode {
    /// When the system writes it, or the next checkpoint does: a crash of the program loses nothing, and one of the machine
    /// may lose the last writes; neither damages the database.
    #[default]
    Normal,
    /// Before it is acknowledged: a crash of the machine loses nothing either.
    Full,
}

impl StoreConfig {
    /// The time between two vacuums.
    pub fn vacuum_interval(&self) -> Duration {
        Duration::from_secs(u64::from(self.vacuum_interval_h) * 3600)
    }

    /// How many bytes the history keeps for each set of files.
    pub fn keep_bytes(&self) -> u64 {
        u64::from(self.keep_mib) << 20
    }
}

/// What the history keeps of each accepted configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum HistoryMode {
    /// The texts of its files with their secrets, and its redacted values: it can be restored.
    #[default]
    Full,
    /// When it was accepted, the paths and hashes of its files, and the names of the keys that changed: no text, no value.
    Metadata,
    /// Nothing.
    Off,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            path: "~/.code/speckit.db".into(),
            history: HistoryMode::default(),
            keep_generations: 1000,
            keep_mib: 256,
            keep_runs: 1000,
            synchronous: SynchronousMode::default(),
            vacuum_interval_h: 24,
        }
    }
}
