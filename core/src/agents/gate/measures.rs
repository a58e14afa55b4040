//! Times and sizes, rounded for people.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

/// Whole milliseconds that have passed.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// How long something took: `40 ms`, `12.3 s`, `2 min 5 s`, `1 h 4 min`.
pub(super) fn elapsed(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match milliseconds {
        0..100 => format!("{milliseconds} ms"),
        100..120_000 => format!("{} s", tenths(milliseconds, 1000)),
        120_000..3_600_000 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// How long something has taken so far, or what is left of a wait, on a clock that runs: as [`elapsed`], but in tenths of a second
/// from the first one on, and each of them only once it is over, so that the clock is never ahead.
pub(super) fn clock(time: Duration) -> String {
    match millis(time) {
        milliseconds @ 0..120_000 => format!("{} s", tenths(milliseconds - milliseconds % 100, 1000)),
        milliseconds => elapsed(milliseconds),
    }
}

/// How much something is: `999 B`, `5.1 kB`, `1.0 GB`.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..999_950 => format!("{} kB", tenths(bytes, 1000)),
        999_950..999_950_000 => format!("{} MB", tenths(bytes, 1_000_000)),
        _ => format!("{} GB", tenths(bytes, 1_000_000_000)),
    }
}

/// The quotient with one decimal, rounded.
fn tenths(value: u64, whole: u64) -> String {
    let tenths = value.saturating_add(whole / 20) / (whole / 10);
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_have_the_unit_that_fits() {
        let times = [0, 99, 100, 349, 12_345, 119_999, 120_000, 125_999, 3_600_000, 90_061_000].map(elapsed);
        assert_eq!(
            times,
            [
                "0 ms",
                "99 ms",
                "0.1 s",
                "0.3 s",
                "12.3 s",
                "120.0 s",
                "2 min 0 s",
                "2 min 5 s",
                "1 h 0 min",
                "25 h 1 min"
            ]
        );
        let clocks = [0, 99, 100, 1999, 119_999, 120_000].map(Duration::from_millis).map(clock);
        assert_eq!(clocks, ["0.0 s", "0.0 s", "0.1 s", "1.9 s", "119.9 s", "2 min 0 s"]);
        let sizes = [0, 999, 1000, 5149, 999_949, 999_950, 1_000_000_000, u64::MAX].map(size);
        assert_eq!(
            sizes,
            ["0 B", "999 B", "1.0 kB", "5.1 kB", "999.9 kB", "1.0 MB", "1.0 GB", "18446744073.7 GB"]
        );
    }
}
