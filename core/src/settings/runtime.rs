//! What a running program may be told anew: reloading, checks and retries.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::texts;

/// How a running program follows its configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
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
            watch_paths: texts(["config.toml"]),
            mode: WatchMode::default(),
        }
    }
}

/// What is checked when a configuration is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ValidationConfig {
    /// Whether a missing API key of a provider that a gate uses is a warning.
    pub check_api_keys: bool,
    /// Whether a missing command of a provider that a gate uses is a warning.
    pub check_commands: bool,
    /// Whether what the schema refuses is an error; else it is a warning.
    pub strict_schema: bool,
}

impl Default for ValidationConfig {
    fn default() -> Self {
        Self { check_api_keys: true, check_commands: true, strict_schema: true }
    }
}

/// How a failed call is tried again.
///
/// ```
/// use core::time::Duration;
/// let retry = speckit_core::RetryConfig { max_attempts: 5, ..Default::default() };
/// assert_eq!(retry.initial_backoff(), Duration::from_millis(100));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RetryConfig {
    /// How often a call is tried, the first time included: 1 to 1000.
    pub max_attempts: u32,
    /// The wait before the second attempt, in milliseconds, before jitter: 1 to a day.
    pub initial_backoff_ms: u64,
    /// The longest wait between two attempts, in milliseconds: 1 to a day. It caps the wait before jitter.
    pub max_backoff_ms: u64,
    /// How much longer each wait is than the one before: 1 to 100.
    pub multiplier: f64,
    /// How chance spreads the waits.
    pub jitter: Jitter,
    /// How long all attempts and waits may take together, in milliseconds: 1 to a day.
    pub deadline_ms: u64,
}

/// How chance spreads a wait `w`, so that clients that failed together do not come back together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Jitter {
    /// Evenly over 0 to w.
    #[default]
    Full,
    /// Evenly over w/2 to w.
    Equal,
    /// Evenly over the first wait to three times the last one, which is capped too.
    Decorrelated,
    /// Not at all.
    None,
}

impl RetryConfig {
    /// The wait before the second attempt, before jitter.
    pub fn initial_backoff(&self) -> Duration {
        Duration::from_millis(self.initial_backoff_ms)
    }

    /// The longest wait between two attempts.
    pub fn max_backoff(&self) -> Duration {
        Duration::from_millis(self.max_backoff_ms)
    }

    /// How long all attempts and waits may take together.
    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms)
    }
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            initial_backoff_ms: 100,
            max_backoff_ms: 10_000,
            multiplier: 2.0,
            jitter: Jitter::default(),
            deadline_ms: 30_000,
        }
    }
}
