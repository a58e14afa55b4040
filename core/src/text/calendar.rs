//! Dates of the Gregorian calendar with a time, as numbers and as text.

use alloc::format;
use alloc::string::String;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const DAY_NAMES: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const DAY_ABBREVIATIONS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTH_ABBREVIATIONS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A date with a time, compared by their fields in this order. The date may not exist in the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DateTime {
    pub(crate) year: i64,
    /// From 1, January.
    pub(crate) month: i64,
    /// From 1.
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    /// From 0 to 60, a leap second.
    pub(crate) second: i64,
}

impl DateTime {
    /// The date and time of the seconds since 1970-01-01T00:00:00.
    pub(crate) fn from_unix(seconds: i64) -> Self {
        // Years are counted from 1 March 0000, so that a leap day is the last of its year; 146097 days are 400 years.
        let days = seconds.div_euclid(DAY) + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        // 153 days are the five months from March to July, and from August to December.
        let month = (5 * of_year + 2) / 153;
        let second = seconds.rem_euclid(DAY);
        Self {
            year: era * 400 + year + month / 10,
            month: (month + 2) % 12 + 1,
            day: of_year - (153 * month + 2) / 5 + 1,
            hour: second / HOUR,
            minute: second % HOUR / MINUTE,
            second: second % MINUTE,
        }
    }

    /// The seconds since 1970-01-01T00:00:00, a leap second as the first of the next minute; `None` for a date that does
    /// not exist.
    pub(crate) fn to_unix(self) -> Option<i64> {
        let (year, month) = (self.year - i64::from(self.month < 3), (self.month + 9) % 12);
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        let days = 365 * year + leap_days + (153 * month + 2) / 5 + self.day - 1 - 719_468;
        let midnight = days.checked_mul(DAY)?;
        let Self { year, month, day, .. } = Self::from_unix(midnight);
        let seconds = midnight.checked_add(self.hour * HOUR + self.minute * MINUTE + self.second)?;
        ((year, month, day) == (self.year, self.month, self.day)).then_some(seconds)
    }
}

/// Parses a text by a pattern, which begins with a field; `None` if the text does not match.
///
/// As in `strptime`, `%Y`, `%m`, `%d`, `%H`, `%M` and `%S` are numbers of all their digits, `%y` is a year of two digits,
/// `%e` a day with a space in place of a leading zero, `%b` a short month, and `%a` and `%A` a short and a long name of any
/// day. Other characters match themselves, in any case. Fields that the pattern lacks are those of 1970-01-01T00:00:00.
pub(crate) fn parse(text: &str, pattern: &str) -> Option<DateTime> {
    parse_start(text, pattern).and_then(|(read, rest)| rest.is_empty().then_some(read))
}

/// Parses the start of a text by a pattern, and returns the rest.
pub(crate) fn parse_start<'a>(text: &'a str, pattern: &str) -> Option<(DateTime, &'a str)> {
    let mut read = DateTime::from_unix(0);
    let mut rest = text;
    for part in pattern.split('%').skip(1) {
        let (field, literal) = part.split_at_checked(1)?;
        match field {
            "Y" => read.year = number(&mut rest, 4)?,
            "y" => read.year = number(&mut rest, 2)?,
            "m" => read.month = number(&mut rest, 2)?,
            "b" => read.month = name(&mut rest, &MONTH_ABBREVIATIONS)?,
            "e" if skip(&mut rest, " ").is_some() => read.day = number(&mut rest, 1)?,
            "d" | "e" => read.day = number(&mut rest, 2)?,
            "a" => drop(name(&mut rest, &DAY_ABBREVIATIONS)?),
            "A" => drop(name(&mut rest, &DAY_NAMES)?),
            "H" => read.hour = number(&mut rest, 2)?,
            "M" => read.minute = number(&mut rest, 2)?,
            "S" => read.second = number(&mut rest, 2)?,
            _ => return None,
        }
        skip(&mut rest, literal)?;
    }
    (read.hour < 24 && read.minute < 60 && read.second <= 60).then_some((read, rest))
}

/// Takes a number of this many ASCII digits.
fn number(rest: &mut &str, digits: usize) -> Option<i64> {
    let (number, after) = rest.split_at_checked(digits)?;
    *rest = after;
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())?
}

/// Takes one of the names, and returns its position in the list, from 1.
fn name(rest: &mut &str, names: &[&str]) -> Option<i64> {
    (1..).zip(names).find_map(|(position, name)| skip(rest, name).map(|()| position))
}

fn skip(rest: &mut &str, literal: &str) -> Option<()> {
    let (start, after) = rest.split_at_checked(literal.len())?;
    start.eq_ignore_ascii_case(literal).then(|| *rest = after)
}

/// A time in milliseconds since 1970-01-01T00:00:00Z in the format of RFC 3339, in UTC and to the second.
///
/// ```
/// use speckit_core::text::rfc3339;
/// assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
/// assert_eq!(rfc3339(1_709_210_096_999), "2024-02-29T12:34:56Z");
/// ```
pub fn rfc3339(unix_ms: u64) -> String {
    let at = DateTime::from_unix(i64::try_from(unix_ms / 1000).unwrap_or(i64::MAX));
    let DateTime { year, month, day, hour, minute, second } = at;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_follow_one_another_as_in_a_calendar() {
        let (mut year, mut month, mut day) = (0, 1, 1);
        for days in -719_528..400_000 {
            let date = DateTime { year, month, day, ..DateTime::from_unix(0) };
            assert_eq!(DateTime::from_unix(days * DAY), date, "{days} days");
            assert_eq!(date.to_unix(), Some(days * DAY), "{date:?}");
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 => 28 + i64::from(is_leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > length {
                assert_eq!(DateTime { day, ..date }.to_unix(), None, "{date:?}");
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
    }

    #[test]
    fn no_date_is_out_of_range() {
        for seconds in [i64::MIN, i64::MAX] {
            assert_eq!(DateTime::from_unix(seconds).to_unix().unwrap_or(seconds), seconds);
        }
        for (month, day) in [(0, 1), (13, 1), (99, 1), (1, 0), (1, 99)] {
            assert_eq!(DateTime { year: 2026, month, day, ..DateTime::from_unix(0) }.to_unix(), None);
        }
    }
}
