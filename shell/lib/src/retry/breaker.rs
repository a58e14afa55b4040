//! A circuit breaker that threads share.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use speckit_core::retry::ErrorClass;
use speckit_core::retry::breaker::{Breaker, BreakerConfig, BreakerState, Permit};
use speckit_core::text::duration;

use super::RetryClassifiable;
#[cfg(feature = "agents")]
use crate::os::clock;
use crate::os::clock::Moment;
use crate::sync::Mutex;

/// Rejects calls to a service for a while when it fails too often, for all threads.
///
/// Only an error of class [`Retryable`](ErrorClass::Retryable) counts as a failure. Other errors show that the service responds, so they
/// count as successes. A call that panics or whose future is dropped does not count.
///
/// Use it with [`Retrying::breaker`](super::Retrying::breaker), where each attempt counts, or directly:
///
/// ```
/// use std::io;
/// use speckit::retry::{BreakerConfig, CallError, CircuitState, CircuitBreaker};
///
/// let breaker = CircuitBreaker::new(BreakerConfig { min_calls: 2, ..BreakerConfig::default() });
/// for _ in 0..2 {
///     let down = || Err::<(), _>(io::Error::from(io::ErrorKind::ConnectionRefused));
///     assert!(matches!(breaker.call(down), Err(CallError::Failed(_))));
/// }
/// assert!(matches!(breaker.state(), CircuitState::Open { .. }));
/// let refused = breaker.call(|| Ok::<_, io::Error>(7));
/// assert!(matches!(refused, Err(CallError::Open { .. })), "the service is not called");
/// ```
#[derive(Debug)]
pub struct CircuitBreaker {
    breaker: Mutex<Breaker>,
    clock: Clock,
}

/// The clock of a breaker.
#[derive(Clone, Copy, Debug)]
enum Clock {
    System,
    /// That of tokio, which a test may pause, since this time.
    #[cfg(feature = "agents")]
    Runtime(tokio::time::Instant),
}

impl Clock {
    fn now(self) -> Duration {
        match self {
            Self::System => Moment::now().since_start(),
            #[cfg(feature = "agents")]
            Self::Runtime(start) => clock::runtime_now().saturating_duration_since(start),
        }
    }
}

/// The state of a [`CircuitBreaker`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CircuitState {
    /// Every call goes through.
    Closed,
    /// Calls are rejected.
    Open {
        /// How much longer.
        left: Duration,
    },
    /// One call is allowed, and its result decides.
    HalfOpen,
}

impl CircuitBreaker {
    /// A closed breaker.
    pub fn new(config: BreakerConfig) -> Self {
        Self { breaker: Mutex::new(Breaker::new(config)), clock: Clock::System }
    }

    /// A closed breaker whose time is that of tokio.
    #[cfg(feature = "agents")]
    pub(crate) fn of_runtime(config: BreakerConfig) -> Self {
        Self { clock: Clock::Runtime(clock::runtime_now()), ..Self::new(config) }
    }

    /// Its state now.
    pub fn state(&self) -> CircuitState {
        self.with_time(|breaker, now| match breaker.state(now) {
            BreakerState::Closed => CircuitState::Closed,
            BreakerState::Open { until } => CircuitState::Open { left: until.saturating_sub(now) },
            BreakerState::HalfOpen => CircuitState::HalfOpen,
        })
    }

    /// Makes a call if the breaker allows it.
    ///
    /// # Errors
    /// [`CallError::Open`] if the breaker rejects the call, [`CallError::Failed`] if the call fails.
    pub fn call<T, E: RetryClassifiable>(
        &self,
        call: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, CallError<E>> {
        let permit = self.permit().map_err(|left| CallError::Open { left })?;
        permit.finish_with(call())
    }

    /// Awaits a call if the breaker allows it, in any async runtime.
    ///
    /// # Errors
    /// [`CallError::Open`] if the breaker rejects the call, [`CallError::Failed`] if the call fails.
    pub async fn call_async<T, E, F>(&self, call: impl FnOnce() -> F) -> Result<T, CallError<E>>
    where
        E: RetryClassifiable,
        F: Future<Output = Result<T, E>>,
    {
        let permit = self.permit().map_err(|left| CallError::Open { left })?;
        permit.finish_with(call().await)
    }

    /// The permit for one call.
    ///
    /// # Errors
    /// The time to wait before asking again.
    pub(crate) fn permit(&self) -> Result<CallPermit<'_>, Duration> {
        let permit =
            self.with_time(|breaker, now| breaker.permit(now).map_err(|until| until.saturating_sub(now)))?;
        Ok(CallPermit { breaker: self, permit: Some(permit) })
    }

    /// Runs with the present time, which is read under the lock so that it never goes back.
    fn with_time<T>(&self, run: impl FnOnce(&mut Breaker, Duration) -> T) -> T {
        let mut breaker = self.breaker.lock();
        run(&mut breaker, self.clock.now())
    }
}

/// Opens for 30 s when at least half of the last 100 calls failed, but not before 10 calls have ended.
impl Default for CircuitBreaker {
    fn default() -> Self {
        Self::new(BreakerConfig::default())
    }
}

/// The permit for one call. Dropping it unused reports the call as abandoned.
#[derive(Debug)]
pub(crate) struct CallPermit<'a> {
    breaker: &'a CircuitBreaker,
    permit: Option<Permit>,
}

impl CallPermit<'_> {
    pub(crate) fn succeeded(self) {
        self.finished(true);
    }

    pub(crate) fn failed(self, class: ErrorClass) {
        self.finished(class != ErrorClass::Retryable);
    }

    fn finish_with<T, E: RetryClassifiable>(self, ended: Result<T, E>) -> Result<T, CallError<E>> {
        match &ended {
            Ok(_) => self.succeeded(),
            Err(error) => self.failed(error.classify()),
        }
        ended.map_err(CallError::Failed)
    }

    fn finished(mut self, is_success: bool) {
        if let Some(permit) = self.permit.take() {
            self.breaker.with_time(|breaker, now| breaker.finished(now, permit, is_success));
        }
    }
}

impl Drop for CallPermit<'_> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            self.breaker.with_time(|breaker, now| breaker.abandoned(now, permit));
        }
    }
}

/// Why a call through a [`CircuitBreaker`] failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError<E> {
    /// The call was not made: the breaker is open, or another trial call is running.
    Open {
        /// After how long to try again.
        left: Duration,
    },
    /// The call was made, and failed.
    Failed(E),
}

/// A call that an open breaker rejects may be retried after the time that it is open for.
impl<E: RetryClassifiable> RetryClassifiable for CallError<E> {
    fn classify(&self) -> ErrorClass {
        match self {
            Self::Open { .. } => ErrorClass::Retryable,
            Self::Failed(error) => error.classify(),
        }
    }

    fn suggested_backoff(&self) -> Option<Duration> {
        match self {
            Self::Open { left } => Some(*left),
            Self::Failed(error) => error.suggested_backoff(),
        }
    }

    fn is_rate_limited(&self) -> bool {
        matches!(self, Self::Failed(error) if error.is_rate_limited())
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { left } => {
                write!(f, "not called: the circuit breaker is open; try again in {}", duration(*left))
            }
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl<E: Error + 'static> Error for CallError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Open { .. } => None,
            // This text is that of the call's error, so the source is the next cause.
            Self::Failed(error) => error.source(),
        }
    }
}
