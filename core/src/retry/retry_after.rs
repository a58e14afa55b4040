//! HTTP's `Retry-After`: how long a server asks its client to wait (RFC 9110, section 10.2.3).

use core::time::Duration;

use crate::text::calendar::{DateTime, parse};

/// The wait in the value of a `Retry-After` field, from `now`, the time since the beginning of 1970 in UTC.
///
/// The value is a number of seconds, or a date in any of the three forms that a recipient must accept (RFC 9110, section
/// 5.6.7). A date that has passed gives no wait; more seconds than a [`Duration`] holds give the longest one. A year of
/// two digits is the last one with these digits that is not more than 50 years ahead. Any name of a day, letter case and
/// surrounding spaces are accepted. Any other text gives `None`.
///
/// ```
/// use core::time::Duration;
/// use speckit_core::retry::retry_after::retry_after;
/// let now = Duration::from_secs(784_111_767);
/// let ten_seconds = Some(Duration::from_secs(10));
/// assert_eq!(retry_after("10", now), ten_seconds);
/// assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), ten_seconds);
/// assert_eq!(retry_after("Sunday, 06-Nov-94 08:49:37 GMT", now), ten_seconds);
/// assert_eq!(retry_after("Sun Nov  6 08:49:37 1994", now), ten_seconds);
/// assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:17 GMT", now), Some(Duration::ZERO));
/// assert_eq!(retry_after("soon", now), None);
/// ```
pub fn retry_after(value: &str, now: Duration) -> Option<Duration> {
    let value = value.trim_matches([' ', '\t']);
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // Digits alone only fail to parse where they are too many.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    // A date before 1970 has always passed.
    let date = u64::try_from(date(value, now)?.to_unix()?).unwrap_or(0);
    Some(Duration::from_secs(date).saturating_sub(now))
}

fn date(text: &str, now: Duration) -> Option<DateTime> {
    // The present form and the obsolete one of C's `asctime`; below, that of RFC 850.
    let with_four_digits = ["%a, %d %b %Y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    if let Some(date) = with_four_digits.into_iter().find_map(|pattern| parse(text, pattern)) {
        return Some(date);
    }
    let mut date = parse(text, "%A, %d-%b-%y %H:%M:%S GMT")?;
    let now = DateTime::from_unix(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
    let in_50_years = DateTime { year: now.year + 50, ..now };
    date.year = in_50_years.year - (in_50_years.year - date.year).rem_euclid(100);
    if date > in_50_years {
        date.year -= 100;
    }
    Some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The date in seconds since the beginning of 1970.
    fn seconds(date: &str) -> Option<u64> {
        retry_after(date, Duration::ZERO).map(|wait| wait.as_secs())
    }

    #[test]
    fn dates_are_counted_as_by_other_programs() {
        for (date, expected) in [
            ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
            ("Wed, 31 Dec 1969 23:59:59 GMT", 0),
            ("Sat, 01 Jan 0000 00:00:00 GMT", 0),
            ("sat, 31 dec 2016 23:59:59 gmt", 1_483_228_799),
            (" \tFri, 31 Dec 2016 23:59:59 GMT ", 1_483_228_799),
        ] {
            assert_eq!(seconds(date), Some(expected), "{date}");
        }
    }

    #[test]
    fn a_text_that_is_neither_a_count_nor_a_date_gives_no_wait() {
        for text in [
            "",
            " ",
            "-1",
            "+1",
            "1.5",
            "1 s",
            "٣",
            "Mon, 29 Feb 2100 00:00:00 GMT",
            "Mon, 00 Mar 2100 00:00:00 GMT",
            "Mon, 31 Apr 2100 00:00:00 GMT",
            "Mon, 1 Mar 2100 00:00:00 GMT",
            "Mon, 01 Mar 100 00:00:00 GMT",
            "Mon, 01 Mar 2100 24:00:00 GMT",
            "Mon, 01 Mar 2100 00:60:00 GMT",
            "Mon, 01 Mar 2100 00:00:61 GMT",
            "Mon, 01 Mar 2100 00:00 GMT",
            "Mon, 01 Mar 2100 00:00:00",
            "Mon, 01 Mar 2100 00:00:00 UTC",
            "Mon, 01 Mar 2100 00:00:00 +0000",
            "Mon,  01 Mar 2100 00:00:00 GMT",
            "Monday, 01 Mar 2100 00:00:00 GMT",
            "Mon, 01-Mar-00 00:00:00 GMT",
            "Monday, 01-Mar-2100 00:00:00 GMT",
            "Moonday, 01-Mar-00 00:00:00 GMT",
            "Mon, 01 Mär 2100 00:00:00 GMT",
            "Mon Mar 1 00:00:00 2100",
            "Mon Mar  01 00:00:00 2100",
            "Moon Mar  1 00:00:00 2100",
            "Mon Mar  1 00:00:00 2100 GMT",
            "2100-03-01T00:00:00Z",
        ] {
            assert_eq!(retry_after(text, Duration::ZERO), None, "{text}");
        }
    }

    #[test]
    fn too_many_seconds_give_the_longest_wait() {
        let longest = Some(Duration::from_secs(u64::MAX));
        assert_eq!(retry_after("18446744073709551616", Duration::ZERO), longest);
    }

    #[test]
    fn a_year_of_two_digits_is_at_most_fifty_years_ahead() {
        for (date, now, expected) in [
            ("01-Mar-76", "01 Mar 2026 00:00:00", Some("01 Mar 2076 00:00:00")),
            ("01-Mar-76", "28 Feb 2026 23:59:59", Some("01 Mar 1976 00:00:00")),
            ("01-Mar-05", "01 Jan 1999 00:00:00", Some("01 Mar 2005 00:00:00")),
            ("29-Feb-00", "01 Jan 2000 00:00:00", Some("29 Feb 2000 00:00:00")),
            ("29-Feb-00", "01 Jan 2060 00:00:00", None), // 2100 is no leap year
        ] {
            let unix = |text: &str| seconds(&std::format!("Sun, {text} GMT")).unwrap();
            let wait =
                retry_after(&std::format!("Sunday, {date} 00:00:00 GMT"), Duration::from_secs(unix(now)));
            let expected = expected.map(|expected| unix(expected).saturating_sub(unix(now)));
            assert_eq!(wait.map(|wait| wait.as_secs()), expected, "{date} at {now}");
        }
    }
}
