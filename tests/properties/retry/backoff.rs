//! Laws of the waits between attempts.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use speckit_core::retry::backoff::{Backoff, schedule, wait_before};
use speckit_core::retry::{Jitter, RetryConfig, Seed};

use super::seed::assert_even;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const JITTERS: [Jitter; 4] = [Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Decorrelated];

fn milliseconds() -> impl Strategy<Value = u64> {
    prop_oneof![1..20_u64, 1..2000_u64, 1..=DAY_MS]
}

/// Every setting that the schema of the application allows.
fn valid_config() -> impl Strategy<Value = RetryConfig> {
    let multiplier = prop_oneof![
        1 => Just(1.0), 1 => 1.0..1.000_000_1_f64, 1 => Just(2.0), 3 => 1.0..4.0_f64, 1 => 1.0..=100.0_f64
    ];
    let attempts = prop_oneof![3 => 1..12_u32, 1 => 1..=1000_u32];
    config_of(attempts, milliseconds, multiplier)
}

/// Settings that the schema may not allow.
fn invalid_config() -> impl Strategy<Value = RetryConfig> {
    let count = || prop_oneof![Just(0), Just(u64::MAX), 0..10_u64, any::<u64>()];
    let multiplier = prop_oneof![
        select(
            &[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, -2.0, f64::MIN_POSITIVE, f64::MAX][..]
        ),
        0.0..1.0_f64,
        any::<f64>()
    ];
    config_of(0..20_u32, count, multiplier)
}

fn config_of<M: Strategy<Value = u64>>(
    attempts: impl Strategy<Value = u32>,
    millis: impl Fn() -> M,
    multiplier: impl Strategy<Value = f64>,
) -> impl Strategy<Value = RetryConfig> {
    (attempts, millis(), millis(), multiplier, select(&JITTERS[..]), millis()).prop_map(
        |(max_attempts, initial_backoff_ms, max_backoff_ms, multiplier, jitter, deadline_ms)| {
            RetryConfig::default()
                .with_max_attempts(max_attempts)
                .with_initial_backoff_ms(initial_backoff_ms)
                .with_max_backoff_ms(max_backoff_ms)
                .with_multiplier(multiplier)
                .with_jitter(jitter)
                .with_deadline_ms(deadline_ms)
        },
    )
}

/// Valid and invalid settings.
pub(crate) fn configs() -> impl Strategy<Value = RetryConfig> {
    prop_oneof![4 => valid_config().boxed(), 1 => invalid_config().boxed()]
}

fn number() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 0..50_u32, 2 => 0..=1000_u32, 1 => any::<u32>()]
}

fn waits(config: &RetryConfig, seed: u64, label: &str) -> Vec<Duration> {
    schedule(config, Seed::new(seed), label).take(2000).collect()
}

/// The shortest and the longest wait that the jitter may draw.
fn bounds(config: &RetryConfig, retry: u32, last: Option<Duration>) -> (Duration, Duration) {
    let wait = wait_before(config, retry);
    match config.jitter {
        Jitter::None => (wait, wait),
        Jitter::Full => (Duration::ZERO, wait),
        Jitter::Equal => (wait / 2, wait),
        Jitter::Decorrelated => {
            let first = config.initial_backoff().min(config.max_backoff());
            let maximum = last.unwrap_or(first).saturating_mul(3).min(config.max_backoff());
            (first, maximum.max(first))
        }
    }
}

/// Limits a duration to 2⁶⁴ − 1 nanoseconds, as the core does.
fn limit_to_core(duration: Duration) -> Duration {
    duration.min(Duration::from_nanos(u64::MAX))
}

