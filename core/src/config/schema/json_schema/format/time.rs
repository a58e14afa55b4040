//! Dates and times of RFC 3339, section 5.6. A leap second is the last of a month in UTC (section 5.7).

use crate::text::calendar::{DateTime, parse, parse_start};

/// `date-time`: a `full-date`, a `T` of either case, and a `full-time`.
pub(super) fn is_date_time(text: &str) -> bool {
    let Some((local, rest)) = parse_start(text, "%Y-%m-%dT%H:%M:%S") else { return false };
    let utc = utc(local, rest);
    utc.is_some_and(|utc| local.second < 60 || matches!(utc, DateTime { day: 1, hour: 0, minute: 0, .. }))
}

/// `full-date`: a day that the Gregorian calendar has.
pub(super) fn is_date(text: &str) -> bool {
    parse(text, "%Y-%m-%d").and_then(DateTime::to_unix).is_some()
}

/// `full-time`: a time of the day with its offset from UTC.
pub(super) fn is_time(text: &str) -> bool {
    let Some((local, rest)) = parse_start(text, "%H:%M:%S") else { return false };
    utc(local, rest)
        .is_some_and(|utc| local.second < 60 || matches!(utc, DateTime { hour: 0, minute: 0, .. }))
}

/// A local time in UTC, by what follows its seconds: an optional `time-secfrac` and a `time-offset`.
fn utc(local: DateTime, rest: &str) -> Option<DateTime> {
    let offset = rest.strip_prefix('.').map_or(Some(rest), |fraction| {
        let offset = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        (offset.len() < fraction.len()).then_some(offset)
    })?;
    let seconds = |text: &str| parse(text, "%H:%M").and_then(DateTime::to_unix);
    let behind = match offset.split_at_checked(1)? {
        ("Z" | "z", "") => 0,
        ("+", ahead) => -seconds(ahead)?,
        ("-", behind) => seconds(behind)?,
        _ => return None,
    };
    Some(DateTime::from_unix(local.to_unix()? + behind))
}

#[cfg(test)]
mod tests {
    use super::super::check;

    #[test]
    fn dates_are_days_of_the_calendar() {
        check(
            "date",
            &["2000-02-29", "0000-01-01", "9999-12-31"],
            &["1900-02-29", "2023-00-10", "2023-10-00"],
        );
        check("date", &[], &["23-10-10", "+023-10-10", "2023-10-10-", "2023-10-10Z", "２023-10-10", ""]);
    }

    #[test]
    fn times_carry_an_offset() {
        check(
            "time",
            &["00:00:00Z", "23:59:59.999999999999z", "07:32:00-00:00"],
            &["07:32:00", "07:32Z", ""],
        );
        check("time", &[], &["07:32:00.Z", "07:32:00,5Z", "7:32:00Z", "07:32:00+0545", "07:32:00+05:45Z"]);
        check("time", &[], &["24:00:00Z", "07:32:00−05:00", "+7:32:00Z", "07:32:00Zé"]);
    }

    #[test]
    fn a_leap_second_ends_a_utc_day() {
        check("time", &["05:29:60.5+05:30", "18:59:60-05:00"], &["23:59:60+05:30", "05:29:60Z", "23:59:61Z"]);
    }

    #[test]
    fn a_leap_second_ends_a_utc_month() {
        let right = ["2016-12-31T23:59:60Z", "2017-01-01T05:29:60+05:30", "2012-06-30T18:59:60-05:00"];
        let wrong = ["2016-12-30T23:59:60Z", "2016-12-31T05:29:60+05:30", "2017-01-01T23:59:60Z"];
        check("date-time", &right, &wrong);
    }

    #[test]
    fn a_date_time_is_joined_by_a_t_and_has_an_offset() {
        let right = ["1979-05-27T07:32:00Z", "1979-05-27t00:32:00.999-07:00"];
        check("date-time", &right, &["1979-05-27T07:32:00", "1979-05-27 07:32:00Z", "1979-05-27"]);
        check("date-time", &[], &["1979-02-30T07:32:00Z", "1979-05-27TT07:32:00Z", "1979-05-27T07:32:00Z "]);
    }
}
