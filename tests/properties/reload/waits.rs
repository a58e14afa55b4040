//! The laws of the wait before a retry.

use std::time::Duration;

use proptest::prelude::*;
use speckit_core::backoff::wait_before;
use speckit_core::settings::RetryConfig;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn milliseconds() -> impl Strategy<Value = u64> {
    prop_oneof![1..2000_u64, 1..=DAY_MS]
}

/// Every setting that the schema of the application allows.
fn retry() -> impl Strategy<Value = RetryConfig> {
    let multiplier =
        prop_oneof![1 => Just(1.0), 1 => 1.0..1.000_000_1_f64, 3 => 1.0..4.0_f64, 1 => 1.0..=100.0_f64];
    (milliseconds(), milliseconds(), multiplier).prop_map(
        |(initial_backoff_ms, max_backoff_ms, multiplier)| RetryConfig {
            initial_backoff_ms,
            max_backoff_ms,
            multiplier,
            ..RetryConfig::default()
        },
    )
}

/// A setting that nobody checked.
fn unchecked() -> impl Strategy<Value = RetryConfig> {
    (any::<u64>(), any::<u64>(), any::<f64>()).prop_map(|(initial_backoff_ms, max_backoff_ms, multiplier)| {
        RetryConfig { initial_backoff_ms, max_backoff_ms, multiplier, ..RetryConfig::default() }
    })
}

fn number() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 0..50_u32, 1 => any::<u32>()]
}

proptest! {
    #[test]
    fn no_wait_is_above_the_cap(config in prop_oneof![retry().boxed(), unchecked().boxed()], number in number()) {
        prop_assert!(wait_before(&config, number) <= config.max_backoff());
    }

    #[test]
    fn waits_never_shrink(config in retry(), number in number()) {
        prop_assert!(wait_before(&config, number) <= wait_before(&config, number.saturating_add(1)));
    }

    #[test]
    fn the_first_wait_is_the_first_that_was_set_or_the_cap(config in retry()) {
        let first = config.initial_backoff().min(config.max_backoff());
        prop_assert_eq!(wait_before(&config, 1), first);
        prop_assert_eq!(wait_before(&config, 0), first, "no retry is before the first");
    }

    #[test]
    fn a_wait_below_the_cap_is_the_one_before_times_the_multiplier(config in retry(), number in 1..50_u32) {
        let (one, next) = (wait_before(&config, number), wait_before(&config, number + 1));
        if next < config.max_backoff() {
            let expected = one.mul_f64(config.multiplier);
            let error = next.abs_diff(expected);
            prop_assert!(error <= Duration::from_micros(1), "{:?} after {:?}", next, one);
        }
    }
}
