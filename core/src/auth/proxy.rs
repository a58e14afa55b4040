//! The proxy that the environment names, and the hosts that are reached without it.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

use thiserror::Error;
use url::{Host, Url};

use super::url::allowed_url;
use crate::config::source::Environment;
use crate::tree::typed::Secret;

/// The variables of the proxy for https, the first with a text counts.
const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// The variables of the hosts that are reached without it.
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// A proxy and the hosts that are reached without it.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxySettings {
    variable: &'static str,
    /// It may hold a password.
    url: Secret<String>,
    exceptions: Vec<Exception>,
}

/// Hosts that are reached without the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Exception {
    All,
    /// A domain with all its subdomains.
    Domain {
        /// Whether the domain itself is one of them.
        is_itself: bool,
        name: String,
        port: Option<u16>,
    },
    /// Addresses that begin with the same bits.
    Addresses {
        network: u128,
        mask: u128,
        port: Option<u16>,
    },
}

/// Why a proxy cannot be used. No part of its URL is shown, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum ProxyProblem {
    /// It is no URL.
    #[error("`{variable}` is no URL of a proxy, such as `http://proxy.example.com:3128`")]
    NotUrl {
        /// The variable.
        variable: &'static str,
    },
    /// It is a proxy of another kind.
    #[error(
        "`{variable}` names a proxy of another kind than http or https: name one in `HTTPS_PROXY`, or the host in `NO_PROXY`"
    )]
    OtherKind {
        /// The variable.
        variable: &'static str,
    },
}

impl ProxySettings {
    /// The proxy of `HTTPS_PROXY`, `https_proxy`, `ALL_PROXY` or `all_proxy`, without the hosts of `NO_PROXY` or `no_proxy`.
    pub fn of(environment: &Environment) -> Option<Self> {
        let text =
            |name: &&'static str| environment.text(name).map(str::trim).filter(|text| !text.is_empty());
        let (variable, url) = VARIABLES.iter().find_map(|name| Some((*name, text(name)?)))?;
        let exceptions = EXCEPTIONS.iter().find_map(text).unwrap_or_default();
        let exceptions = exceptions.split([',', ' ']).filter_map(Exception::parse).collect();
        // Without a scheme it is a host, as for curl.
        let url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        Some(Self { variable, url: Secret::new(url), exceptions })
    }

    /// Whether the variable is read by [`ProxySettings::of`].
    pub fn is_read(variable: &str) -> bool {
        VARIABLES.iter().chain(&EXCEPTIONS).any(|name| *name == variable)
    }

    /// The variable that names the proxy.
    pub fn variable(&self) -> &'static str {
        self.variable
    }

    /// The URL of the proxy.
    ///
    /// # Errors
    /// [`ProxyProblem`].
    pub fn url(&self) -> Result<&Secret<String>, ProxyProblem> {
        let variable = self.variable;
        let url = Url::parse(self.url.expose()).map_err(|_| ProxyProblem::NotUrl { variable })?;
        match url.scheme() {
            "http" | "https" if url.has_host() => Ok(&self.url),
            "http" | "https" => Err(ProxyProblem::NotUrl { variable }),
            _ => Err(ProxyProblem::OtherKind { variable }),
        }
    }

    /// Whether a request to this URL goes through the proxy. One to loopback never does.
    ///
    /// `NO_PROXY` is a list of domains (`example.com` with its subdomains, `.example.com` or `*.example.com` without the domain
    /// itself), addresses and networks (`10.0.0.0/8`), each with a port if wanted, or `*`.
    pub fn is_for(&self, url: &str) -> bool {
        let Ok(url) = Url::parse(url) else { return false };
        let Some(host) = url.host() else { return false };
        let port = url.port_or_known_default();
        !is_loopback(&host) && !self.exceptions.iter().any(|exception| exception.matches(&host, port))
    }
}

impl fmt::Debug for ProxySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxySettings").field("variable", &self.variable).finish_non_exhaustive()
    }
}

/// Whether the host may be reached with http.
fn is_loopback(host: &Host<&str>) -> bool {
    allowed_url(&format!("http://{host}")).is_ok()
}

impl Exception {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if text == "*" {
            return Some(Self::All);
        }
        if let Some(addresses) = Self::addresses(&text, None) {
            return Some(addresses);
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (text.as_str(), None),
        };
        if let Some(addresses) = Self::addresses(host, port) {
            return Some(addresses);
        }
        let below = host.strip_prefix("*.").or_else(|| host.strip_prefix('.'));
        let name = below.unwrap_or(host).trim_end_matches('.');
        let is_itself = below.is_none();
        (!name.is_empty()).then(|| Self::Domain { is_itself, name: name.to_owned(), port })
    }

    /// An address or a network.
    fn addresses(text: &str, port: Option<u16>) -> Option<Self> {
        let text = text.trim_start_matches('[').trim_end_matches(']');
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let length = length.unwrap_or(bits);
        // A network of IPv4 is one of the addresses that stand for it within IPv6.
        let mask = if length > bits { return None } else { mask(length + 128 - bits) };
        Some(Self::Addresses { network: number(address) & mask, mask, port })
    }

    fn matches(&self, host: &Host<&str>, host_port: Option<u16>) -> bool {
        let is_port = |port: &Option<u16>| port.is_none() || *port == host_port;
        match (self, host) {
            (Self::All, _) => true,
            (Self::Domain { is_itself, name, port }, Host::Domain(host)) => {
                let host = host.trim_end_matches('.');
                let before = host.strip_suffix(name.as_str());
                is_port(port)
                    && before.is_some_and(
                        |before| {
                            if before.is_empty() { *is_itself } else { before.ends_with('.') }
                        },
                    )
            }
            (Self::Addresses { network, mask, port }, Host::Ipv4(address)) => {
                is_port(port) && number((*address).into()) & mask == *network
            }
            (Self::Addresses { network, mask, port }, Host::Ipv6(address)) => {
                is_port(port) && number((*address).into()) & mask == *network
            }
            _ => false,
        }
    }
}

