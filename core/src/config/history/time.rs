//! Moments as text.

use alloc::format;
use alloc::string::String;

use crate::text::calendar::DateTime;

/// A moment, in milliseconds since 1970-01-01T00:00:00Z, as RFC 3339 writes it in UTC, to the second.
///
/// ```
/// use speckit_core::config::history::rfc3339;
/// assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
/// assert_eq!(rfc3339(1_709_210_096_999), "2024-02-29T12:34:56Z");
/// ```
pub fn rfc3339(unix_ms: u64) -> String {
    let at = DateTime::from_unix(i64::try_from(unix_ms / 1000).unwrap_or(i64::MAX));
    let DateTime { year, month, day, hour, minute, second } = at;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}
