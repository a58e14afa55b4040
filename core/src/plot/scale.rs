//! The steps and labels of axes, computed with integers.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

/// The smallest of 1, 2 and 5 times a power of ten that fits at most `ticks` times into `most`.
pub(crate) fn count_step(max: u64, ticks: u64) -> u64 {
    let mut unit: u64 = 1;
    loop {
        let fitting =
            [1, 2, 5].map(|of| unit.saturating_mul(of)).into_iter().find(|step| max / step <= ticks);
        match (fitting, unit.checked_mul(10)) {
            (Some(step), _) => return step,
            (None, Some(next)) => unit = next,
            (None, None) => return u64::MAX,
        }
    }
}

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// The steps of an axis of time between 20 s and a day, in seconds; others are round numbers of milliseconds or of days.
const TIME_STEPS: [u64; 12] = [30, 60, 120, 300, 600, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/// The smallest step of time, in milliseconds, that fits at most `ticks` times into `most`.
pub(crate) fn time_step(max: u64, ticks: u64) -> u64 {
    if max / 20_000 <= ticks {
        return count_step(max, ticks);
    }
    let fitting = TIME_STEPS.into_iter().map(|step| step * 1000).find(|step| max / step <= ticks);
    fitting.unwrap_or_else(|| DAY.saturating_mul(count_step(max / DAY, ticks)))
}

/// A time on an axis with this step, both in milliseconds: `1.5 s`.
pub(crate) fn time_label(at: u64, step: u64, max: u64) -> String {
    match (step, max) {
        _ if at == 0 => String::from("0"),
        (HOUR.., _) => format!("{} h", at / HOUR),
        (MINUTE.., _) => format!("{} min", at / MINUTE),
        (_, 1000..) => format!("{} s", decimal(at, 1000)),
        _ => format!("{at} ms"),
    }
}

/// A time on an axis that ends at `max`, both in nanoseconds, with as many decimals as it needs: `1.25 ms`.
#[cfg(feature = "bench")]
pub(crate) fn nanosecond_label(at: u64, max: u64) -> String {
    match max {
        _ if at == 0 => String::from("0"),
        0..10_000 => format!("{at} ns"),
        10_000..10_000_000 => format!("{} µs", decimal(at, 1_000)),
        10_000_000..10_000_000_000 => format!("{} ms", decimal(at, 1_000_000)),
        _ => format!("{} s", decimal(at, 1_000_000_000)),
    }
}

/// The quotient with as many decimals as it needs; `whole` is a power of ten.
fn decimal(value: u64, whole: u64) -> String {
    let digits = usize::try_from(whole.ilog10()).unwrap_or(0);
    let text = format!("{}.{:0digits$}", value / whole, value % whole);
    String::from(text.trim_end_matches('0').trim_end_matches('.'))
}

/// `size × value / whole`; 0 where `whole` is 0.
pub(crate) fn share(value: u64, whole: u64, size: u64) -> u64 {
    let product = u128::from(value) * u128::from(size);
    product.checked_div(whole.into()).map_or(0, |share| u64::try_from(share).unwrap_or(u64::MAX))
}

/// Whole milliseconds, rounded.
pub(crate) fn whole_ms(time: Duration) -> u64 {
    let rounded = time.saturating_add(Duration::from_micros(500)).as_millis();
    u64::try_from(rounded).unwrap_or(u64::MAX)
}

/// Milliseconds with their fraction, as JSON holds them; exact to the nanosecond up to a hundred days.
#[expect(clippy::cast_precision_loss, reason = "2^53 nanoseconds are a hundred days")]
pub(crate) fn fractional_ms(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn a_step_is_the_smallest_that_is_round() {
        for (max, step) in [(0, 1), (4, 1), (5, 2), (8, 2), (10, 5), (100, 50), (120_000, 50_000)] {
            assert_eq!(count_step(max, 3.max(4.min(max))), step, "{max}");
        }
        assert_eq!(count_step(u64::MAX, 4), 5_000_000_000_000_000_000);
        assert_eq!(count_step(u64::MAX, 0), u64::MAX);
    }

    #[test]
    fn times_have_the_unit_of_their_axis() {
        let labels = |max: u64, ticks| {
            let step = time_step(max, ticks);
            (0..=max / step).map(|n| time_label(n * step, step, max)).collect::<Vec<_>>()
        };
        assert_eq!(labels(100, 4), ["0", "50 ms", "100 ms"]);
        assert_eq!(labels(2300, 3), ["0", "1 s", "2 s"]);
        assert_eq!(labels(1300, 4), ["0", "0.5 s", "1 s"]);
        assert_eq!(labels(100_000, 4), ["0", "30 s", "60 s", "90 s"]);
        assert_eq!(labels(300_000, 4), ["0", "2 min", "4 min"]);
        assert_eq!(labels(86_400_000, 4), ["0", "6 h", "12 h", "18 h", "24 h"]);
        assert!((2..=4).contains(&labels(u64::MAX, 3).len()), "however long");
    }

    #[cfg(feature = "bench")]
    #[test]
    fn nanoseconds_have_the_unit_of_their_axis() {
        let labels =
            [(0, 5), (250, 9_999), (250, 10_000), (1_250_000, 20_000_000), (1_500_000_000, 10_000_000_000)]
                .map(|(at, max)| nanosecond_label(at, max));
        assert_eq!(labels, ["0", "250 ns", "0.25 µs", "1.25 ms", "1.5 s"]);
    }

    #[test]
    fn a_share_neither_overflows_nor_divides_by_zero() {
        assert_eq!(share(u64::MAX, u64::MAX, u64::MAX), u64::MAX);
        assert_eq!((share(1, 3, 100), share(0, 0, 5)), (33, 0));
    }

    #[test]
    fn times_are_rounded_for_people_and_whole_for_programs() {
        assert_eq!((whole_ms(Duration::from_micros(1500)), whole_ms(Duration::from_micros(1499))), (2, 1));
        assert_eq!(fractional_ms(Duration::from_nanos(99_338_424)), 99.338424);
    }
}
