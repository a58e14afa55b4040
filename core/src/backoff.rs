//! How long to wait between attempts.

use core::time::Duration;

use crate::settings::RetryConfig;

/// The wait before retry number `retry`, counted from 1, before jitter:
/// `initial_backoff · multiplier^(retry − 1)`, at most `max_backoff`.
///
/// ```
/// use core::time::Duration;
/// use speckit_core::{RetryConfig, backoff::wait_before};
/// let retry = RetryConfig { initial_backoff_ms: 100, max_backoff_ms: 350, multiplier: 2.0, ..Default::default() };
/// let waits: Vec<u128> = (1..=4).map(|n| wait_before(&retry, n).as_millis()).collect();
/// assert_eq!(waits, [100, 200, 350, 350]);
/// ```
pub fn wait_before(config: &RetryConfig, retry: u32) -> Duration {
    let cap = config.max_backoff();
    let growth = libm::pow(config.multiplier, f64::from(retry.saturating_sub(1)));
    let wait = config.initial_backoff().as_secs_f64() * growth;
    Duration::try_from_secs_f64(wait).map_or(cap, |wait| wait.min(cap))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_never_grows_beyond_the_cap_whatever_the_settings() {
        for multiplier in [f64::NAN, f64::INFINITY, -1.0, 0.0, 0.5, 1.0, 100.0] {
            let config = RetryConfig { multiplier, ..RetryConfig::default() };
            for retry in [0, 1, 2, 10, u32::MAX] {
                assert!(wait_before(&config, retry) <= config.max_backoff(), "{multiplier} {retry}");
            }
        }
    }
}
