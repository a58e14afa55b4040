//! Errors of the system.

use std::io::{Error, ErrorKind};

use speckit_core::retry::ErrorClass;
use speckit_core::retry::classes::{self, IoKind};

use super::RetryClassifiable;

/// By its kind, and by the code of the system where the standard library has no kind for that.
impl RetryClassifiable for Error {
    fn classify(&self) -> ErrorClass {
        classes::io(match kind(self.kind()) {
            IoKind::Other => self.raw_os_error().and_then(of_code).unwrap_or(IoKind::Other),
            kind => kind,
        })
    }
}

fn kind(kind: ErrorKind) -> IoKind {
    match kind {
        ErrorKind::AddrInUse => IoKind::AddrInUse,
        ErrorKind::AddrNotAvailable => IoKind::AddrNotAvailable,
        ErrorKind::BrokenPipe => IoKind::BrokenPipe,
        ErrorKind::ConnectionAborted => IoKind::ConnectionAborted,
        ErrorKind::ConnectionRefused => IoKind::ConnectionRefused,
        ErrorKind::ConnectionReset => IoKind::ConnectionReset,
        ErrorKind::Deadlock => IoKind::Deadlock,
        ErrorKind::HostUnreachable => IoKind::HostUnreachable,
        ErrorKind::Interrupted => IoKind::Interrupted,
        ErrorKind::NetworkDown => IoKind::NetworkDown,
        ErrorKind::NetworkUnreachable => IoKind::NetworkUnreachable,
        ErrorKind::NotConnected => IoKind::NotConnected,
        ErrorKind::ResourceBusy => IoKind::ResourceBusy,
        ErrorKind::ExecutableFileBusy => IoKind::ExecutableFileBusy,
        ErrorKind::StaleNetworkFileHandle => IoKind::StaleNetworkFileHandle,
        ErrorKind::TimedOut => IoKind::TimedOut,
        ErrorKind::UnexpectedEof => IoKind::UnexpectedEof,
        ErrorKind::WouldBlock => IoKind::WouldBlock,
        _ => IoKind::Other,
    }
}

/// Neighbours of the kinds above: a host that is down, a network that dropped the connection, a socket that is shut down, and
/// tables that are full until somebody closes a file or a buffer is sent.
#[cfg(target_os = "linux")]
fn of_code(code: i32) -> Option<IoKind> {
    use rustix::io::Errno;

    const NEIGHBOURS: [(Errno, IoKind); 6] = [
        (Errno::HOSTDOWN, IoKind::HostUnreachable),
        (Errno::NETRESET, IoKind::ConnectionReset),
        (Errno::SHUTDOWN, IoKind::BrokenPipe),
        (Errno::MFILE, IoKind::ResourceBusy),
        (Errno::NFILE, IoKind::ResourceBusy),
        (Errno::NOBUFS, IoKind::ResourceBusy),
    ];
    NEIGHBOURS.iter().find(|(neighbour, _)| neighbour.raw_os_error() == code).map(|(_, kind)| *kind)
}

#[cfg(not(target_os = "linux"))]
fn of_code(_code: i32) -> Option<IoKind> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_network_or_a_neighbour_may_mend_is_tried_again() {
        let retryable = [
            ErrorKind::BrokenPipe,
            ErrorKind::ConnectionAborted,
            ErrorKind::ConnectionRefused,
            ErrorKind::ConnectionReset,
            ErrorKind::ExecutableFileBusy,
            ErrorKind::HostUnreachable,
            ErrorKind::Interrupted,
            ErrorKind::NetworkDown,
            ErrorKind::NetworkUnreachable,
            ErrorKind::NotConnected,
            ErrorKind::ResourceBusy,
            ErrorKind::StaleNetworkFileHandle,
            ErrorKind::TimedOut,
            ErrorKind::UnexpectedEof,
            ErrorKind::WouldBlock,
        ];
        for kind in retryable {
            assert_eq!(Error::from(kind).classify(), ErrorClass::Retryable, "{kind:?}");
            assert_eq!(Error::new(kind, "wrapped").classify(), ErrorClass::Retryable, "{kind:?}");
        }
        let permanent = [
            ErrorKind::AddrInUse,
            ErrorKind::AddrNotAvailable,
            ErrorKind::Deadlock,
            ErrorKind::InvalidData,
            ErrorKind::NotFound,
            ErrorKind::Other,
            ErrorKind::PermissionDenied,
            ErrorKind::StorageFull,
        ];
        for kind in permanent {
            assert_eq!(Error::from(kind).classify(), ErrorClass::Permanent, "{kind:?}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_code_without_a_kind_is_judged_by_its_number() {
        let class = |code| Error::from_raw_os_error(code).classify();
        for code in [112, 102, 108, 24, 23, 105] {
            assert_eq!(class(code), ErrorClass::Retryable, "EHOSTDOWN and its neighbours: {code}");
        }
        for code in [2, 5, 13, 28, -1, 99_999, i32::MIN, i32::MAX] {
            assert_eq!(class(code), ErrorClass::Permanent, "{code}");
        }
    }
}
