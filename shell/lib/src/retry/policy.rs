//! Where the settings of retries come from.

use std::fmt;

use serde::de::DeserializeOwned;
use speckit_core::retry::RetryConfig;

use crate::Config;

/// Where the settings come from. They are asked for after each attempt that fails and after each wait, and never kept.
pub trait Policy {
    /// The settings as they are now.
    fn settings(&self) -> RetryConfig;
}

impl Policy for RetryConfig {
    fn settings(&self) -> RetryConfig {
        *self
    }
}

impl<P: Policy + ?Sized> Policy for &P {
    fn settings(&self) -> RetryConfig {
        (**self).settings()
    }
}

/// The settings of a running configuration, of [`Retrying::following`](super::Retrying::following).
pub struct Following<'a, T, F> {
    pub(super) shell: &'a Config<T>,
    pub(super) select: F,
}

impl<T, F> Policy for Following<'_, T, F>
where
    T: DeserializeOwned + Send + Sync + 'static,
    F: Fn(&T) -> RetryConfig,
{
    fn settings(&self) -> RetryConfig {
        (self.select)(&self.shell.load())
    }
}

impl<T, F> Clone for Following<'_, T, F>
where
    F: Clone,
{
    fn clone(&self) -> Self {
        Self { shell: self.shell, select: self.select.clone() }
    }
}

impl<T, F> fmt::Debug for Following<'_, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Following")
    }
}
