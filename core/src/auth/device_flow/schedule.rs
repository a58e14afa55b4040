//! When a login polls.

use core::time::Duration;

/// What `slow_down` adds to the interval (RFC 8628, section 3.5).
const SLOW_DOWN: Duration = Duration::from_secs(5);
/// The longest wait after failures, unless the interval is longer.
const MAX_BACKOFF: Duration = Duration::from_secs(60);

/// How an answer to a poll changes the waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// The next poll comes after the interval.
    Keep,
    /// The interval becomes longer by 5 s, or as long as the provider says if that is longer.
    SlowDown(Option<Duration>),
    /// The wait doubles, once more after each failure; after the next clear answer it is the interval again.
    BackOff,
}

/// The times of polls, by the monotonic clock.
///
/// No poll begins sooner after the previous answer than the interval, and the interval never becomes shorter. The last poll is
/// at the expiry: the one before is delayed to the expiry if the interval leaves no room for both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PollSchedule {
    interval: Duration,
    backoff: Option<Duration>,
    expires_at: Duration,
}

impl PollSchedule {
    pub(super) fn new(interval: Duration, expires_at: Duration) -> Self {
        Self { interval, backoff: None, expires_at }
    }

    /// When the code expires.
    pub(super) fn expires_at(&self) -> Duration {
        self.expires_at
    }

    /// When the first poll begins.
    pub(super) fn first(&self, now: Duration) -> Duration {
        self.fitted(now.saturating_add(self.interval)).min(self.expires_at)
    }

    /// When the next poll begins after an answer at `now`, at least `retry_after` later; `None` if the code expires before.
    pub(super) fn next(
        &mut self,
        now: Duration,
        pace: Pace,
        retry_after: Option<Duration>,
    ) -> Option<Duration> {
        let wait = match pace {
            Pace::Keep => self.interval,
            Pace::SlowDown(given) => {
                let longer = self.interval.saturating_add(SLOW_DOWN);
                self.interval = longer.max(given.unwrap_or_default());
                self.interval
            }
            Pace::BackOff => {
                let doubled = self.backoff.unwrap_or(self.interval).saturating_mul(2);
                doubled.min(MAX_BACKOFF.max(self.interval))
            }
        };
        self.backoff = (pace == Pace::BackOff).then_some(wait);
        let retry_after = retry_after.unwrap_or_default();
        let earliest = now.saturating_add(self.interval.max(retry_after));
        let next = now.saturating_add(wait.max(retry_after));
        let is_possible = now < self.expires_at && earliest <= self.expires_at;
        is_possible.then(|| self.fitted(next).min(self.expires_at))
    }

    /// The time of a poll, or the expiry if no other poll fits in between.
    fn fitted(&self, poll: Duration) -> Duration {
        if poll.saturating_add(self.interval) > self.expires_at { self.expires_at } else { poll }
    }
}
