//! The error of a call that was given up.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use speckit_core::retry::GiveUp;
use speckit_core::text::{count, duration};

/// A call that was given up: after how many attempts, after how long, why, and the error of the last attempt.
///
/// It has no such error where no attempt was made: the call was cancelled before, or a circuit breaker was open.
///
/// ```
/// use std::io;
/// use speckit::retry::GiveUp;
/// use speckit::retry::{RetryConfig, execute_with_backoff_sync};
///
/// let config = RetryConfig::default().with_initial_backoff_ms(1);
/// let missing = || std::fs::read("no-such-file");
/// let error = execute_with_backoff_sync(&config, missing).unwrap_err();
/// assert_eq!((error.attempts(), error.why()), (1, GiveUp::Permanent));
/// assert!(error.to_string().starts_with("failed after 1 attempt in "));
/// assert_eq!(error.into_cause().unwrap().kind(), io::ErrorKind::NotFound);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RetryError<E>(Box<RetryErrorDetails<E>>);

/// Boxed, so that a rare error does not enlarge every result.
#[derive(Clone, PartialEq, Eq)]
struct RetryErrorDetails<E> {
    attempts: u32,
    elapsed: Duration,
    why: GiveUp,
    cause: Option<E>,
}

/// The text, so that `fn main() -> Result<(), RetryError<…>>` and `unwrap` show it.
impl<E: fmt::Display> fmt::Debug for RetryError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<E> RetryError<E> {
    #[cold]
    pub(super) fn untried(elapsed: Duration, why: GiveUp) -> Self {
        Self(Box::new(RetryErrorDetails { attempts: 0, elapsed, why, cause: None }))
    }

    #[cold]
    pub(super) fn of(attempts: u32, elapsed: Duration, why: GiveUp, cause: E) -> Self {
        Self(Box::new(RetryErrorDetails { attempts, elapsed, why, cause: Some(cause) }))
    }

    /// How many attempts were made.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The time from the beginning of the first attempt to the end, up to 4 ms too long on Linux.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// Why there was no further attempt.
    pub fn why(&self) -> GiveUp {
        self.0.why
    }

    /// Whether there is an incomplete answer, which [`RetryError::into_cause`] returns.
    pub fn is_degraded(&self) -> bool {
        self.0.why == GiveUp::Degraded
    }

    /// The error of the last attempt; `None` if none was made.
    pub fn cause(&self) -> Option<&E> {
        self.0.cause.as_ref()
    }

    /// The error of the last attempt by value; `None` if none was made.
    pub fn into_cause(self) -> Option<E> {
        self.0.cause
    }
}

/// "failed after 3 attempts in 312 ms, since 3 attempts are allowed: connection refused"
impl<E: fmt::Display> fmt::Display for RetryError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RetryErrorDetails { attempts, elapsed, why, cause } = &*self.0;
        let Some(cause) = cause else { return write!(f, "not tried, since {why}") };
        let (attempts, elapsed) = (count(*attempts, "attempt"), duration(*elapsed));
        if self.is_degraded() {
            return write!(f, "accepted as degraded after {attempts} in {elapsed}: {cause}");
        }
        write!(f, "failed after {attempts} in {elapsed}, since {why}: {cause}")
    }
}

/// The source is the last error, so that it can be found in a chain of errors. The text contains the text of that error too,
/// since not every `E` is an [`Error`].
impl<E: Error + 'static> Error for RetryError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause().map(|cause| cause as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_attempts_time_reason_and_cause() {
        let ms = Duration::from_millis;
        let text = |attempts, elapsed, why| RetryError::of(attempts, elapsed, why, "it is down").to_string();
        assert_eq!(
            text(3, ms(312), GiveUp::Attempts { allowed: 3 }),
            "failed after 3 attempts in 312 ms, since 3 attempts are allowed: it is down"
        );
        assert_eq!(
            text(1, ms(2), GiveUp::Permanent),
            "failed after 1 attempt in 2 ms, since this kind of failure is not retried: it is down"
        );
        assert_eq!(
            text(7, ms(12_345), GiveUp::Cancelled),
            "failed after 7 attempts in 12.3 s, since it was cancelled: it is down"
        );
        assert_eq!(
            text(2, ms(100), GiveUp::Degraded),
            "accepted as degraded after 2 attempts in 100 ms: it is down"
        );
        let untried = RetryError::<&str>::untried(ms(0), GiveUp::Open);
        assert_eq!(untried.to_string(), "not tried, since the circuit breaker is open");
        assert_eq!((untried.attempts(), untried.into_cause()), (0, None));
    }

    #[test]
    fn the_last_error_is_its_source() {
        let error = RetryError::of(1, Duration::ZERO, GiveUp::Permanent, std::io::Error::other("it is down"));
        let error: Box<dyn Error> = Box::new(error);
        let source = error.source().and_then(|source| source.downcast_ref::<std::io::Error>());
        assert_eq!(source.map(ToString::to_string).as_deref(), Some("it is down"));
    }

    #[test]
    fn an_error_is_one_pointer_large() {
        assert_eq!(size_of::<Result<u64, RetryError<[u64; 20]>>>(), 16);
    }
}
