//! A budget for retries that many calls share: a token bucket.

use core::time::Duration;

/// How large a [`Budget`] is, and how it fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetConfig {
    /// How many retries it holds when it is full; it begins full. At least 1.
    pub capacity: u32,
    /// Retries added per second, so that a service that fails for long is still retried from time to time. With 0, only successes
    /// fill the budget.
    pub per_second: u32,
    /// Percent of a retry added per success: 10 allows one retry for ten successes.
    pub percent_of_successes: u32,
}

impl Default for BudgetConfig {
    fn default() -> Self {
        Self { capacity: 100, per_second: 1, percent_of_successes: 10 }
    }
}

/// A budget for retries that many calls share, so that retries do not overload a service that is down: each retry takes a
/// token, time and successes add some.
///
/// ```
/// use core::time::Duration;
/// use speckit_core::retry::{Budget, BudgetConfig};
/// let mut budget = Budget::new(BudgetConfig { capacity: 2, per_second: 1, percent_of_successes: 50 });
/// let now = Duration::ZERO;
/// assert!(budget.withdraw(now) && budget.withdraw(now));
/// assert!(!budget.withdraw(now), "two retries are all");
/// budget.succeeded(now);
/// budget.succeeded(now);
/// assert!(budget.withdraw(now), "two successes give half a retry each");
/// assert!(budget.withdraw(Duration::from_secs(1)), "and each second gives one");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    config: BudgetConfig,
    /// In billionths of a retry, so that the nanoseconds of the clock are whole numbers of them.
    tokens: u64,
    /// When it was last filled.
    filled: Option<Duration>,
}

const TOKEN: u64 = 1_000_000_000;

impl Budget {
    /// A full budget.
    pub fn new(config: BudgetConfig) -> Self {
        let mut budget = Self { config, tokens: 0, filled: None };
        budget.tokens = budget.max();
        budget
    }

    /// Takes one retry out, at this time of a clock; `false` where none is left.
    ///
    /// A clock that goes back adds nothing until it is past its latest time.
    pub fn withdraw(&mut self, now: Duration) -> bool {
        self.fill(now);
        match self.tokens.checked_sub(TOKEN) {
            Some(rest) => {
                self.tokens = rest;
                true
            }
            None => false,
        }
    }

    /// A call succeeded, at this time of the same clock.
    pub fn succeeded(&mut self, now: Duration) {
        self.fill(now);
        self.add(u64::from(self.config.percent_of_successes) * (TOKEN / 100));
    }

    /// How many whole retries are left at this time.
    pub fn left(&mut self, now: Duration) -> u64 {
        self.fill(now);
        self.tokens / TOKEN
    }

    /// Adds the retries for the time since it was last filled.
    fn fill(&mut self, now: Duration) {
        let filled = *self.filled.get_or_insert(now);
        if let Some(passed) = now.checked_sub(filled) {
            self.filled = Some(now);
            let nanos = u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX);
            self.add(nanos.saturating_mul(u64::from(self.config.per_second)));
        }
    }

    fn add(&mut self, tokens: u64) {
        self.tokens = self.tokens.saturating_add(tokens).min(self.max());
    }

    fn max(&self) -> u64 {
        u64::from(self.config.capacity.max(1)) * TOKEN
    }
}
