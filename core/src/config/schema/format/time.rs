//! Dates and times of RFC 3339, section 5.6.

/// `date-time`: a `full-date`, a `T` of either case, and a `full-time`.
pub(super) fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', 't']) else { return false };
    let (Some(date), Some(time)) = (Date::parse(date), Time::parse(time)) else { return false };
    match time.leap() {
        Leap::None => true,
        Leap::Today => date.day == date.days_in_month(),
        Leap::Yesterday => date.day == 1,
        Leap::Wrong => false,
    }
}

/// `full-date`: a day that the Gregorian calendar has.
pub(super) fn is_date(text: &str) -> bool {
    Date::parse(text).is_some()
}

/// `full-time`: a time of the day with its offset from UTC.
pub(super) fn is_time(text: &str) -> bool {
    Time::parse(text).is_some_and(|time| time.leap() != Leap::Wrong)
}

struct Date {
    year: i32,
    month: i32,
    day: i32,
}

impl Date {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let year = number(parts.next()?, 4, 0, 9999)?;
        let month = number(parts.next()?, 2, 1, 12)?;
        let day = number(parts.next()?, 2, 1, 31)?;
        let date = Self { year, month, day };
        (parts.next().is_none() && day <= date.days_in_month()).then_some(date)
    }

    /// RFC 3339, section 5.7 and appendix C.
    fn days_in_month(&self) -> i32 {
        match self.month {
            2 if self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

struct Time {
    /// Minutes since midnight of the local day.
    minute: i32,
    /// 0 to 60.
    second: i32,
    /// Minutes that the local clock is ahead of UTC.
    offset: i32,
}

/// Where the leap second of a time falls: leap seconds are the last of a month in UTC (section 5.7).
#[derive(PartialEq)]
enum Leap {
    /// The second is not 60.
    None,
    /// It ends the UTC day of the same date.
    Today,
    /// It ends the UTC day of the date before.
    Yesterday,
    /// It does not end a UTC day.
    Wrong,
}

impl Time {
    fn parse(text: &str) -> Option<Self> {
        let (clock, offset) = text.split_at(text.find(['Z', 'z', '+', '-'])?);
        let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
        if !is_digits(fraction) {
            return None;
        }
        let (hour_and_minute, second) = clock.rsplit_once(':')?;
        Some(Self {
            minute: hour_and_minute_of(hour_and_minute)?,
            second: number(second, 2, 0, 60)?,
            offset: match offset.split_at_checked(1)? {
                ("Z" | "z", "") => 0,
                ("+", ahead) => hour_and_minute_of(ahead)?,
                ("-", behind) => -hour_and_minute_of(behind)?,
                _ => return None,
            },
        })
    }

    fn leap(&self) -> Leap {
        const LAST_MINUTE: i32 = 23 * 60 + 59;
        match self.minute - self.offset {
            _ if self.second < 60 => Leap::None,
            LAST_MINUTE => Leap::Today,
            -1 => Leap::Yesterday,
            _ => Leap::Wrong,
        }
    }
}

/// `time-hour ":" time-minute`, in minutes.
fn hour_and_minute_of(text: &str) -> Option<i32> {
    let (hour, minute) = text.split_once(':')?;
    Some(number(hour, 2, 0, 23)? * 60 + number(minute, 2, 0, 59)?)
}

/// A number of exactly so many ASCII digits, within bounds that both belong to it.
fn number(text: &str, digits: usize, least: i32, most: i32) -> Option<i32> {
    let value = text.parse().ok()?;
    (text.len() == digits && is_digits(text) && (least..=most).contains(&value)).then_some(value)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::super::check;

    #[test]
    fn dates_are_days_of_the_calendar() {
        check(
            "date",
            &["2000-02-29", "0000-01-01", "9999-12-31", "2024-06-30"],
            &[
                "1900-02-29",
                "2023-06-31",
                "2023-00-10",
                "2023-10-00",
                "23-10-10",
                "+023-10-10",
                "2023-10-10-",
                "2023-10-10Z",
                "２023-10-10",
                "",
            ],
        );
    }

    #[test]
    fn times_carry_an_offset() {
        check(
            "time",
            &["00:00:00Z", "23:59:59.999999999999z", "07:32:00+05:45", "07:32:00-00:00"],
            &[
                "07:32:00",
                "07:32Z",
                "07:32:00.Z",
                "07:32:00,5Z",
                "7:32:00Z",
                "24:00:00Z",
                "07:32:00+0545",
                "07:32:00+05",
                "07:32:00+05:45Z",
                "07:32:00−05:00",
                "+7:32:00Z",
                "07:32:00Zé",
                "",
            ],
        );
    }

    #[test]
    fn a_leap_second_ends_a_utc_day() {
        check(
            "time",
            &["23:59:60Z", "05:29:60.5+05:30", "18:59:60-05:00"],
            &["23:59:60+05:30", "05:29:60Z", "23:59:61Z"],
        );
    }

    #[test]
    fn a_leap_second_ends_a_utc_month() {
        check(
            "date-time",
            &["2016-12-31T23:59:60Z", "2017-01-01T05:29:60+05:30", "2012-06-30T18:59:60-05:00"],
            &["2016-12-30T23:59:60Z", "2016-12-31T05:29:60+05:30", "2017-01-01T23:59:60Z"],
        );
    }

    #[test]
    fn a_date_time_is_joined_by_a_t_and_has_an_offset() {
        check(
            "date-time",
            &["1979-05-27T07:32:00Z", "1979-05-27t00:32:00.999-07:00"],
            &[
                "1979-05-27T07:32:00",
                "1979-05-27 07:32:00Z",
                "1979-05-27",
                "1979-02-30T07:32:00Z",
                "1979-05-27TT07:32:00Z",
                "1979-05-27T07:32:00Z ",
            ],
        );
    }
}
