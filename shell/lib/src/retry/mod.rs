//! Retries of failed calls.
//!
//! [`execute_with_backoff_sync`] calls until it gets an answer or a permanent error, or the limits of [`RetryConfig`] are
//! reached: the attempts, and the deadline for all attempts and waits together. [`Retrying`] adds options: a running
//! configuration, a token to cancel it, a budget and a circuit breaker that many calls share, a seed, and a report of every
//! attempt.
//!
//! **What is retried.** An error ends the call at once unless its [`RetryClassifiable`] makes it retryable. Of the system's
//! errors these are a connection that was refused, reset or timed out, a busy resource and an interrupted call; of SQLite's
//! those that mean another connection is at work (`BUSY`), never `LOCKED`. A degraded answer is retried once and then accepted
//! ([`RetryError::is_degraded`]).
//!
//! **What must not be retried.** A failed attempt may have had its effect, since a lost answer looks like a lost request. So
//! only retry calls that may run twice: reads, a transaction that was rolled back, writes with a key by which the other side
//! detects a repetition. For other calls, make the error permanent, or do not retry them.
//!
//! **What it costs.** A call that succeeds at once only reads a clock. On Linux that is the time of the last tick of the
//! kernel, so that the time of a call may be counted up to one tick (4 ms at 250 Hz) too long, but never too short: a deadline
//! is kept. Random numbers are only drawn after a failed attempt.
//!
//! A call that waits holds only the error of its last attempt: no lock, no permit of a breaker, no configuration. A panic of
//! the call passes through, and leaves nothing behind.

mod attempt;
mod breaker;
mod budget;
mod cancel;
mod class;
mod error;
mod policy;
mod retry_loop;
mod retrying;
mod system;
#[cfg(feature = "tokio")]
mod waiting;

pub use attempt::{Attempt, AttemptOutcome, NoReport, Report};
#[cfg(feature = "agents")]
pub(crate) use breaker::CallPermit;
pub use breaker::{CallError, CircuitBreaker, CircuitState};
pub use budget::RetryBudget;
pub use cancel::{CancelToken, Cancelled};
pub use class::{ByClosure, ByTrait, Classify, RetryClassifiable};
pub use error::RetryError;
pub use policy::{Following, Policy};
pub use retrying::Retrying;
pub use speckit_core::retry::breaker::BreakerConfig;
pub use speckit_core::retry::{
    BudgetConfig, Decision, ErrorClass, Failure, GiveUp, Jitter, RetryConfig, Seed, classes, retry_after,
};

/// Calls until it succeeds, as long as these settings and the class of the error allow it.
///
/// ```
/// use std::io;
/// use speckit::retry::{RetryConfig, execute_with_backoff_sync};
///
/// let config = RetryConfig::default().with_max_attempts(3).with_initial_backoff_ms(1);
/// let mut calls = 0;
/// let answer = execute_with_backoff_sync(&config, || {
///     calls += 1;
///     if calls < 3 { Err(io::Error::from(io::ErrorKind::ConnectionReset)) } else { Ok(calls) }
/// });
/// assert_eq!(answer.unwrap(), 3);
/// ```
///
/// # Errors
/// [`RetryError`] with the last error, the attempts, the time, and why there was no further attempt.
#[inline]
pub fn execute_with_backoff_sync<T, E: RetryClassifiable>(
    config: &RetryConfig,
    call: impl FnMut() -> Result<T, E>,
) -> Result<T, RetryError<E>> {
    Retrying::new(config).run(call)
}

/// Awaits a call until it succeeds, as long as these settings and the class of the error allow it. It waits in a runtime of
/// tokio with time.
///
/// ```
/// use std::io;
/// use speckit::retry::{RetryConfig, execute_with_backoff};
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
/// # runtime.block_on(async {
/// let config = RetryConfig::default().with_initial_backoff_ms(1);
/// let answer = execute_with_backoff(&config, || async { Ok::<_, io::Error>(7) }).await;
/// assert_eq!(answer.unwrap(), 7);
/// # });
/// # Ok::<(), io::Error>(())
/// ```
///
/// # Errors
/// [`RetryError`] with the last error, the attempts, the time, and why there was no further attempt.
///
/// # Panics
/// At the first wait, outside of a runtime of tokio with time.
#[cfg(feature = "tokio")]
pub async fn execute_with_backoff<T, E, F>(
    config: &RetryConfig,
    call: impl FnMut() -> F,
) -> Result<T, RetryError<E>>
where
    E: RetryClassifiable,
    F: Future<Output = Result<T, E>>,
{
    Retrying::new(config).run_async(call).await
}
