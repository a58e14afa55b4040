//! Locks that survive a panic, and values that threads wait for.
//!
//! The standard library poisons a lock when its holder panics. The values of this crate are consistent after every statement, so the
//! next thread can use them.

use std::fmt;
use std::sync::{Condvar, MutexGuard, PoisonError};
use std::time::Duration;

use crate::os::clock;

/// A mutex that a panic does not poison.
#[derive(Default)]
pub struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    /// A mutex around a value.
    pub const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    /// Waits for the lock.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lock, or `None` if it is taken.
    #[cfg(any(feature = "agents", feature = "sqlite"))]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        use std::sync::TryLockError;

        match self.0.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A value that threads change and wait for.
#[derive(Debug, Default)]
pub(crate) struct Monitor<T> {
    value: Mutex<T>,
    changed: Condvar,
}

impl<T> Monitor<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { value: Mutex::new(value), changed: Condvar::new() }
    }

    /// Call `notify_all` after a change (or `notify_one` if one thread is enough) to wake waiting threads.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.value.lock()
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn notify_one(&self) {
        self.changed.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        self.changed.notify_all();
    }

    /// Waits until `take` returns a result, at most for `timeout`; [`Duration::MAX`] means forever.
    pub(crate) fn wait_for<R>(
        &self,
        timeout: Duration,
        mut take: impl FnMut(&mut T) -> Option<R>,
    ) -> Option<R> {
        let mut value = self.lock();
        let mut deadline = None;
        loop {
            if let Some(found) = take(&mut value) {
                return Some(found);
            }
            // A deadline that no clock can show never comes.
            let deadline = *deadline.get_or_insert_with(|| clock::now().checked_add(timeout));
            value = match deadline.map(|deadline| deadline.saturating_duration_since(clock::now())) {
                Some(Duration::ZERO) => return None,
                Some(rest) => {
                    self.changed.wait_timeout(value, rest).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(value).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn a_lock_survives_a_panic() {
        let mutex = Mutex::new(1);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            *mutex.lock() = 2;
            std::panic::resume_unwind(Box::new("under the lock"));
        }));
        assert!(panicked.is_err());
        assert_eq!(*mutex.lock(), 2);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "one thread changes what another waits for")]
    fn a_wait_ends_with_the_value_or_with_the_time() {
        let monitor = Monitor::new(0);
        let is_three = |value: &mut i32| (*value == 3).then_some("three");
        assert_eq!(monitor.wait_for(Duration::from_millis(5), is_three), None);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| monitor.wait_for(Duration::MAX, is_three));
            for value in 1..=3 {
                *monitor.lock() = value;
                monitor.notify_all();
            }
            assert_eq!(waiting.join().unwrap(), Some("three"));
        });
    }
}
