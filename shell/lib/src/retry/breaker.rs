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

/// Leaves a service alone for a while that fails too often, for the calls of all threads.
///
/// A failure is an error of class [`Retryable`](ErrorClass::Retryable). A permanent or degraded one is an answer: who gives it
/// is there. A call that panics or whose future is dropped says nothing.
///
/// It guards retries by [`Retrying::breaker`](super::Retrying::breaker), where each attempt counts, or calls alone:
///
/// ```
/// use std::io;
/// use speckit::retry::{BreakerConfig, CallError, Circuit, CircuitBreaker};
///
/// let breaker = CircuitBreaker::new(BreakerConfig { least_calls: 2, ..BreakerConfig::default() });
/// for _ in 0..2 {
///     let down = || Err::<(), _>(io::Error::from(io::ErrorKind::ConnectionRefused));
///     assert!(matches!(breaker.call(down), Err(CallError::Failed(_))));
/// }
/// assert!(matches!(breaker.circuit(), Circuit::Open { .. }));
/// let refused = breaker.call(|| Ok::<_, io::Error>(7));
/// assert!(matches!(refused, Err(CallError::Open { .. })), "it is not even asked");
/// ```
#[derive(Debug)]
pub struct CircuitBreaker {
    breaker: Mutex<Breaker>,
    clock: Clock,
}

/// By which clock it counts the time.
#[derive(Clone, Copy, Debug)]
enum Clock {
    System,
    /// That of tokio, which a test may hold still, since a moment.
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

/// How a [`CircuitBreaker`] stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Circuit {
    /// Every call goes through.
    Closed,
    /// No call goes through.
    Open {
        /// For how long still.
        left: Duration,
    },
    /// One call is let through, and decides.
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

    /// How it stands now.
    pub fn circuit(&self) -> Circuit {
        self.ask(|breaker, now| match breaker.state(now) {
            BreakerState::Closed => Circuit::Closed,
            BreakerState::Open { until } => Circuit::Open { left: until.saturating_sub(now) },
            BreakerState::HalfOpen => Circuit::HalfOpen,
        })
    }

    /// Makes a call if it lets one through.
    ///
    /// # Errors
    /// [`CallError::Open`] where it does not, and the call's own error.
    pub fn call<T, E: RetryClassifiable>(
        &self,
        call: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, CallError<E>> {
        let pass = self.pass().map_err(|left| CallError::Open { left })?;
        pass.judged(call())
    }

    /// Awaits a call if it lets one through, in any async runtime.
    ///
    /// # Errors
    /// [`CallError::Open`] where it does not, and the call's own error.
    pub async fn call_async<T, E, F>(&self, call: impl FnOnce() -> F) -> Result<T, CallError<E>>
    where
        E: RetryClassifiable,
        F: Future<Output = Result<T, E>>,
    {
        let pass = self.pass().map_err(|left| CallError::Open { left })?;
        pass.judged(call().await)
    }

    /// Leave to make one call, or after how long to ask again.
    pub(crate) fn pass(&self) -> Result<Pass<'_>, Duration> {
        let permit =
            self.ask(|breaker, now| breaker.permit(now).map_err(|until| until.saturating_sub(now)))?;
        Ok(Pass { breaker: self, permit: Some(permit) })
    }

    /// Asks with the time, which is read under the lock so that it never goes back.
    fn ask<T>(&self, ask: impl FnOnce(&mut Breaker, Duration) -> T) -> T {
        let mut breaker = self.breaker.lock();
        ask(&mut breaker, self.clock.now())
    }
}

/// Opens for 30 s where 50 of the last 100 calls have failed, and 10 are known.
impl Default for CircuitBreaker {
    fn default() -> Self {
        Self::new(BreakerConfig::default())
    }
}

/// Leave to make one call, which is given back unused where nothing is heard of it.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    breaker: &'a CircuitBreaker,
    permit: Option<Permit>,
}

impl Pass<'_> {
    pub(crate) fn succeeded(self) {
        self.finished(true);
    }

    pub(crate) fn failed(self, class: ErrorClass) {
        self.finished(class != ErrorClass::Retryable);
    }

    fn judged<T, E: RetryClassifiable>(self, ended: Result<T, E>) -> Result<T, CallError<E>> {
        match &ended {
            Ok(_) => self.succeeded(),
            Err(error) => self.failed(error.classify()),
        }
        ended.map_err(CallError::Failed)
    }

    fn finished(mut self, is_success: bool) {
        if let Some(permit) = self.permit.take() {
            self.breaker.ask(|breaker, now| breaker.finished(now, permit, is_success));
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            self.breaker.ask(|breaker, now| breaker.abandoned(now, permit));
        }
    }
}

/// Why a call through a [`CircuitBreaker`] gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError<E> {
    /// The call was not made: the breaker is open, or another call is being tried.
    Open {
        /// After how long it makes sense to ask again.
        left: Duration,
    },
    /// The call was made, and failed.
    Failed(E),
}

/// What is refused because the breaker is open may be tried again when it lets calls through.
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
                write!(f, "not called, since the circuit breaker is open for {} more", duration(*left))
            }
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl<E: Error + 'static> Error for CallError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Open { .. } => None,
            // Its text is this one's, so that the cause below it comes next.
            Self::Failed(error) => error.source(),
        }
    }
}
