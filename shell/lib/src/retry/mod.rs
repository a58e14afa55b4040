//! Calls that are tried again.
//!
//! [`execute_with_backoff_sync`] calls until there is an answer, an error that no further attempt mends, or an end of the
//! patience that [`RetryConfig`] grants: attempts, and a deadline for all attempts and waits together. [`Retrying`] is the
//! same with all that it can obey: a running configuration, a token to cancel it, a budget and a circuit breaker that many
//! calls share, a seed, and a report of every attempt.
//!
//! **What is tried again.** Unless an error says otherwise it is permanent, and ends the call at once. Tried again is what its
//! [`RetryClassifiable`] calls retryable: of the system's errors a connection that was refused, reset or timed out, what is
//! busy or was interrupted; of SQLite's those that mean another connection is at work (`BUSY` and its kin), never `LOCKED`. A
//! degraded answer is asked for once more and then accepted ([`RetryError::is_degraded`]).
//!
//! **What must not be.** An attempt that failed may have done its work: an answer that is lost on its way back looks like a
//! request that was lost on its way there. So only give it calls that may be made twice: reads, a transaction that was
//! rolled back, writes that carry a key by which the other side knows them again. What is not idempotent should not be retried;
//! make its error permanent, or call it without all this.
//!
//! **What it costs.** A call that succeeds at once reads a clock, and nothing else. On Linux that clock is the one of
//! the last tick of the kernel, so that the time a call takes may be counted up to one tick (4 ms at 250 Hz) too long, never too
//! short: a deadline is kept. The chance that spreads the waits is only drawn when an attempt has failed.
//!
//! While a call waits nothing is held but the error of its last attempt: no lock, no permit of a breaker, no configuration.
//! A call that panics goes on panicking, and leaves nothing behind.

mod attempt;
mod breaker;
mod budget;
mod cancel;
mod class;
mod course;
mod error;
mod policy;
mod retrying;
mod system;
#[cfg(feature = "tokio")]
mod waiting;

pub use attempt::{Attempt, Outcome, Report, Silent};
#[cfg(feature = "agents")]
pub(crate) use breaker::Pass;
pub use breaker::{CallError, Circuit, CircuitBreaker};
pub use budget::RetryBudget;
pub use cancel::{Cancel, Cancelled};
pub use class::RetryClassifiable;
pub use error::RetryError;
pub use policy::{Following, Policy};
pub use retrying::Retrying;
pub use speckit_core::retry::breaker::BreakerConfig;
pub use speckit_core::retry::{
    BudgetConfig, Decision, ErrorClass, GiveUp, Jitter, RetryConfig, Seed, classes, retry_after,
};

/// Calls until it succeeds, as long as these settings allow it and the error says that another attempt may help.
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

/// Awaits a call until it succeeds, as long as these settings allow it and the error says that another attempt may help. It
/// waits in a runtime of tokio with time.
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
/// At the first wait, as everything of tokio that waits, where there is no runtime of tokio with time.
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
