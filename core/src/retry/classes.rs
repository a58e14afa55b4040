//! Which errors of SQLite and HTTP may be retried.

use super::ErrorClass::{self, Permanent, Retryable};

/// The class of an extended result code of SQLite (<https://sqlite.org/rescode.html>).
///
/// `BUSY` and its extended codes mean that another connection is at work: the whole transaction may be run again with fresh
/// reads.
/// `LOCKED` is a conflict with a statement of the same connection, or of one that shares its cache in the same process: the
/// program caused it, and waiting does not end it. An extended code has the class of its lowest eight bits, the primary code.
///
/// ```
/// use speckit_core::retry::{ErrorClass, classes::sqlite};
/// assert_eq!(sqlite(517), ErrorClass::Retryable, "SQLITE_BUSY_SNAPSHOT");
/// assert_eq!(sqlite(6), ErrorClass::Permanent, "SQLITE_LOCKED");
/// ```
pub fn sqlite(extended_code: i32) -> ErrorClass {
    match extended_code & 0xff {
        // SQLITE_BUSY, and _RECOVERY, _SNAPSHOT and _TIMEOUT.
        5 => Retryable,
        // SQLITE_PROTOCOL: a race to begin a transaction in WAL mode was lost too often.
        15 => Retryable,
        // SQLITE_SCHEMA: the schema changed under a statement more often than SQLite prepared it anew.
        17 => Retryable,
        _ => Permanent,
    }
}

/// The class of an HTTP status (RFC 9110, section 15) that is no success.
///
/// 408, 425 (RFC 8470) and 429 (RFC 6585) ask for another attempt, and 5xx are failures of the server. Some of
/// these are permanent: 501, 505 and 510 (RFC 2774) mean an unsupported feature, 506 (RFC 2295) and 508 (RFC 5842) a loop in
/// the setup of the server, 511 (RFC 6585) a network that needs a login; and 507 (RFC 4918, section 11.5) forbids to repeat
/// the request unless a user requests it.
///
/// ```
/// use speckit_core::retry::{ErrorClass, classes::http};
/// assert_eq!(http(503), ErrorClass::Retryable);
/// assert_eq!(http(404), ErrorClass::Permanent);
/// ```
pub fn http(status: u16) -> ErrorClass {
    match status {
        408 | 425 | 429 => Retryable,
        501 | 505..=508 | 510 | 511 => Permanent,
        500..=599 => Retryable,
        _ => Permanent,
    }
}

/// Whether an HTTP status means that there were too many requests: 429 (RFC 6585, section 4), or 503 with a `Retry-After`.
pub fn is_rate_limited(status: u16, has_retry_after: bool) -> bool {
    status == 429 || (status == 503 && has_retry_after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// The codes of a range whose class is `Retryable`.
    fn retryable<Code: Copy>(
        codes: impl Iterator<Item = Code>,
        class: impl Fn(Code) -> ErrorClass,
    ) -> Vec<Code> {
        codes.filter(|code| class(*code) == Retryable).collect()
    }

    #[test]
    fn of_the_primary_codes_of_sqlite_only_busy_protocol_and_schema_are_retryable() {
        assert_eq!(retryable(0..=101, sqlite), [5, 15, 17]);
    }

    #[test]
    fn an_extended_code_of_sqlite_has_the_class_of_its_primary_code() {
        for code in -1..=0xffff {
            assert_eq!(sqlite(code), sqlite(code & 0xff), "{code}");
        }
    }

    #[test]
    fn http_errors_that_may_pass_are_retryable() {
        let mut expected = Vec::from([408, 425, 429, 500, 502, 503, 504, 509]);
        expected.extend(512..=599);
        assert_eq!(retryable(0..=u16::MAX, http), expected);
    }

    #[test]
    fn a_status_of_429_or_of_503_with_a_time_is_rate_limited() {
        let limited = |has_retry_after| {
            (0..=u16::MAX).filter(|status| is_rate_limited(*status, has_retry_after)).collect::<Vec<_>>()
        };
        assert_eq!(limited(false), [429]);
        assert_eq!(limited(true), [429, 503]);
    }
}
