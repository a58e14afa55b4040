//! What the errors of SQLite and HTTP say about another attempt.

use super::ErrorClass::{self, Permanent, Retryable};

/// The class of an extended result code of SQLite (<https://sqlite.org/rescode.html>).
///
/// `BUSY` and its kin mean that another connection is at work, and the whole transaction may be run again with fresh reads.
/// `LOCKED` is a conflict with a statement of the same connection, or of one that shares its cache in the same process: the
/// program made it, and waiting does not end it. A code that is not known yet has the class of its lowest eight bits, the
/// primary code.
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

/// The class of the status of an HTTP answer (RFC 9110, section 15) that is no success.
///
/// 408, 425 (RFC 8470) and 429 (RFC 6585) ask for another attempt, and so do the answers of servers in trouble. Among these
/// are some that no wait mends: 501, 505 and 510 (RFC 2774) tell of what the server does not know, 506 (RFC 2295) and 508
/// (RFC 5842) of a loop in how it is set up, 511 (RFC 6585) of a network that wants a login; and 507 (RFC 4918, section 11.5)
/// forbids to repeat the request before its user asks for it.
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

/// Tells whether an HTTP status says that there were too many requests.
///
/// 429 says it (RFC 6585, section 4). 503 may too, where it comes with a `Retry-After`.
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
    fn of_the_primary_codes_of_sqlite_only_busy_protocol_and_schema_are_tried_again() {
        assert_eq!(retryable(0..=101, sqlite), [5, 15, 17]);
    }

    #[test]
    fn an_extended_code_of_sqlite_has_the_class_of_its_primary_code() {
        let named = [
            (261, "BUSY_RECOVERY"),
            (517, "BUSY_SNAPSHOT"),
            (773, "BUSY_TIMEOUT"),
            (1029, "a BUSY of a later version"),
        ];
        for (code, name) in named {
            assert_eq!(sqlite(code), Retryable, "{name}");
        }
        let named = [
            (262, "LOCKED_SHAREDCACHE"),
            (518, "LOCKED_VTAB"),
            (264, "READONLY_RECOVERY"),
            (776, "READONLY_ROLLBACK"),
            (1032, "READONLY_DBMOVED"),
            (513, "ERROR_RETRY"),
            (769, "ERROR_SNAPSHOT"),
            (516, "ABORT_ROLLBACK"),
            (267, "CORRUPT_VTAB"),
            (2826, "IOERR_BLOCKED"),
            (3850, "IOERR_LOCK"),
            (270, "CANTOPEN_NOTEMPDIR"),
            (1555, "CONSTRAINT_PRIMARYKEY"),
            (2067, "CONSTRAINT_UNIQUE"),
            (-1, "no code"),
        ];
        for (code, name) in named {
            assert_eq!(sqlite(code), Permanent, "{name}");
        }
    }

    #[test]
    fn http_asks_for_another_attempt_where_time_may_mend_it() {
        let mut expected = Vec::from([408, 425, 429, 500, 502, 503, 504, 509]);
        expected.extend(512..=599);
        assert_eq!(retryable(0..=u16::MAX, http), expected);
    }

    #[test]
    fn too_many_requests_are_said_by_429_and_by_503_with_a_time() {
        let limited = |has_retry_after| {
            (0..=u16::MAX).filter(|status| is_rate_limited(*status, has_retry_after)).collect::<Vec<_>>()
        };
        assert_eq!(limited(false), [429]);
        assert_eq!(limited(true), [429, 503]);
    }
}
