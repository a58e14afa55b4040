//! The classes of system errors.

use std::io::{Error, ErrorKind};

use speckit_core::retry::ErrorClass;

use super::RetryClassifiable;

/// Errors of a network or of another process that may pass are retryable.
///
/// An address in use, a full disk and a missing or forbidden file are permanent, and so is a deadlock, which the same calls
/// would cause again.
impl RetryClassifiable for Error {
    fn classify(&self) -> ErrorClass {
        match self.kind() {
            ErrorKind::BrokenPipe
            | ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::ExecutableFileBusy
            | ErrorKind::HostUnreachable
            | ErrorKind::Interrupted
            | ErrorKind::NetworkDown
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NotConnected
            | ErrorKind::ResourceBusy
            | ErrorKind::StaleNetworkFileHandle
            | ErrorKind::TimedOut
            | ErrorKind::UnexpectedEof
            | ErrorKind::WouldBlock => ErrorClass::Retryable,
            _ if self.raw_os_error().is_some_and(is_transient) => ErrorClass::Retryable,
            _ => ErrorClass::Permanent,
        }
    }
}

/// Codes without a kind in the standard library: a host that is down, a network that dropped the connection, a socket that
/// is shut down, and tables that are full until a file is closed or a buffer is sent.
#[cfg(target_os = "linux")]
fn is_transient(code: i32) -> bool {
    use rustix::io::Errno;

    const CODES: [Errno; 6] =
        [Errno::HOSTDOWN, Errno::NETRESET, Errno::SHUTDOWN, Errno::MFILE, Errno::NFILE, Errno::NOBUFS];
    CODES.iter().any(|one| one.raw_os_error() == code)
}

#[cfg(not(target_os = "linux"))]
fn is_transient(_code: i32) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_that_may_pass_are_retryable() {
        let retryable = [ErrorKind::ConnectionRefused, ErrorKind::ConnectionReset, ErrorKind::TimedOut];
        for kind in retryable {
            assert_eq!(Error::from(kind).classify(), ErrorClass::Retryable, "{kind:?}");
            assert_eq!(Error::new(kind, "wrapped").classify(), ErrorClass::Retryable, "{kind:?}");
        }
        let permanent =
            [ErrorKind::AddrInUse, ErrorKind::Deadlock, ErrorKind::NotFound, ErrorKind::StorageFull];
        for kind in permanent {
            assert_eq!(Error::from(kind).classify(), ErrorClass::Permanent, "{kind:?}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_code_without_a_kind_is_classified_by_its_number() {
        let class = |code| Error::from_raw_os_error(code).classify();
        for code in [112, 102, 108, 24, 23, 105] {
            assert_eq!(class(code), ErrorClass::Retryable, "EHOSTDOWN and its neighbours: {code}");
        }
        for code in [2, 5, 13, 28, -1, 99_999, i32::MIN, i32::MAX] {
            assert_eq!(class(code), ErrorClass::Permanent, "{code}");
        }
    }
}
