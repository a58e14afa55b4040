//! HTTP's `Retry-After`: how long the other side asks to be left alone (RFC 9110, section 10.2.3).

use core::time::Duration;

const DAY_NAMES: [(&str, &str); 7] = [
    ("Mon", "Monday"),
    ("Tue", "Tuesday"),
    ("Wed", "Wednesday"),
    ("Thu", "Thursday"),
    ("Fri", "Friday"),
    ("Sat", "Saturday"),
    ("Sun", "Sunday"),
];
const MONTHS: [(&str, i64); 12] = [
    ("Jan", 31),
    ("Feb", 28),
    ("Mar", 31),
    ("Apr", 30),
    ("May", 31),
    ("Jun", 30),
    ("Jul", 31),
    ("Aug", 31),
    ("Sep", 30),
    ("Oct", 31),
    ("Nov", 30),
    ("Dec", 31),
];
const DAY_SECONDS: i64 = 24 * 60 * 60;
/// From the first day of the year 1 to the first of 1970.
const EPOCH_DAYS: i64 = 719_162;
/// The days of 400 years, after which the calendar repeats itself.
const CYCLE_DAYS: i64 = 146_097;

/// The wait that the value of a `Retry-After` field asks for, from `now`, the time since the beginning of 1970 in UTC.
///
/// The value is a number of seconds, or a date in any of the three forms that a recipient must accept (RFC 9110, section
/// 5.6.7). A date that has passed asks for no wait; more seconds than a [`Duration`] holds are as many as it holds. A year of
/// two digits is the last one with these digits that is not more than 50 years ahead. The name of the day may be any, and
/// capital letters do not matter; spaces around the value are left out. `None` is any other text: it asks for nothing.
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
    if is_digits(value) {
        // What is wrong with digits alone is that they are too many.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    // A date before 1970 has passed whenever it is asked.
    let date = u64::try_from(date(value, now)?.seconds()?).unwrap_or(0);
    Some(Duration::from_secs(date).saturating_sub(now))
}

/// A moment of the calendar in UTC. Moments are compared by their fields, the greatest unit first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Moment {
    year: i64,
    /// From 0, January.
    month: usize,
    /// From 1.
    day: i64,
    second_of_day: i64,
}

impl Moment {
    /// The seconds since the beginning of 1970; `None` where the month has no such day.
    fn seconds(self) -> Option<i64> {
        if !(1..=days_of(self.year, self.month)).contains(&self.day) {
            return None;
        }
        let months: i64 = (0..self.month).map(|month| days_of(self.year, month)).sum();
        let days = days_before(self.year) + months + self.day - 1 - EPOCH_DAYS;
        days.checked_mul(DAY_SECONDS)?.checked_add(self.second_of_day)
    }

    /// The moment so long after the beginning of 1970.
    fn at(now: Duration) -> Self {
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let days = now / DAY_SECONDS + EPOCH_DAYS;
        // 400 years at a time, and then one by one what is left.
        let mut year = days / CYCLE_DAYS * 400 + 1;
        while days_before(year + 1) <= days {
            year += 1;
        }
        let (mut month, mut day) = (0, days - days_before(year) + 1);
        while day > days_of(year, month) {
            day -= days_of(year, month);
            month += 1;
        }
        Self { year, month, day, second_of_day: now % DAY_SECONDS }
    }
}

/// The days from the first of the year 1 to the first of another one, in the Gregorian calendar.
fn days_before(year: i64) -> i64 {
    let years = year - 1;
    years * 365 + years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400)
}

fn days_of(year: i64, month: usize) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = MONTHS.get(month).map_or(0, |(_, days)| *days);
    if is_leap && month == 1 { days + 1 } else { days }
}

fn date(text: &str, now: Duration) -> Option<Moment> {
    let Some((name, rest)) = text.split_once(", ") else { return asctime(text) };
    let rest = without_zone(rest)?;
    if is_day(name, |(short, _)| short) {
        let [day, month, year, time] = parts(rest, ' ')?;
        return moment(number(year, 4)?, month, number(day, 2)?, time);
    }
    if !is_day(name, |(_, long)| long) {
        return None;
    }
    // The obsolete form of RFC 850.
    let [date, time] = parts(rest, ' ')?;
    let [day, month, year] = parts(date, '-')?;
    let (year_of_century, now) = (number(year, 2)?, Moment::at(now));
    let in_50_years = Moment { year: now.year + 50, ..now };
    let year = in_50_years.year - (in_50_years.year - year_of_century).rem_euclid(100);
    let date = moment(year, month, number(day, 2)?, time)?;
    Some(if date > in_50_years { Moment { year: year - 100, ..date } } else { date })
}

/// The form of C's `asctime`, which fills a day of one digit with a space.
fn asctime(text: &str) -> Option<Moment> {
    let (name, rest) = text.split_once(' ')?;
    let (month, rest) = rest.split_once(' ')?;
    let (rest, digits) = rest.strip_prefix(' ').map_or((rest, 2), |rest| (rest, 1));
    let [day, time, year] = parts(rest, ' ')?;
    is_day(name, |(short, _)| short).then_some(())?;
    moment(number(year, 4)?, month, number(day, digits)?, time)
}

