//! Laws of `Retry-After`: it agrees with a calendar that counts day by day.

use std::time::Duration;

use proptest::prelude::*;
use speckit_core::retry::retry_after::retry_after;

const DAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The end of 2149, which is after 2100, a year without a leap day.
const LAST: u64 = 5_680_281_599;

#[derive(Clone, Copy, Debug)]
struct Date {
    year: u32,
    /// Counted from 0.
    month: usize,
    /// Counted from 1.
    day: u32,
    name: &'static str,
}

/// The date that is this many days after 1 January 1970, counted day by day.
fn date(days: u64) -> Date {
    let mut date = Date { year: 1970, month: 0, day: 1, name: DAYS[0] };
    for day in 1..=days {
        let leap =
            u32::from(matches!((date.year % 400, date.year % 100, date.year % 4), (0, ..) | (_, 1.., 0)));
        let length = [31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][date.month];
        date.day += 1;
        if date.day > length {
            (date.day, date.month) = (1, date.month + 1);
        }
        if date.month == 12 {
            (date.month, date.year) = (0, date.year + 1);
        }
        date.name = DAYS[usize::try_from(day % 7).unwrap()];
    }
    date
}

/// Prints a time since 1970 in each of the three formats.
fn print_date(seconds: u64) -> [String; 3] {
    let Date { year, month, day, name } = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let (month, short) = (MONTHS[month], &name[..3]);
    let (time, of_century) = (format!("{hour:02}:{minute:02}:{second:02}"), year % 100);
    [
        format!("{short}, {day:02} {month} {year} {time} GMT"),
        format!("{name}, {day:02}-{month}-{of_century:02} {time} GMT"),
        format!("{short} {month} {day:>2} {time} {year}"),
    ]
}

/// Texts that are almost dates.
fn damaged_date() -> impl Strategy<Value = String> {
    (0..=LAST, 0..3_usize, any::<prop::sample::Index>(), "\\PC{0,2}").prop_map(
        |(seconds, format_index, place, text)| {
            let date = &print_date(seconds % 100_000_000)[format_index];
            let place = place.index(date.len());
            format!("{}{text}{}", &date[..place], &date[(place + 1).min(date.len())..])
        },
    )
}

/// Times since 1970, many of them at the end of a February.
fn seconds() -> impl Strategy<Value = u64> {
    const TWO_MONTHS: u64 = 5_000_000;
    prop_oneof![
        4 => 0..=LAST,
        1 => 951_782_400 - TWO_MONTHS..951_782_400 + TWO_MONTHS,
        1 => 4_107_542_400 - TWO_MONTHS..4_107_542_400 + TWO_MONTHS,
    ]
}

fn now() -> impl Strategy<Value = Duration> {
    prop_oneof![0..=LAST, any::<u64>()].prop_map(Duration::from_secs)
}

proptest! {
    #[test]
    fn a_date_with_four_digits_is_read_as_it_was_printed(seconds in seconds(), now in 0..=LAST, nanos in 0..1_000_000_000_u32) {
        let now = Duration::new(now, nanos);
        let expected = Some(Duration::from_secs(seconds).saturating_sub(now));
        let [fixed, _, asctime] = print_date(seconds);
        prop_assert_eq!(retry_after(&fixed, now), expected, "{}", fixed);
        prop_assert_eq!(retry_after(&asctime, now), expected, "{}", asctime);
    }

    #[test]
    fn a_date_with_two_digits_is_read_as_it_was_printed_within_fifty_years(seconds in seconds(), offset in -1_577_800_000..1_577_800_000_i64) {
        let now = Duration::from_secs(seconds.saturating_add_signed(-offset));
        let [_, obsolete, _] = print_date(seconds);
        let expected = Some(Duration::from_secs(seconds).saturating_sub(now));
        prop_assert_eq!(retry_after(&obsolete, now), expected, "{}", obsolete);
    }

    #[test]
    fn a_date_with_two_digits_is_never_more_than_fifty_years_ahead(seconds in seconds(), now in now()) {
        let [_, obsolete, _] = print_date(seconds);
        // Fifty years have at most 13 leap days.
        let maximum = Duration::from_secs((50 * 365 + 13) * 86_400);
        prop_assert!(retry_after(&obsolete, now).is_none_or(|wait| wait <= maximum), "{obsolete}");
    }

    #[test]
    fn a_number_of_seconds_is_the_wait_at_any_time(seconds in any::<u64>(), zeros in 0..30_usize, now in now()) {
        let text = format!("{}{seconds}", "0".repeat(zeros));
        prop_assert_eq!(retry_after(&text, now), Some(Duration::from_secs(seconds)));
    }

    #[test]
    fn no_text_causes_a_panic(text in prop_oneof!["\\PC{0,40}", damaged_date()], now in now()) {
        retry_after(&text, now);
        let is_count = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b' ');
        let wait = retry_after(&text, Duration::MAX);
        prop_assert!(is_count || wait.is_none_or(|wait| wait.is_zero()), "{text}");
    }
}
