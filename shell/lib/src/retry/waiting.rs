//! Retries that wait without blocking a thread.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use super::RetryError;
use super::attempt::Report;
use super::cancel::CancelToken;
use super::class::Classify;
use super::policy::Policy;
use super::retry_loop::RetryLoop;
use super::retrying::Retrying;
use crate::os::clock;
use crate::os::clock::Moment;

impl<P: Policy, R, C> Retrying<'_, P, R, C> {
    /// As [`Retrying::run`] for an async call, in a tokio runtime with time.
    ///
    /// Dropping the future drops the running attempt, which does not count for the breaker. Cancelling the [`CancelToken`](super::CancelToken)
    /// ends a wait at once, and an attempt only if the attempt checks the token.
    ///
    /// ```
    /// use std::io;
    /// use speckit::retry::{RetryConfig, Retrying};
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    /// # runtime.block_on(async {
    /// let config = RetryConfig::default().with_initial_backoff_ms(1);
    /// let mut calls = 0;
    /// let answer = Retrying::new(&config).label("retry/prices").run_async(|| {
    ///     calls += 1;
    ///     let is_first = calls == 1;
    ///     async move { if is_first { Err(io::Error::from(io::ErrorKind::TimedOut)) } else { Ok("4.20") } }
    /// });
    /// assert_eq!(answer.await.unwrap(), "4.20");
    /// # });
    /// # Ok::<(), io::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`RetryError`] with the last error, and why there was no further attempt.
    ///
    /// # Panics
    /// If a wait begins outside a tokio runtime with time.
    pub async fn run_async<T, E, F>(mut self, mut call: impl FnMut() -> F) -> Result<T, RetryError<E>>
    where
        C: Classify<E>,
        R: Report<E>,
        F: Future<Output = Result<T, E>>,
    {
        let started = Moment::now();
        let permit = self.admitted().map_err(|why| RetryError::untried(started.elapsed(), why))?;
        let error = match call().await {
            Ok(value) => {
                self.succeeded(permit, started, 1);
                return Ok(value);
            }
            Err(error) => error,
        };
        let cancel = self.cancel;
        let mut retry_loop = RetryLoop::of(self, started);
        let mut paused = retry_loop.failed(permit, error)?;
        loop {
            wait(paused.wait, cancel).await;
            let permit = retry_loop.resumed(paused)?;
            match call().await {
                Ok(value) => {
                    retry_loop.succeeded(permit);
                    return Ok(value);
                }
                Err(error) => paused = retry_loop.failed(permit, error)?,
            }
        }
    }
}

/// Waits for this time, or until the token is cancelled.
async fn wait(wait: Duration, cancel: Option<&CancelToken>) {
    let mut sleeping = pin!(clock::sleeping(wait));
    let Some(cancel) = cancel else { return sleeping.await };
    let mut cancelled = pin!(cancel.cancelled());
    poll_fn(|context| match cancelled.as_mut().poll(context) {
        Poll::Ready(()) => Poll::Ready(()),
        Poll::Pending => sleeping.as_mut().poll(context),
    })
    .await;
}
