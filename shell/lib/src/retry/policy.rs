//! The source of the settings of retries.

use std::fmt;

use speckit_core::retry::RetryConfig;

/// The source of the settings. They are read after each failed attempt and after each wait, and never stored.
pub trait Policy {
    /// The present settings.
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

/// Settings that a function returns, of [`Retrying::following`](super::Retrying::following).
#[derive(Clone)]
pub struct Following<F>(pub(super) F);

impl<F: Fn() -> RetryConfig> Policy for Following<F> {
    fn settings(&self) -> RetryConfig {
        (self.0)()
    }
}

impl<F> fmt::Debug for Following<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Following")
    }
}