proptest! {
    #[test]
    fn no_wait_is_above_the_cap(config in configs(), number in number(), seed in any::<u64>()) {
        prop_assert!(wait_before(&config, number) <= config.max_backoff());
        let mut backoff = Backoff::new(Seed::new(seed), "cap");
        for retry in [number, 1, 2, number.saturating_add(1)] {
            prop_assert!(backoff.wait(&config, retry) <= config.max_backoff());
        }
    }

    #[test]
    fn waits_never_decrease(config in valid_config(), number in 0..=1000_u32) {
        prop_assert!(wait_before(&config, number) <= wait_before(&config, number + 1));
    }

    #[test]
    fn a_greater_setting_never_gives_a_shorter_wait(config in valid_config(), other in valid_config(), number in number()) {
        let wait = wait_before(&config, number);
        let longer = [
            config.with_initial_backoff_ms(config.initial_backoff_ms.max(other.initial_backoff_ms)),
            config.with_max_backoff_ms(config.max_backoff_ms.max(other.max_backoff_ms)),
            config.with_multiplier(config.multiplier.max(other.multiplier)),
        ];
        for longer in longer {
            prop_assert!(wait_before(&longer, number) >= wait, "{longer:?}");
        }
    }

    #[test]
    fn the_first_wait_is_the_initial_backoff_or_the_cap(config in valid_config()) {
        let first = config.initial_backoff().min(config.max_backoff());
        prop_assert_eq!(wait_before(&config, 1), first);
        prop_assert_eq!(wait_before(&config, 0), first, "0 counts as the first retry");
    }

    #[test]
    fn a_wait_is_the_first_wait_multiplied_repeatedly(config in valid_config(), number in 1..=1000_u32) {
        let cap = config.max_backoff().as_secs_f64();
        let mut expected = config.initial_backoff().as_secs_f64();
        for _ in 1..number {
            expected = (expected * config.multiplier).min(cap);
        }
        let actual = wait_before(&config, number).as_secs_f64();
        // A wait is rounded down to whole nanoseconds.
        let error = (actual - expected.min(cap)).abs();
        prop_assert!(error <= expected * 1e-9 + 1e-9, "{actual} is not {expected}");
    }

    #[test]
    fn a_wait_of_a_whole_multiplier_is_exact(config in valid_config(), multiplier in 1..=100_u8, number in 1..=1000_u32) {
        let multiplier = if multiplier > 50 { multiplier } else { 1 << (multiplier % 7) };
        let config = config.with_multiplier(multiplier.into());
        let cap = config.max_backoff().as_nanos();
        let mut expected = config.initial_backoff().as_nanos();
        for _ in 1..number {
            expected = (expected * u128::from(multiplier)).min(cap);
        }
        prop_assert_eq!(wait_before(&config, number).as_nanos(), expected.min(cap));
    }

    #[test]
    fn equal_seeds_labels_and_settings_give_equal_schedules(config in configs(), seed in any::<u64>(), label in "[a-z/]{0,9}") {
        prop_assert_eq!(waits(&config, seed, &label), waits(&config, seed, &label));
    }

    #[test]
    fn another_seed_or_label_gives_other_waits(config in valid_config(), seed in any::<u64>()) {
        // Ten waits from ranges of at least a million nanoseconds are not equal by chance.
        let config = config.with_max_backoff_ms(DAY_MS).with_multiplier(config.multiplier.max(1.1));
        let draw_waits = |seed: u64, label: &str| {
            let mut backoff = Backoff::new(Seed::new(seed), label);
            (1..=10).map(|retry| backoff.wait(&config, retry)).collect::<Vec<_>>()
        };
        let is_random = config.jitter != Jitter::None;
        prop_assert_eq!(draw_waits(seed, "one") != draw_waits(seed, "other"), is_random);
        prop_assert_eq!(draw_waits(seed, "one") != draw_waits(!seed, "one"), is_random);
    }

    #[test]
    fn each_wait_lies_within_the_bounds_of_its_jitter(
        settings in prop::collection::vec((configs(), number()), 1..20),
        seed in any::<u64>(),
    ) {
        let mut backoff = Backoff::new(Seed::new(seed), "bounds");
        let mut last = None;
        for (config, retry) in settings {
            let (minimum, maximum) = bounds(&config, retry, last);
            let wait = backoff.wait(&config, retry);
            prop_assert!((limit_to_core(minimum)..=limit_to_core(maximum)).contains(&wait), "{wait:?} is not in {minimum:?}..={maximum:?}: {config:?}");
            last = Some(wait);
        }
    }

    #[test]
    fn a_schedule_fills_the_deadline_and_the_attempts(config in configs(), seed in any::<u64>()) {
        let waits = waits(&config, seed, "length");
        let sum: Duration = waits.iter().sum();
        prop_assert!(sum <= config.deadline());
        let retries = u32::try_from(waits.len()).unwrap();
        prop_assert!(retries <= config.max_attempts.saturating_sub(1));
        // The waits equal those of an endless series, and the next one did not fit.
        let mut backoff = Backoff::new(Seed::new(seed), "length");
        for (retry, wait) in (1..).zip(&waits) {
            prop_assert_eq!(backoff.wait(&config, retry), *wait);
        }
        if retries + 1 < config.max_attempts {
            let next = backoff.wait(&config, retries + 1);
            prop_assert!(sum + next > config.deadline() || sum == config.deadline(), "{next:?} after {sum:?}: {config:?}");
        }
    }

    #[test]
    fn a_schedule_that_has_ended_gives_no_more_waits(config in configs(), seed in any::<u64>()) {
        let mut schedule = schedule(&config, Seed::new(seed), "end");
        while schedule.next().is_some() {}
        prop_assert!((0..10).all(|_| schedule.next().is_none()));
    }
}