/// The first bits of an address.
fn mask(length: u32) -> u128 {
    u128::MAX.checked_shl(128_u32.saturating_sub(length)).unwrap_or(0)
}

fn number(address: IpAddr) -> u128 {
    let address = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    };
    address.to_bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(variables: &[(&str, &str)]) -> Option<ProxySettings> {
        ProxySettings::of(&Environment::of(variables.iter().copied()))
    }

    fn without(no_proxy: &str) -> ProxySettings {
        proxy(&[("HTTPS_PROXY", "http://proxy.example:3128"), ("NO_PROXY", no_proxy)]).unwrap()
    }

    #[test]
    fn the_first_variable_with_a_text_names_the_proxy() {
        assert_eq!(proxy(&[]), None);
        assert_eq!(proxy(&[("HTTP_PROXY", "http://a"), ("HTTPS_PROXY", " ")]), None);
        let all = [("all_proxy", "http://d"), ("ALL_PROXY", "http://c"), ("https_proxy", "http://b")];
        assert_eq!(proxy(&all).unwrap().variable(), "https_proxy");
        assert_eq!(proxy(&all[..2]).unwrap().url().unwrap().expose(), "http://c");
        assert_eq!(proxy(&all[..1]).unwrap().variable(), "all_proxy");
    }

    #[test]
    fn a_proxy_without_a_scheme_is_one_of_http_and_other_kinds_are_refused() {
        let url = |url| proxy(&[("ALL_PROXY", url)]).unwrap().url().map(|url| url.expose().clone());
        assert_eq!(url("proxy.example:3128").as_deref(), Ok("http://proxy.example:3128"));
        assert_eq!(url("https://u:p@proxy.example").as_deref(), Ok("https://u:p@proxy.example"));
        assert_eq!(url("socks5h://proxy.example"), Err(ProxyProblem::OtherKind { variable: "ALL_PROXY" }));
        for text in ["http://", "http://proxy.example:port", "a b"] {
            assert_eq!(url(text), Err(ProxyProblem::NotUrl { variable: "ALL_PROXY" }), "{text}");
        }
    }

    #[test]
    fn loopback_is_never_reached_through_a_proxy() {
        let proxy = without("");
        for url in
            ["http://localhost:1/a", "https://localhost", "https://127.9.9.9:8", "http://[::1]:80/", "no url"]
        {
            assert!(!proxy.is_for(url), "{url}");
        }
        assert!(proxy.is_for("https://id.example.com/token"));
        assert!(proxy.is_for("https://10.0.0.1"));
    }

    #[test]
    fn the_exceptions_are_domains_addresses_networks_or_all() {
        for (no_proxy, reached, not_reached) in [
            ("example.com", "https://example.com https://a.b.EXAMPLE.com", "https://myexample.com"),
            (".example.com", "https://a.example.com", "https://example.com"),
            ("*.example.com", "https://a.example.com", "https://example.com"),
            ("x.org, Example.com ,", "https://x.org https://example.com.", "https://y.org"),
            ("example.com:8443", "https://example.com:8443", "https://example.com"),
            ("example.com:443", "https://example.com", "https://example.com:8443"),
            ("*", "https://a.b https://10.0.0.1", "none"),
            ("10.1.2.3", "https://10.1.2.3", "https://10.1.2.4 https://10.1.2.3.example"),
            ("10.0.0.0/8", "https://10.200.0.1", "https://11.0.0.1 https://[::a]"),
            ("10.0.0.0/0", "https://192.168.0.1", "https://[fd00::1]"),
            ("fd00::/8,[::9]:80", "https://[fd12::1]", "https://[fe00::1] https://[::9]"),
            ("10.0.0.0/33,example.com:x", "https://localhost", "https://10.0.0.1 https://example.com"),
        ] {
            let proxy = without(no_proxy);
            for url in reached.split(' ') {
                assert!(!proxy.is_for(url), "{no_proxy}: {url}");
            }
            for url in not_reached.split(' ').filter(|url| *url != "none") {
                assert!(proxy.is_for(url), "{no_proxy}: {url}");
            }
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let proxy = proxy(&[("HTTPS_PROXY", "socks5://user:hunter2@proxy.example")]).unwrap();
        let shown = format!("{proxy:?} {:?} {}", proxy.url(), proxy.url().unwrap_err());
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("HTTPS_PROXY"), "{shown}");
    }
}
