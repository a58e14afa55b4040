//! Formats the times and sizes of a gate.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use crate::text::duration;
pub(super) use crate::text::size;

/// Whole milliseconds.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// An elapsed time as text.
pub(super) fn elapsed(milliseconds: u64) -> String {
    duration(Duration::from_millis(milliseconds))
}

/// A running clock or countdown in tenths of a second, rounded down so that it is never ahead.
pub(super) fn clock(time: Duration) -> String {
    match time.as_secs() {
        0..120 => format!("{}.{} s", time.as_secs(), time.subsec_millis() / 100),
        _ => duration(Duration::from_secs(time.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_shows_tenths_and_is_never_ahead() {
        let clocks = [0, 99, 100, 1999, 119_999, 120_999].map(Duration::from_millis).map(clock);
        assert_eq!(clocks, ["0.0 s", "0.0 s", "0.1 s", "1.9 s", "119.9 s", "2 min"]);
    }
}
