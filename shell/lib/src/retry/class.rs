//! The class of an error: whether a call may be retried.

use std::sync::Arc;
use std::time::Duration;

use speckit_core::retry::{ErrorClass, Failure};

/// An error that knows whether its call may be retried.
///
/// Implemented for [`std::io::Error`], and for `rusqlite::Error` with the feature `sqlite`. Your own errors implement it in
/// a few lines; [`classes`](crate::retry::classes) has tables for SQLite and HTTP:
///
/// ```
/// use std::time::Duration;
/// use speckit::retry::classes;
/// use speckit::retry::{ErrorClass, RetryClassifiable};
///
/// struct Refused {
///     status: u16,
///     retry_after: Option<Duration>,
/// }
///
/// impl RetryClassifiable for Refused {
///     fn classify(&self) -> ErrorClass {
///         classes::http(self.status)
///     }
///
///     fn suggested_backoff(&self) -> Option<Duration> {
///         self.retry_after
///     }
///
///     fn is_rate_limited(&self) -> bool {
///         classes::is_rate_limited(self.status, self.retry_after.is_some())
///     }
/// }
///
/// let refused = Refused { status: 429, retry_after: Some(Duration::from_secs(2)) };
/// assert_eq!(refused.classify(), ErrorClass::Retryable);
/// assert!(refused.is_rate_limited());
/// ```
pub trait RetryClassifiable {
    /// Whether another attempt may succeed, will fail in the same way, or is worth one retry.
    fn classify(&self) -> ErrorClass;

    /// The shortest wait that the other side requests, such as HTTP's `Retry-After`.
    fn suggested_backoff(&self) -> Option<Duration> {
        None
    }

    /// Whether the other side reports too many requests. It only appears in reports.
    fn is_rate_limited(&self) -> bool {
        false
    }
}

/// How [`Retrying`](super::Retrying) classifies errors.
pub trait Classify<E> {
    /// The class of an error, and the shortest wait that the other side requests.
    fn failure(&self, error: &E) -> Failure;

    /// Whether the other side reports too many requests.
    fn is_rate_limited(&self, _error: &E) -> bool {
        false
    }
}

/// Errors say it themselves, by [`RetryClassifiable`].
#[derive(Clone, Copy, Debug)]
pub struct ByTrait;

impl<E: RetryClassifiable> Classify<E> for ByTrait {
    fn failure(&self, error: &E) -> Failure {
        Failure { class: error.classify(), suggested: error.suggested_backoff() }
    }

    fn is_rate_limited(&self, error: &E) -> bool {
        error.is_rate_limited()
    }
}

/// A closure says it, by [`Retrying::classify`](super::Retrying::classify).
#[derive(Clone, Copy, Debug)]
pub struct ByClosure<F>(pub(super) F);

impl<E, F, K> Classify<E> for ByClosure<F>
where
    F: Fn(&E) -> K,
    K: Into<Failure>,
{
    fn failure(&self, error: &E) -> Failure {
        (self.0)(error).into()
    }
}

macro_rules! forwarded {
    ($($pointer:ty),*) => {
        $(impl<E: RetryClassifiable + ?Sized> RetryClassifiable for $pointer {
            fn classify(&self) -> ErrorClass {
                (**self).classify()
            }

            fn suggested_backoff(&self) -> Option<Duration> {
                (**self).suggested_backoff()
            }

            fn is_rate_limited(&self) -> bool {
                (**self).is_rate_limited()
            }
        })*
    };
}

forwarded!(&E, Box<E>, Arc<E>);

/// By the extended result code; an error of `rusqlite` itself, such as a missing row or a wrong type, is permanent.
#[cfg(feature = "sqlite")]
impl RetryClassifiable for rusqlite::Error {
    fn classify(&self) -> ErrorClass {
        self.sqlite_error()
            .map_or(ErrorClass::Permanent, |error| speckit_core::retry::classes::sqlite(error.extended_code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Limited;

    impl RetryClassifiable for Limited {
        fn classify(&self) -> ErrorClass {
            ErrorClass::Degraded
        }

        fn suggested_backoff(&self) -> Option<Duration> {
            Some(Duration::from_secs(1))
        }

        fn is_rate_limited(&self) -> bool {
            true
        }
    }

    #[test]
    fn a_pointer_forwards_to_its_error() {
        fn all_of(error: impl RetryClassifiable) -> (ErrorClass, Option<Duration>, bool) {
            (error.classify(), error.suggested_backoff(), error.is_rate_limited())
        }
        let expected = (ErrorClass::Degraded, Some(Duration::from_secs(1)), true);
        assert_eq!(all_of(&Limited), expected);
        assert_eq!(all_of(Box::new(Limited) as Box<dyn RetryClassifiable>), expected);
        assert_eq!(all_of(Arc::new(Limited)), expected);
    }

    #[test]
    #[cfg(feature = "sqlite")]
    fn an_error_of_sqlite_is_classified_by_its_extended_code() {
        let class = |code| rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None).classify();
        assert_eq!(class(517), ErrorClass::Retryable, "SQLITE_BUSY_SNAPSHOT");
        assert_eq!(class(6), ErrorClass::Permanent, "SQLITE_LOCKED");
        assert_eq!(class(262), ErrorClass::Permanent, "SQLITE_LOCKED_SHAREDCACHE");
        assert_eq!(rusqlite::Error::QueryReturnedNoRows.classify(), ErrorClass::Permanent);
    }
}
