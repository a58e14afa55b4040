//! What the errors of SQLite, the system, HTTP and processes say about another attempt.

use super::ErrorClass::{self, Permanent, Retryable};

/// The class of an extended result code of SQLite (<https://sqlite.org/rescode.html>).
///
/// `BUSY` and its kin mean that another connection is at work, and the whole transaction may be run again with fresh reads.
/// `LOCKED` is a conflict within this very process or connection, which waiting does not end.
///
/// ```
/// use speckit_core::retry::{ErrorClass, classes::sqlite};
/// assert_eq!(sqlite(517), ErrorClass::Retryable, "SQLITE_BUSY_SNAPSHOT");
/// assert_eq!(sqlite(6), ErrorClass::Permanent, "SQLITE_LOCKED");
/// ```
pub fn sqlite(extended_code: i32) -> ErrorClass {
    match extended_code {
        // SQLITE_BUSY, _RECOVERY, _SNAPSHOT, _TIMEOUT
        5 | 261 | 517 | 773 => Retryable,
        // SQLITE_PROTOCOL: a race to begin a transaction in WAL mode was lost too often.
        15 => Retryable,
        // SQLITE_SCHEMA: the schema changed under a statement more often than SQLite prepared it anew.
        17 => Retryable,
        _ => Permanent,
    }
}

/// What kind of error the system gave, by the names of the standard library's `io::ErrorKind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of `io::ErrorKind`, which documents them")]
#[non_exhaustive]
pub enum IoKind {
    AddrInUse,
    AddrNotAvailable,
    BrokenPipe,
    ConnectionAborted,
    ConnectionRefused,
    ConnectionReset,
    Deadlock,
    HostUnreachable,
    Interrupted,
    NetworkDown,
    NetworkUnreachable,
    NotConnected,
    ResourceBusy,
    ExecutableFileBusy,
    StaleNetworkFileHandle,
    TimedOut,
    UnexpectedEof,
    WouldBlock,
    Other,
}

/// The class of an error of the system: what a network or a neighbour may mend in a moment can be tried again.
///
/// An address that is taken, a full disk and what is missing or forbidden are permanent, and so is a deadlock, which the same
/// calls would make again.
pub fn io(kind: IoKind) -> ErrorClass {
    match kind {
        IoKind::BrokenPipe
        | IoKind::ConnectionAborted
        | IoKind::ConnectionRefused
        | IoKind::ConnectionReset
        | IoKind::ExecutableFileBusy
        | IoKind::HostUnreachable
        | IoKind::Interrupted
        | IoKind::NetworkDown
        | IoKind::NetworkUnreachable
        | IoKind::NotConnected
        | IoKind::ResourceBusy
        | IoKind::StaleNetworkFileHandle
        | IoKind::TimedOut
        | IoKind::UnexpectedEof
        | IoKind::WouldBlock => Retryable,
        IoKind::AddrInUse | IoKind::AddrNotAvailable | IoKind::Deadlock | IoKind::Other => Permanent,
    }
}

/// The class of the status of an HTTP answer (RFC 9110, section 15) that is no success.
///
/// 408, 425 and 429 ask for another attempt, and so do the answers of servers in trouble; 501 and 505 say that they never
/// will do it.
pub fn http(status: u16) -> ErrorClass {
    match status {
        408 | 425 | 429 => Retryable,
        501 | 505 => Permanent,
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

/// The class of the exit code of a process that is no success: 75 is `EX_TEMPFAIL` of `sysexits.h`, "the user is invited to
/// retry"; `retryable` names further codes.
pub fn exit(code: i32, retryable: &[i32]) -> ErrorClass {
    if code == 75 || retryable.contains(&code) { Retryable } else { Permanent }
}
