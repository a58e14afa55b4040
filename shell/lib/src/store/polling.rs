//! Waits for a lock of another process.

use std::time::{Duration, Instant};

use speckit_core::retry::{Decision, ErrorClass, Failure, GiveUp, Jitter, Retry, RetryConfig};

use super::error::StoreError;
use super::options::StoreOptions;
use crate::os::{clock, entropy};

/// The attempts of one call to get a lock of another process.
pub(super) struct Polling {
    retry: Retry,
}

impl Polling {
    pub(super) fn new() -> Self {
        Self { retry: Retry::new(entropy::seed(), "store/lock") }
    }

    /// Waits before another attempt.
    ///
    /// # Errors
    /// The final error: it is not about a lock, or the deadline has passed.
    pub(super) fn wait(
        &mut self,
        options: &StoreOptions,
        error: StoreError,
        begun: Instant,
    ) -> Result<(), StoreError> {
        let class = if error.is_retryable() { ErrorClass::Retryable } else { ErrorClass::Permanent };
        let elapsed = clock::now().saturating_duration_since(begun);
        match self.retry.failed(&polling_until(options.allowed()), elapsed, Failure::of(class), None) {
            Decision::Wait(wait) => {
                clock::sleep(wait);
                Ok(())
            }
            // A last attempt at the deadline, so that no time is left unused.
            Decision::GiveUp(GiveUp::Deadline { allowed, wait }) if wait > Duration::ZERO => {
                clock::sleep(allowed.saturating_sub(elapsed));
                Ok(())
            }
            Decision::GiveUp(_) => Err(error.gave_up(&options.path, self.retry.attempts(), elapsed)),
        }
    }
}

/// SQLite does not notify when a lock is free, so it is polled. After each change of the lock's owner the next process reads
/// its cache again: with longer waits each does more at a time, and fewer calls wait, each of them longer. With these waits
/// eight processes that write all the time do nearly as much as with SQLite's own `busy_timeout`, and none of them starves.
fn polling_until(deadline: Duration) -> RetryConfig {
    RetryConfig::default()
        .with_max_attempts(u32::MAX)
        .with_initial_backoff_ms(20)
        .with_max_backoff_ms(60)
        .with_multiplier(2.0)
        .with_jitter(Jitter::Full)
        .with_deadline_ms(clock::millis(deadline))
}
