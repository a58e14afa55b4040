//! The settings of retries.

use core::time::Duration;

use serde::{Deserialize, Serialize};

/// How a failed call is retried.
///
/// ```
/// use core::time::Duration;
/// let retry = speckit_core::retry::RetryConfig::default().with_max_attempts(5);
/// assert_eq!(retry.initial_backoff(), Duration::from_millis(100));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct RetryConfig {
    /// The maximum number of attempts of a call, including the first: 1 to 1000.
    #[cfg_attr(feature = "schemars", schemars(range(min = 1, max = 1000)))]
    pub max_attempts: u32,
    /// The wait before the second attempt, in milliseconds, before jitter: 1 to 86,400,000 (one day).
    #[cfg_attr(feature = "schemars", schemars(range(min = 1, max = 86_400_000)))]
    pub initial_backoff_ms: u64,
    /// The longest wait between two attempts, in milliseconds: 1 to 86,400,000 (one day). It limits the wait before jitter.
    #[cfg_attr(feature = "schemars", schemars(range(min = 1, max = 86_400_000)))]
    pub max_backoff_ms: u64,
    /// The factor from one wait to the next: 1 to 100.
    #[cfg_attr(feature = "schemars", schemars(range(min = 1, max = 100)))]
    pub multiplier: f64,
    /// How the waits are randomized.
    pub jitter: Jitter,
    /// How long all attempts and waits may take together, in milliseconds: 1 to 86,400,000 (one day).
    #[cfg_attr(feature = "schemars", schemars(range(min = 1, max = 86_400_000)))]
    pub deadline_ms: u64,
}

/// How a wait `w` is randomized, so that clients that failed together do not come back together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Jitter {
    /// Uniform between 0 and w.
    #[default]
    Full,
    /// Uniform between w/2 and w.
    Equal,
    /// Uniform between the initial wait and three times the previous wait, at most the maximum.
    Decorrelated,
    /// Not at all.
    None,
}

impl RetryConfig {
    /// The same with another [`max_attempts`](Self::max_attempts).
    #[must_use]
    pub fn with_max_attempts(self, max_attempts: u32) -> Self {
        Self { max_attempts, ..self }
    }

    /// The same with another [`initial_backoff_ms`](Self::initial_backoff_ms).
    #[must_use]
    pub fn with_initial_backoff_ms(self, initial_backoff_ms: u64) -> Self {
        Self { initial_backoff_ms, ..self }
    }

    /// The same with another [`max_backoff_ms`](Self::max_backoff_ms).
    #[must_use]
    pub fn with_max_backoff_ms(self, max_backoff_ms: u64) -> Self {
        Self { max_backoff_ms, ..self }
    }

    /// The same with another [`multiplier`](Self::multiplier).
    #[must_use]
    pub fn with_multiplier(self, multiplier: f64) -> Self {
        Self { multiplier, ..self }
    }

    /// The same with another [`jitter`](Self::jitter).
    #[must_use]
    pub fn with_jitter(self, jitter: Jitter) -> Self {
        Self { jitter, ..self }
    }

    /// The same with another [`deadline_ms`](Self::deadline_ms).
    #[must_use]
    pub fn with_deadline_ms(self, deadline_ms: u64) -> Self {
        Self { deadline_ms, ..self }
    }

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

/// Settings of retries that replace those of a [`RetryConfig`], each if it is set.
///
/// ```
/// use speckit_core::retry::{RetryConfig, RetryOverrides};
/// let own = RetryOverrides { max_attempts: Some(5), ..RetryOverrides::default() };
/// assert_eq!(own.over(RetryConfig::default()), RetryConfig::default().with_max_attempts(5));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RetryOverrides {
    /// Replaces [`RetryConfig::max_attempts`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u32>,
    /// Replaces [`RetryConfig::initial_backoff_ms`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_backoff_ms: Option<u64>,
    /// Replaces [`RetryConfig::max_backoff_ms`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_backoff_ms: Option<u64>,
    /// Replaces [`RetryConfig::multiplier`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multiplier: Option<f64>,
    /// Replaces [`RetryConfig::jitter`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter: Option<Jitter>,
    /// Replaces [`RetryConfig::deadline_ms`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
}

impl RetryOverrides {
    /// Whether it replaces nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The settings with those that are set here.
    pub fn over(self, base: RetryConfig) -> RetryConfig {
        RetryConfig {
            max_attempts: self.max_attempts.unwrap_or(base.max_attempts),
            initial_backoff_ms: self.initial_backoff_ms.unwrap_or(base.initial_backoff_ms),
            max_backoff_ms: self.max_backoff_ms.unwrap_or(base.max_backoff_ms),
            multiplier: self.multiplier.unwrap_or(base.multiplier),
            jitter: self.jitter.unwrap_or(base.jitter),
            deadline_ms: self.deadline_ms.unwrap_or(base.deadline_ms),
        }
    }
}
