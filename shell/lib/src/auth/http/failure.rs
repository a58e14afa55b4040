//! Why there is no answer, in plain words. No part of the request or of the answer is in them, so the words of ureq are not used.

use std::io::{self, ErrorKind};

use rustls::CertificateError;
use speckit_core::auth::{TransportFailure, TransportFailureKind};
use speckit_core::text::duration;
use ureq::Timeout;

use super::TimeLimits;

/// What the standard library says if the system knows no address of a host.
const LOOKUP_FAILED: &str = "failed to lookup address information";
/// What the verifier says if the system has no roots.
const NO_ROOTS: &str = "No CA certificates";

type Kind = TransportFailureKind;

/// The failure that an error of ureq means, of a request that went through the proxy that a variable names.
pub(super) fn failure(
    error: &ureq::Error,
    limits: &TimeLimits,
    proxy_variable: Option<&str>,
) -> TransportFailure {
    let (kind, mut reason) = match error {
        ureq::Error::Timeout(phase) => timed_out(*phase, limits),
        ureq::Error::Io(error) => io_failure(error),
        ureq::Error::Rustls(error) => tls_failure(error),
        ureq::Error::HostNotFound => (Kind::Resolve, "its host has no address".into()),
        ureq::Error::ConnectionFailed => (Kind::Connect, "no connection".into()),
        ureq::Error::ConnectProxyFailed(reason) => (Kind::Connect, refused_by_proxy(reason)),
        ureq::Error::BadUri(_) | ureq::Error::Tls(_) => (Kind::Connect, "its host has no valid name".into()),
        ureq::Error::Protocol(_) => (Kind::Broken, "its answer is not HTTP".into()),
        ureq::Error::LargeResponseHeader(..) => {
            (Kind::TooLarge, "the header of its answer is too long".into())
        }
        _ => (Kind::Broken, "the request or its answer is not valid HTTP".into()),
    };
    if let Some(variable) = proxy_variable {
        reason += &format!(" (through the proxy that `{variable}` names)");
    }
    TransportFailure { kind, reason }
}

fn timed_out(phase: Timeout, limits: &TimeLimits) -> (Kind, String) {
    let (kind, what, limit) = match phase {
        Timeout::Resolve => (Kind::Resolve, "no address of its host", limits.resolve),
        Timeout::Connect => (Kind::Connect, "no connection", limits.connect),
        Timeout::SendRequest | Timeout::SendBody => (Kind::TimedOut, "the request was not sent", limits.send),
        Timeout::RecvBody => (Kind::TimedOut, "its answer was not complete", limits.body),
        _ => (Kind::TimedOut, "no answer", limits.header),
    };
    (kind, format!("{what} within {}", duration(limit)))
}

fn io_failure(error: &io::Error) -> (Kind, String) {
    if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return tls_failure(error);
    }
    let text = error.to_string();
    if text.starts_with(LOOKUP_FAILED) {
        return (Kind::Resolve, "its host has no address".into());
    }
    match error.kind() {
        ErrorKind::ConnectionRefused
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable
        | ErrorKind::PermissionDenied => (Kind::Connect, format!("no connection: {}", system_words(error))),
        ErrorKind::UnexpectedEof => {
            (Kind::Broken, "the connection ended before its answer was complete".into())
        }
        _ => (Kind::Broken, format!("the connection broke: {}", system_words(error))),
    }
}

/// An error of the system in its words; of any other one only the kind.
fn system_words(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(_) => error.to_string(),
        None => error.kind().to_string(),
    }
}

fn tls_failure(error: &rustls::Error) -> (Kind, String) {
    match error {
        rustls::Error::InvalidCertificate(error) => (Kind::Certificate, certificate_problem(error).into()),
        rustls::Error::NoCertificatesPresented => (Kind::Certificate, "its host has no certificate".into()),
        rustls::Error::General(text) if text.starts_with(NO_ROOTS) => {
            let reason =
                "this system has no root certificates: install them (Debian: `apt install ca-certificates`)";
            (Kind::Certificate, reason.into())
        }
        rustls::Error::PeerIncompatible(_) => {
            (Kind::Connect, "its host knows no version of TLS that is safe".into())
        }
        _ => (Kind::Broken, "its host does not speak TLS as expected".into()),
    }
}

fn certificate_problem(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the certificate of its host has expired"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the certificate of its host is not valid yet; is the clock of this machine right?"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the certificate of its host is for another name"
        }
        CertificateError::UnknownIssuer => {
            "no root certificate of this system confirms the certificate of its host; add the missing one to the system, or name its file \
             in `SSL_CERT_FILE`"
        }
        CertificateError::Revoked => "the certificate of its host was revoked",
        _ => "the certificate of its host is not valid",
    }
}

/// ureq gives the status as the only number of its words.
fn refused_by_proxy(reason: &str) -> String {
    let status: String =
        reason.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    if status.is_empty() {
        "the proxy did not connect to its host".into()
    } else {
        format!("the proxy did not connect to its host (status {status})")
    }
}
