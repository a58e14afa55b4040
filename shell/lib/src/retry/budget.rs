//! A budget that many calls share.

use std::time::Duration;

use speckit_core::retry::{Budget, BudgetConfig};

use crate::os::clock::Moment;
use crate::sync::Mutex;

/// A budget for retries that the calls of all threads share, so that retries do not overload a service that is down.
///
/// Each retry takes one out; time and successes add some (see [`BudgetConfig`]). Where none is left, a call gives up with
/// [`GiveUp::Budget`](super::GiveUp::Budget). First attempts cost nothing.
///
/// ```
/// use std::io;
/// use speckit::retry::{BudgetConfig, GiveUp, RetryBudget};
/// use speckit::retry::{RetryConfig, Retrying};
///
/// let budget = RetryBudget::new(BudgetConfig { capacity: 1, per_second: 0, percent_of_successes: 10 });
/// let config = RetryConfig::default().with_max_attempts(5).with_initial_backoff_ms(1);
/// let down = || Err::<(), _>(io::Error::from(io::ErrorKind::ConnectionRefused));
/// let error = Retrying::new(&config).budget(&budget).run(down).unwrap_err();
/// assert_eq!((error.attempts(), error.why()), (2, GiveUp::Budget));
/// ```
#[derive(Debug)]
pub struct RetryBudget(Mutex<Budget>);

impl RetryBudget {
    /// A full budget.
    pub fn new(config: BudgetConfig) -> Self {
        Self(Mutex::new(Budget::new(config)))
    }

    /// How many whole retries are left.
    pub fn left(&self) -> u64 {
        self.with_time(Budget::left)
    }

    pub(super) fn succeeded(&self) {
        self.with_time(Budget::succeeded);
    }

    /// Runs with the present time, which is read under the lock so that it never goes back.
    pub(super) fn with_time<T>(&self, run: impl FnOnce(&mut Budget, Duration) -> T) -> T {
        let mut budget = self.0.lock();
        run(&mut budget, Moment::now().since_start())
    }
}

/// 100 retries, and one more each second and for every ten successes.
impl Default for RetryBudget {
    fn default() -> Self {
        Self::new(BudgetConfig::default())
    }
}
