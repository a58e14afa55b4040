//! A circuit breaker: calls that fail too often are rejected for a while.
//!
//! The states are those of M. Nygard, "Release It!" (2nd ed., 2018), chapter 5.

use alloc::collections::VecDeque;
use core::time::Duration;

/// When a [`Breaker`] opens, and for how long. A value out of its range counts as the nearest one within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerConfig {
    /// How many of the last calls count. At least 1.
    pub window: u32,
    /// How many calls must have ended before it can open. At least 1, and at most `window`.
    pub min_calls: u32,
    /// The percentage of failed calls that opens it: 1 to 100.
    pub failure_percent: u32,
    /// How long it stays open before it allows one call.
    pub open_for: Duration,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self { window: 100, min_calls: 10, failure_percent: 50, open_for: Duration::from_secs(30) }
    }
}

/// The state of a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Every call goes through.
    Closed,
    /// Calls are rejected until that time.
    Open {
        /// When one call is allowed.
        until: Duration,
    },
    /// One call is allowed, and its result decides.
    HalfOpen,
}

/// The permit for one call. Report its end once, by [`Breaker::finished`] or [`Breaker::abandoned`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// How often the breaker had changed its state. A call from before the last change does not count.
    epoch: u64,
}

/// Counts the failures among the last calls and rejects calls for a while where there are too many; then one trial call
/// decides.
///
/// ```
/// use core::time::Duration;
/// use speckit_core::retry::breaker::{Breaker, BreakerConfig, BreakerState};
/// let mut breaker = Breaker::new(BreakerConfig { window: 4, min_calls: 2, ..BreakerConfig::default() });
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
    phase: BreakerPhase,
    epoch: u64,
}

#[derive(Clone, Debug)]
enum BreakerPhase {
    Closed {
        /// Of each of the last calls, whether it failed; the oldest first.
        calls: VecDeque<bool>,
        failures: u32,
    },
    Open {
        until: Duration,
    },
    /// One call is running since that time.
    Trial {
        since: Duration,
    },
}

impl Breaker {
    /// A closed breaker.
    pub fn new(config: BreakerConfig) -> Self {
        Self { config, phase: BreakerPhase::CLOSED, epoch: 0 }
    }

    /// Requests the permit for a call.
    ///
    /// A trial that has not ended within `open_for` is given up, and another one is allowed.
    ///
    /// # Errors
    /// When to request it again.
    pub fn permit(&mut self, now: Duration) -> Result<Permit, Duration> {
        match self.phase {
            BreakerPhase::Closed { .. } => {}
            BreakerPhase::Open { until } if now < until => return Err(until),
            BreakerPhase::Trial { since } if now < since.saturating_add(self.config.open_for) => {
                return Err(since.saturating_add(self.config.open_for));
            }
            BreakerPhase::Open { .. } | BreakerPhase::Trial { .. } => {
                self.enter(BreakerPhase::Trial { since: now })
            }
        }
        Ok(Permit { epoch: self.epoch })
    }

    /// A permitted call has ended. A failure opens the breaker if there are now too many, and the failure of a trial opens
    /// it again; the success of a trial closes it and resets the counts. A call from before the last change of state does not
    /// count.
    pub fn finished(&mut self, now: Duration, permit: Permit, is_success: bool) {
        if permit.epoch != self.epoch {
            return;
        }
        match &mut self.phase {
            BreakerPhase::Closed { calls, failures } => {
                if calls.len() >= self.config.window.max(1) as usize && calls.pop_front() == Some(true) {
                    *failures -= 1;
                }
                calls.push_back(!is_success);
                *failures += u32::from(!is_success);
                let known = u64::try_from(calls.len()).unwrap_or(u64::MAX);
                let needed = u64::from(self.config.min_calls.min(self.config.window).max(1));
                let percent = u64::from(self.config.failure_percent.clamp(1, 100));
                let is_too_many = u64::from(*failures) * 100 >= known * percent;
                if !is_success && known >= needed && is_too_many {
                    self.open(now);
                }
            }
            BreakerPhase::Trial { .. } if is_success => self.enter(BreakerPhase::CLOSED),
            BreakerPhase::Trial { .. } => self.open(now),
            BreakerPhase::Open { .. } => {}
        }
    }

    /// A permitted call ended without a result that counts, such as a cancelled one. Another trial is allowed at once after an
    /// abandoned one.
    pub fn abandoned(&mut self, now: Duration, permit: Permit) {
        if permit.epoch == self.epoch && matches!(self.phase, BreakerPhase::Trial { .. }) {
            self.enter(BreakerPhase::Open { until: now });
        }
    }

    /// The state at this time. An open breaker is half open once its time is over.
    pub fn state(&self, now: Duration) -> BreakerState {
        match self.phase {
            BreakerPhase::Closed { .. } => BreakerState::Closed,
            BreakerPhase::Open { until } if now < until => BreakerState::Open { until },
            BreakerPhase::Open { .. } | BreakerPhase::Trial { .. } => BreakerState::HalfOpen,
        }
    }

    fn open(&mut self, now: Duration) {
        self.enter(BreakerPhase::Open { until: now.saturating_add(self.config.open_for) });
    }

    fn enter(&mut self, phase: BreakerPhase) {
        self.phase = phase;
        self.epoch += 1;
    }
}

impl BreakerPhase {
    const CLOSED: Self = Self::Closed { calls: VecDeque::new(), failures: 0 };
}
