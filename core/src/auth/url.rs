//! The one rule for the URLs of a provider.

use core::net::Ipv6Addr;

use thiserror::Error;
use url::{Host, Url};

/// Why a URL is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum UrlProblem {
    /// It is no absolute URL with a host, or not written in the usual form.
    #[error("is not a URL")]
    NotUrl,
    /// Its scheme is not https.
    #[error("is not https; http is only allowed for `localhost`, 127.0.0.0/8 and [::1]")]
    NotHttps,
    /// It has a user name or a password.
    #[error("has a user name or a password")]
    UserInfo,
    /// It has a fragment.
    #[error("has a fragment (`#`)")]
    Fragment,
}

/// Whether a URL of a provider may be used: `https`, or `http` on loopback; without user information and without a fragment
/// (RFC 6749, section 3.1).
///
/// A text that URL parsers correct in different ways, such as `https:\\host` or `https:host`, is refused: what is checked here
/// is also what the request goes to.
///
/// ```
/// use speckit_core::auth::{UrlProblem, allowed_url};
/// assert_eq!(allowed_url("https://id.example.com/token?tenant=a"), Ok(()));
/// assert_eq!(allowed_url("http://127.0.0.1:8080/token"), Ok(()));
/// assert_eq!(allowed_url("http://id.example.com/token"), Err(UrlProblem::NotHttps));
/// ```
///
/// # Errors
/// The first [`UrlProblem`].
pub fn allowed_url(text: &str) -> Result<(), UrlProblem> {
    if text.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b'\\') {
        return Err(UrlProblem::NotUrl);
    }
    let url = Url::parse(text).map_err(|_| UrlProblem::NotUrl)?;
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address == Ipv6Addr::LOCALHOST,
        None => return Err(UrlProblem::NotUrl),
    };
    match url.scheme() {
        "https" => {}
        "http" if is_loopback => {}
        _ => return Err(UrlProblem::NotHttps),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlProblem::UserInfo);
    }
    if url.fragment().is_some() {
        return Err(UrlProblem::Fragment);
    }
    let authority = text.get(url.scheme().len()..).and_then(|rest| rest.strip_prefix("://"));
    let is_host = |authority: &str| {
        let written = authority.split(['/', '?']).next().unwrap_or_default();
        let host = url.host_str().unwrap_or_default();
        written.get(..host.len()).is_some_and(|start| start.eq_ignore_ascii_case(host))
            && matches!(written.as_bytes().get(host.len()), None | Some(b':'))
    };
    if authority.is_some_and(is_host) { Ok(()) } else { Err(UrlProblem::NotUrl) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_is_allowed_and_http_on_loopback_alone() {
        for url in [
            "https://id.example.com",
            "https://ID.Example.com/a?b=c",
            "HTTPS://id.example.com:8443/",
            "https://10.0.0.1/token",
            "http://localhost/token",
            "http://LOCALHOST:80",
            "http://127.0.0.1:1/",
            "http://127.255.0.9",
            "http://[::1]:8080/token",
        ] {
            assert_eq!(allowed_url(url), Ok(()), "{url}");
        }
        for url in [
            "http://id.example.com",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://10.0.0.1",
            "http://[::2]",
            "http://[::ffff:127.0.0.1]",
            "http://0.0.0.0",
            "ftp://localhost",
        ] {
            assert_eq!(allowed_url(url), Err(UrlProblem::NotHttps), "{url}");
        }
    }

    #[test]
    fn user_information_and_fragments_are_refused() {
        for url in [
            "https://a@b.example",
            "https://a:p@b.example",
            "https://:p@b.example",
            "http://localhost@127.0.0.1",
        ] {
            assert_eq!(allowed_url(url), Err(UrlProblem::UserInfo), "{url}");
        }
        assert_eq!(allowed_url("http://localhost@id.example"), Err(UrlProblem::NotHttps));
        for url in ["https://b.example#", "https://b.example/a#b"] {
            assert_eq!(allowed_url(url), Err(UrlProblem::Fragment), "{url}");
        }
    }

    #[test]
    fn what_parsers_correct_in_different_ways_is_refused() {
        for url in [
            "",
            "id.example.com",
            "/token",
            "https:",
            "https://",
            "https:id.example.com",
            "https:/id.example.com",
            "https:///id.example.com",
            "https:\\\\id.example.com",
            "https://id.example.com\\@b.example",
            " https://id.example.com",
            "https://id.example.com/a b",
            "https://id.exa\tmple.com",
            "https://id.example.com\n",
            "https://münchen.example",
            "https://%69d.example.com",
            "http://127.1",
            "http://0x7f.0.0.1",
            "http://2130706433",
            "https://@id.example.com",
            "data:,x",
        ] {
            assert!(allowed_url(url).is_err(), "{url}");
        }
    }
}
