//! Where the settings of retries come from.

use std::fmt;

use speckit_core::retry::RetryConfig;

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

/// Settings that are asked for anew each time, of [`Retrying::following`](super::Retrying::following).
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
