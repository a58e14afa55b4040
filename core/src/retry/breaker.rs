//! A circuit breaker: who fails too often is left alone for a while.
//!
//! The states are those of M. Nygard, "Release It!" (2nd ed., 2018), chapter 5.

use alloc::collections::VecDeque;
use core::time::Duration;

/// When a [`Breaker`] opens, and for how long. What lies outside its range counts as the nearest within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerConfig {
    /// How many of the last calls count. At least 1.
    pub window: u32,
    /// How many calls must be known before it can open. At least 1, and at most `window`.
    pub least_calls: u32,
    /// How many of a hundred calls must have failed to open it: 1 to 100.
    pub failure_percent: u32,
    /// How long it stays open before it lets one call through.
    pub open_for: Duration,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self { window: 100, least_calls: 10, failure_percent: 50, open_for: Duration::from_secs(30) }
    }
}

/// How a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Every call goes through.
    Closed,
    /// No call goes through until that time.
    Open {
        /// When one call will be let through.
        until: Duration,
    },
    /// One call is let through, and decides.
    HalfOpen,
}

/// Leave to make one call. What became of it is told once, by [`Breaker::finished`] or [`Breaker::abandoned`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// How often the breaker had changed its state: what was begun before it last did says nothing about now.
    epoch: u64,
}

/// Counts the failures among the last calls, and lets no more through for a while where there are too many; then one call
/// is tried, and decides.
///
/// ```
/// use core::time::Duration;
/// use speckit_core::retry::breaker::{Breaker, BreakerConfig, BreakerState};
/// let mut breaker = Breaker::new(BreakerConfig { window: 4, least_calls: 2, ..BreakerConfig::default() });
/// let second = Duration::from_secs;
/// for _ in 0..2 {
///     let permit = breaker.permit(second(0)).unwrap();
///     breaker.finished(second(1), permit, false);
/// }
/// assert_eq!(breaker.permit(second(2)), Err(second(31)), "open until then");
/// let trial = breaker.permit(second(31)).unwrap();
/// assert_eq!(breaker.state(second(31)), BreakerState::HalfOpen);
/// breaker.finished(second(32), trial, true);
/// assert_eq!(breaker.state(second(32)), BreakerState::Closed);
/// ```
#[derive(Clone, Debug)]
pub struct Breaker {
    config: BreakerConfig,
    inner: Inner,
    epoch: u64,
}

#[derive(Clone, Debug)]
enum Inner {
    Closed {
        /// Of each of the last calls, whether it failed; the oldest first.
        calls: VecDeque<bool>,
        failures: u32,
    },
    Open {
        until: Duration,
    },
    /// One call is under way since that time.
    Trial {
        since: Duration,
    },
}

impl Breaker {
    /// A closed breaker.
    pub fn new(config: BreakerConfig) -> Self {
        Self { config, inner: Inner::CLOSED, epoch: 0 }
    }

    /// Asks for leave to make a call.
    ///
    /// A trial of which nothing has been heard for `open_for` is given up, and another one let through.
    ///
    /// # Errors
    /// When to ask again.
    pub fn permit(&mut self, now: Duration) -> Result<Permit, Duration> {
        match self.inner {
            Inner::Closed { .. } => {}
            Inner::Open { until } if now < until => return Err(until),
            Inner::Trial { since } if now < since.saturating_add(self.config.open_for) => {
                return Err(since.saturating_add(self.config.open_for));
            }
            Inner::Open { .. } | Inner::Trial { .. } => self.turn(Inner::Trial { since: now }),
        }
        Ok(Permit { epoch: self.epoch })
    }

    /// A call with leave has ended. A failure opens the breaker where there are too many with it, and the failure of a trial
    /// opens it again; the success of a trial closes it, and calls are counted anew. What began before the breaker last
    /// changed its state counts for nothing.
    pub fn finished(&mut self, now: Duration, permit: Permit, is_success: bool) {
        if permit.epoch != self.epoch {
            return;
        }
        match &mut self.inner {
            Inner::Closed { calls, failures } => {
                if calls.len() >= at_least_one(self.config.window) as usize && calls.pop_front() == Some(true)
                {
                    *failures -= 1;
                }
                calls.push_back(!is_success);
                *failures += u32::from(!is_success);
                let known = u64::try_from(calls.len()).unwrap_or(u64::MAX);
                let needed = u64::from(at_least_one(self.config.least_calls.min(self.config.window)));
                let percent = u64::from(self.config.failure_percent.clamp(1, 100));
                let is_too_many = u64::from(*failures) * 100 >= known * percent;
                if !is_success && known >= needed && is_too_many {
                    self.open(now);
                }
            }
            Inner::Trial { .. } if is_success => self.turn(Inner::CLOSED),
            Inner::Trial { .. } => self.open(now),
            Inner::Open { .. } => {}
        }
    }

    /// A call with leave ended without an answer that says anything, as one that was cancelled. An abandoned trial makes
    /// room for another one at once.
    pub fn abandoned(&mut self, now: Duration, permit: Permit) {
        if permit.epoch == self.epoch && matches!(self.inner, Inner::Trial { .. }) {
            self.turn(Inner::Open { until: now });
        }
    }

    /// How it stands at this time. One whose time of being open is over is half open.
    pub fn state(&self, now: Duration) -> BreakerState {
        match self.inner {
            Inner::Closed { .. } => BreakerState::Closed,
            Inner::Open { until } if now < until => BreakerState::Open { until },
            Inner::Open { .. } | Inner::Trial { .. } => BreakerState::HalfOpen,
        }
    }

    fn open(&mut self, now: Duration) {
        self.turn(Inner::Open { until: now.saturating_add(self.config.open_for) });
    }

    fn turn(&mut self, inner: Inner) {
        self.inner = inner;
        self.epoch += 1;
    }
}

impl Inner {
    const CLOSED: Self = Self::Closed { calls: VecDeque::new(), failures: 0 };
}

fn at_least_one(count: u32) -> u32 {
    count.max(1)
}
