//! Counts, durations and sizes for people.

use alloc::format;
use alloc::string::String;
use core::fmt;
use core::time::Duration;

/// A count with its noun: `1 key`, `2 keys`, `0 keys`.
///
/// ```
/// use speckit_core::text::count;
/// assert_eq!([0, 1, 2].map(|keys| count(keys, "key")), ["0 keys", "1 key", "2 keys"]);
/// ```
pub fn count<N: fmt::Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// As [`count`], for a number that may be large: `49,900 more errors`.
pub fn grouped_count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(&number))
}

/// A whole number with a comma before each three digits.
///
/// ```
/// assert_eq!(speckit_core::text::grouped(&49_900), "49,900");
/// ```
pub fn grouped(number: &impl fmt::Display) -> String {
    let digits = format!("{number}");
    let length = digits.len();
    let place = |(at, digit): (usize, char)| {
        let comma = (at > 0 && (length - at) % 3 == 0).then_some(',');
        comma.into_iter().chain([digit])
    };
    digits.chars().enumerate().flat_map(place).collect()
}

/// A time in the unit that fits, rounded to three digits below two minutes, and to whole units above.
///
/// ```
/// use core::time::Duration;
/// use speckit_core::text::duration;
/// let texts = [412, 1_500, 250_000, 12_345_000, 125_000_000, 3_600_000_000].map(|us| duration(Duration::from_micros(us)));
/// assert_eq!(texts, ["412 µs", "1.5 ms", "250 ms", "12.3 s", "2 min 5 s", "1 h"]);
/// ```
pub fn duration(time: Duration) -> String {
    const SECOND: u128 = 1_000_000_000;
    let nanos = time.as_nanos();
    let seconds = time.as_secs();
    match nanos {
        0 => "0 s".into(),
        1..1_000 => format!("{nanos} ns"),
        1_000..999_500 => format!("{} µs", three_digits(nanos, 1_000)),
        999_500..999_500_000 => format!("{} ms", three_digits(nanos, 1_000_000)),
        _ if nanos < 120 * SECOND => format!("{} s", three_digits(nanos, SECOND)),
        _ if seconds < 3_600 => two_units((seconds / 60, "min"), (seconds % 60, "s")),
        _ if seconds < 86_400 => two_units((seconds / 3_600, "h"), (seconds / 60 % 60, "min")),
        _ => two_units((seconds / 86_400, "d"), (seconds / 3_600 % 24, "h")),
    }
}

/// A number of bytes in the unit that fits, rounded to three digits.
///
/// ```
/// use speckit_core::text::size;
/// assert_eq!([999, 1_024, 5_222, 65_536, 1 << 20].map(size), ["999 B", "1 KiB", "5.1 KiB", "64 KiB", "1 MiB"]);
/// ```
pub fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut whole = 1_u128;
    let mut shown = format!("{bytes} B");
    for unit in units {
        whole *= 1024;
        // Below, a rounded number would have four digits.
        if u128::from(bytes) * 10_000 < whole * 9_995 {
            break;
        }
        shown = format!("{} {unit}", three_digits(bytes.into(), whole));
    }
    shown
}

fn two_units((large, large_unit): (u64, &str), (small, small_unit): (u64, &str)) -> String {
    match small {
        0 => format!("{large} {large_unit}"),
        small => format!("{large} {large_unit} {small} {small_unit}"),
    }
}

/// The quotient, rounded to three digits where it has more, without zeros at its end.
fn three_digits(value: u128, whole: u128) -> String {
    let decimals = match value / whole {
        0..10 => 2,
        10..100 => 1,
        _ => 0,
    };
    let scale = 10_u128.pow(decimals);
    let rounded = (value * scale + whole / 2) / whole;
    let (integer, fraction) = (rounded / scale, rounded % scale);
    if fraction == 0 {
        return format!("{integer}");
    }
    let width = decimals as usize;
    let text = format!("{integer}.{fraction:0width$}");
    text.trim_end_matches('0').into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_or_two_units() {
        for (nanos, text) in [
            (0, "0 s"),
            (1, "1 ns"),
            (999, "999 ns"),
            (1_000, "1 µs"),
            (999_499, "999 µs"),
            (999_500, "1 ms"),
            (1_234_567, "1.23 ms"),
            (999_499_999, "999 ms"),
            (999_500_000, "1 s"),
            (9_994_000_000, "9.99 s"),
            (119_999_999_999, "120 s"),
            (120_000_000_000, "2 min"),
            (3_599_000_000_000, "59 min 59 s"),
            (90_061_000_000_000, "1 d 1 h"),
        ] {
            assert_eq!(duration(Duration::from_nanos(nanos)), text);
        }
        assert_eq!(duration(Duration::MAX), "213503982334601 d 7 h");
    }

    #[test]
    fn sizes_have_three_digits_above_a_kibibyte() {
        let sizes = [0, 1_023, 1_024, 1_536, 102_399, 1_047_552, u64::MAX].map(size);
        assert_eq!(sizes, ["0 B", "1023 B", "1 KiB", "1.5 KiB", "100 KiB", "1023 KiB", "16 EiB"]);
    }
}