fn moment(year: i64, month: &str, day: i64, time: &str) -> Option<Moment> {
    let month = MONTHS.iter().position(|(name, _)| name.eq_ignore_ascii_case(month))?;
    let [hour, minute, second] = parts(time, ':')?;
    let (hour, minute, second) = (number(hour, 2)?, number(minute, 2)?, number(second, 2)?);
    // Second 60 is a leap second, and in the count since 1970 the first of the next minute.
    let is_of_a_day = hour < 24 && minute < 60 && second <= 60;
    is_of_a_day.then_some(Moment { year, month, day, second_of_day: (hour * 60 + minute) * 60 + second })
}

fn is_day(text: &str, form: fn((&'static str, &'static str)) -> &'static str) -> bool {
    DAY_NAMES.into_iter().any(|names| form(names).eq_ignore_ascii_case(text))
}

fn without_zone(text: &str) -> Option<&str> {
    let (text, zone) = text.rsplit_once(' ')?;
    zone.eq_ignore_ascii_case("GMT").then_some(text)
}

/// The parts of a text, where there are exactly so many.
fn parts<const COUNT: usize>(text: &str, separator: char) -> Option<[&str; COUNT]> {
    let mut found = text.split(separator);
    let mut parts = [""; COUNT];
    for part in &mut parts {
        *part = found.next()?;
    }
    found.next().is_none().then_some(parts)
}

/// A number of exactly so many digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    if is_digits(text) && text.len() == digits { text.parse().ok() } else { None }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a date comes to, seen from the beginning of 1970.
    fn seconds(date: &str) -> Option<u64> {
        retry_after(date, Duration::ZERO).map(|wait| wait.as_secs())
    }

    #[test]
    fn dates_are_what_other_programs_count() {
        for (date, expected) in [
            ("Thu, 01 Jan 1970 00:00:01 GMT", 1),
            ("Tue, 29 Feb 2000 00:00:00 GMT", 951_782_400),
            ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800),
            ("Tue, 19 Jan 2038 03:14:07 GMT", 2_147_483_647),
            ("Sun, 28 Feb 2100 23:59:59 GMT", 4_107_542_399),
            ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
            ("Wed, 31 Dec 1969 23:59:59 GMT", 0),
            ("Sat, 01 Jan 0000 00:00:00 GMT", 0),
            ("sat, 31 dec 2016 23:59:59 gmt", 1_483_228_799),
            (" \tFri, 31 Dec 2016 23:59:59 GMT ", 1_483_228_799),
            ("Sat Dec 31 23:59:59 2016", 1_483_228_799),
        ] {
            assert_eq!(seconds(date), Some(expected), "{date}");
        }
    }

    #[test]
    fn a_text_that_is_neither_a_count_nor_a_date_asks_for_nothing() {
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
    fn more_seconds_than_can_be_counted_are_as_many_as_can() {
        assert_eq!(retry_after("0", Duration::MAX), Some(Duration::ZERO));
        assert_eq!(retry_after("00000000000000000000000120", Duration::ZERO), Some(Duration::from_secs(120)));
        let most = Some(Duration::from_secs(u64::MAX));
        assert_eq!(retry_after("18446744073709551615", Duration::ZERO), most);
        assert_eq!(retry_after("18446744073709551616", Duration::ZERO), most);
    }

    #[test]
    fn a_year_of_two_digits_is_at_most_fifty_years_ahead() {
        let wait = |year: &str, now: &str| {
            let now = Duration::from_secs(seconds(now).unwrap());
            let date = std::format!("Monday, 01-Mar-{year} 00:00:00 GMT");
            retry_after(&date, now).map(|wait| now.as_secs() + wait.as_secs())
        };
        let now = "Sun, 01 Mar 2026 00:00:00 GMT";
        assert_eq!(
            wait("76", now),
            seconds("Sun, 01 Mar 2076 00:00:00 GMT"),
            "50 years are not more than 50"
        );
        assert_eq!(wait("77", now), seconds(now), "1977 has passed");
        assert_eq!(wait("76", "Sat, 28 Feb 2026 23:59:59 GMT"), seconds("Sat, 28 Feb 2026 23:59:59 GMT"));
        assert_eq!(wait("05", "Fri, 01 Jan 1999 00:00:00 GMT"), seconds("Tue, 01 Mar 2005 00:00:00 GMT"));
        assert_eq!(wait("00", "Fri, 01 Jan 2060 00:00:00 GMT"), seconds("Mon, 01 Mar 2100 00:00:00 GMT"));
        let leap = |now: &str| {
            retry_after("Tuesday, 29-Feb-00 00:00:00 GMT", Duration::from_secs(seconds(now).unwrap()))
        };
        assert_eq!(leap("Sat, 01 Jan 2000 00:00:00 GMT"), Some(Duration::from_secs(59 * 24 * 60 * 60)));
        assert_eq!(leap("Fri, 01 Jan 2060 00:00:00 GMT"), None, "2100 is no leap year");
    }

    #[test]
    fn no_time_is_too_late_for_a_date() {
        for now in [Duration::MAX, Duration::from_secs(i64::MAX.unsigned_abs()), Duration::from_secs(1 << 40)]
        {
            assert_eq!(retry_after("Fri, 31 Dec 9999 23:59:59 GMT", now), Some(Duration::ZERO));
            retry_after("Friday, 31-Dec-99 23:59:59 GMT", now);
        }
    }
}