const DRAWS: u32 = 100_000;

/// Draws of a jitter before the first retry, as fractions of the wait of 100 ms.
fn draw_waits(jitter: Jitter, seed: u64) -> Vec<f64> {
    let config = RetryConfig::default().with_jitter(jitter);
    let mut backoff = Backoff::new(Seed::new(seed), "uniform");
    (0..DRAWS).map(|_| backoff.wait(&config, 1).as_secs_f64() / 0.1).collect()
}

/// The greatest difference between the actual and the expected share of draws below a number: D of Kolmogorov and Smirnov.
fn greatest_distance(mut draws: Vec<f64>, minimum: f64, maximum: f64) -> f64 {
    draws.sort_by(f64::total_cmp);
    let count = f64::from(DRAWS);
    let mut greatest = 0.0_f64;
    for (below, draw) in (0..DRAWS).map(f64::from).zip(draws) {
        let expected = (draw - minimum) / (maximum - minimum);
        greatest = greatest.max(expected - below / count).max((below + 1.0) / count - expected);
    }
    greatest
}

#[test]
fn full_and_equal_jitter_are_even_over_their_ranges() {
    // Random draws exceed this value once in a thousand times.
    let critical_value = 1.95 / f64::from(DRAWS).sqrt();
    for seed in 1..=5 {
        for (jitter, minimum) in [(Jitter::Full, 0.0), (Jitter::Equal, 0.5)] {
            let distance = greatest_distance(draw_waits(jitter, seed), minimum, 1.0);
            assert!(
                distance < critical_value,
                "{jitter:?} of seed {seed}: {distance:.5} is above {critical_value:.5}"
            );
        }
    }
}

#[test]
fn each_thousandth_of_a_range_is_drawn_equally_often() {
    for (jitter, minimum) in [(Jitter::Full, 0.0), (Jitter::Equal, 0.5)] {
        let mut counts = vec![0_u32; 1000];
        for draw in draw_waits(jitter, 42) {
            let cell = (draw - minimum) / (1.0 - minimum) * 1000.0;
            counts[(cell as usize).min(999)] += 1;
        }
        assert_even(&counts, &format!("{jitter:?}"));
    }
}

#[test]
fn a_decorrelated_wait_is_even_from_the_first_to_three_times_the_last() {
    let config = RetryConfig::default().with_jitter(Jitter::Decorrelated);
    let mut counts = vec![0_u32; 100];
    for seed in 0..20_000 {
        let mut backoff = Backoff::new(Seed::new(seed), "decorrelated");
        let mut last = Duration::from_millis(100);
        for retry in 1..=4 {
            let wait = backoff.wait(&config, retry);
            let (minimum, maximum) = (0.1, (last * 3).min(config.max_backoff()).as_secs_f64());
            let cell = (wait.as_secs_f64() - minimum) / (maximum - minimum) * 100.0;
            counts[(cell as usize).min(99)] += 1;
            last = wait;
        }
    }
    assert_even(&counts, "the position in the range");
}
