//! The wait between two attempts: exponential backoff with jitter.
//!
//! The wait grows by a factor, is capped, and then randomized, so that clients that failed together do not come back
//! together (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015, which names the kinds
//! of jitter).

use core::time::Duration;

use crate::retry::{Jitter, RandomStream, RetryConfig, Seed};

/// The wait before retry number `retry`, counted from 1, before jitter:
/// `initial_backoff · multiplier^(retry − 1)`, at most `max_backoff`. Retry 0 counts as the first.
///
/// The multiplier of valid settings is at least 1, so waits never shrink from one retry to the next. A smaller one makes
/// them shrink; NaN gives `max_backoff`.
///
/// ```
/// use core::time::Duration;
/// use speckit_core::retry::RetryConfig;
/// use speckit_core::retry::backoff::wait_before;
/// let retry = RetryConfig::default().with_initial_backoff_ms(100).with_max_backoff_ms(350).with_multiplier(2.0);
/// let waits: Vec<u128> = (1..=4).map(|n| wait_before(&retry, n).as_millis()).collect();
/// assert_eq!(waits, [100, 200, 350, 350]);
/// ```
pub fn wait_before(config: &RetryConfig, retry: u32) -> Duration {
    Duration::from_nanos(nanos_before(config, retry))
}

/// The waits of one call, randomized from a seed.
///
/// Each draw takes the settings, so that a running call follows a reload. Equal seeds, labels and settings give equal
/// waits, on every platform.
///
/// ```
/// use speckit_core::retry::{RetryConfig, Seed};
/// use speckit_core::retry::backoff::Backoff;
/// let config = RetryConfig::default().with_max_attempts(4);
/// let mut backoff = Backoff::new(Seed::new(42), "retry/store");
/// let waits: Vec<u128> = (1..=3).map(|retry| backoff.wait(&config, retry).as_millis()).collect();
/// assert_eq!(waits, [99, 62, 338]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backoff {
    stream: RandomStream,
    /// The last wait, in nanoseconds, from which a decorrelated one is drawn.
    last: Option<u64>,
}

impl Backoff {
    /// The waits for a seed; different labels give different waits.
    pub fn new(seed: Seed, label: &str) -> Self {
        Self { stream: seed.stream(label), last: None }
    }

    /// Draws the wait before retry number `retry`, counted from 1. It is never above `max_backoff`.
    ///
    /// A decorrelated wait depends on the last wait and not on `retry`; it is never below
    /// `initial_backoff`, or below `max_backoff` if that is smaller.
    #[inline]
    pub fn wait(&mut self, config: &RetryConfig, retry: u32) -> Duration {
        let wait = match config.jitter {
            Jitter::None => nanos_before(config, retry),
            Jitter::Full => self.stream.up_to(nanos_before(config, retry)),
            Jitter::Equal => {
                let wait = nanos_before(config, retry);
                self.stream.between(wait / 2, wait)
            }
            Jitter::Decorrelated => {
                let cap = nanos_of_millis(config.max_backoff_ms);
                let min = nanos_of_millis(config.initial_backoff_ms).min(cap);
                let max = self.last.unwrap_or(min).saturating_mul(3).min(cap);
                self.stream.between(min, max)
            }
        };
        self.last = Some(wait);
        Duration::from_nanos(wait)
    }
}

/// The waits of a call in which every attempt takes no time and fails: at most `max_attempts − 1`, and together at most the
/// deadline. The iterator ends when the next wait would end after the deadline, or no time is left. The waits equal those
/// of [`Retry::failed`](crate::retry::Retry::failed).
///
/// ```
/// use speckit_core::retry::{Jitter, RetryConfig, Seed};
/// use speckit_core::retry::backoff::schedule;
/// let config = RetryConfig::default().with_jitter(Jitter::None).with_max_attempts(10).with_deadline_ms(1000);
/// let waits: Vec<u128> = schedule(&config, Seed::new(0), "retry").map(|wait| wait.as_millis()).collect();
/// assert_eq!(waits, [100, 200, 400], "800 more would be over the deadline");
/// ```
pub fn schedule(config: &RetryConfig, seed: Seed, label: &str) -> Schedule {
    Schedule { config: *config, backoff: Backoff::new(seed, label), retry: 0, waited: Duration::ZERO }
}

/// The waits of [`schedule`].
#[derive(Clone, Debug)]
pub struct Schedule {
    config: RetryConfig,
    backoff: Backoff,
    retry: u32,
    waited: Duration,
}

impl Iterator for Schedule {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        if self.retry + 1 >= self.config.max_attempts {
            return None;
        }
        let wait = self.backoff.wait(&self.config, self.retry + 1);
        let left = self.config.deadline().saturating_sub(self.waited);
        if wait > left || left.is_zero() {
            // The call gives up here, so the iterator stays finished.
            self.config.max_attempts = 0;
            return None;
        }
        self.retry += 1;
        self.waited += wait;
        Some(wait)
    }
}

fn nanos_of_millis(count: u64) -> u64 {
    count.saturating_mul(1_000_000)
}

/// The wait before jitter in nanoseconds.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a conversion to an integer saturates and turns NaN into 0, and the cap bounds the result"
)]
fn nanos_before(config: &RetryConfig, retry: u32) -> u64 {
    let (initial, cap) = (nanos_of_millis(config.initial_backoff_ms), nanos_of_millis(config.max_backoff_ms));
    if config.multiplier.is_nan() {
        return cap;
    }
    let wait = initial as f64 * power(config.multiplier, retry.saturating_sub(1));
    if wait >= cap as f64 { cap } else { (wait as u64).min(cap) }
}

/// `base^exponent` by repeated squaring: multiplications round in the same way on every platform.
#[inline]
fn power(mut base: f64, mut exponent: u32) -> f64 {
    let mut power = 1.0;
    while exponent > 0 {
        if exponent & 1 == 1 {
            power *= base;
        }
        base *= base;
        exponent >>= 1;
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn schedules_are_the_same_on_every_platform() {
        let of = |jitter| {
            let config = RetryConfig { jitter, max_attempts: 6, ..RetryConfig::default() };
            schedule(&config, Seed::new(42), "retry").map(|wait| wait.as_nanos()).collect::<Vec<_>>()
        };
        assert_eq!(of(Jitter::None), [100_000_000, 200_000_000, 400_000_000, 800_000_000, 1_600_000_000]);
        assert_eq!(of(Jitter::Full), [99338424, 84863465, 62332702, 17253624, 450735091]);
        assert_eq!(of(Jitter::Equal), [99669212, 142431732, 231166351, 408626812, 1025367545]);
        assert_eq!(of(Jitter::Decorrelated), [298676848, 437769550, 289072018, 116546571, 170325861]);
    }
}
