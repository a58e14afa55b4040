//! How the lock of a storage is waited for.

use crate::retry::backoff::{Schedule, schedule};
use crate::retry::{RetryConfig, Seed};

/// The waits before each further attempt to lock the storage of a login, which another process holds: from 10 ms to 250 ms, together
/// at most 30 s. The seed spreads the attempts of many processes.
pub fn lock_waits(seed: Seed) -> Schedule {
    // The deadline is reached first.
    let config = RetryConfig::default()
        .with_max_attempts(1000)
        .with_initial_backoff_ms(10)
        .with_max_backoff_ms(250)
        .with_deadline_ms(30_000);
    schedule(&config, seed, "auth/lock")
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    #[test]
    fn the_waits_end_after_30_s_with_short_steps() {
        for seed in 0..20 {
            let waits: alloc::vec::Vec<Duration> = lock_waits(Seed::new(seed)).collect();
            let waited: Duration = waits.iter().sum();
            assert!(waited > Duration::from_secs(29) && waited <= Duration::from_secs(30), "{waited:?}");
            assert!(waits.iter().all(|wait| *wait <= Duration::from_millis(250)));
        }
        let first = |seed| lock_waits(Seed::new(seed)).next();
        assert_ne!(first(1), first(2), "two processes do not come at the same time");
    }
}
