//! The door to hosts: one request, one answer.
//!
//! A request goes to https, or to loopback, follows no redirect, and has a time limit for each phase. Each has a connection of its own: a
//! kept one may be closed by the host while a request is on its way, and then nobody knows whether the host has got it.
//!
//! The bytes of the answer that this crate holds are wiped; those in the buffers of TLS and of the allocator are not.
#![expect(clippy::disallowed_methods, reason = "this module is the door to hosts")]

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use speckit_core::auth::{
    Answer, Exchange, MAX_ANSWER_BYTES, ProxySettings, Request, TransportFailure, TransportFailureKind,
    allowed_url,
};
use speckit_core::tree::typed::Secret;
use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use ureq::http::{HeaderMap, HeaderValue, Method, Response};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body, Proxy};

use crate::os::environment;

mod failure;

use failure::failure;

const USER_AGENT: &str = concat!("speckit/", env!("CARGO_PKG_VERSION"));
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// Sends requests to providers. A clone shares its settings.
#[derive(Clone, Debug)]
pub struct HttpClient {
    direct: Agent,
    proxied: Option<Proxied>,
    limits: TimeLimits,
}

/// The way through a proxy.
#[derive(Clone, Debug)]
struct Proxied {
    settings: ProxySettings,
    /// Or why the proxy cannot be used.
    agent: Result<Agent, String>,
}

/// How long each phase of a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimits {
    /// The search for the addresses of the host.
    pub resolve: Duration,
    /// The connection, with the proxy and with TLS.
    pub connect: Duration,
    /// Sending the header and sending the body, each.
    pub send: Duration,
    /// Waiting for the header of the answer.
    pub header: Duration,
    /// Reading the body of the answer.
    pub body: Duration,
}

impl Default for TimeLimits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            resolve: seconds(5),
            connect: seconds(5),
            send: seconds(5),
            header: seconds(10),
            body: seconds(10),
        }
    }
}

impl HttpClient {
    /// Sends through this proxy, except to the hosts that are reached without it.
    pub fn new(proxy: Option<ProxySettings>) -> Self {
        Self::with_limits(proxy, TimeLimits::default())
    }

    /// Sends through the proxy that the environment of this process names.
    pub fn from_environment() -> Self {
        Self::new(ProxySettings::of(&environment::capture_wanted(&ProxySettings::is_read)))
    }

    /// As [`HttpClient::new`], with these time limits.
    pub fn with_limits(proxy: Option<ProxySettings>, limits: TimeLimits) -> Self {
        let proxied = proxy.map(|settings| Proxied { agent: proxied_agent(&settings, limits), settings });
        Self { direct: agent(None, limits), proxied, limits }
    }

    /// Sends a request and reads its answer. A redirect is an answer like any other.
    ///
    /// # Errors
    /// Why there is no answer.
    pub fn send(&self, request: &Request) -> Exchange {
        allowed_url(&request.url).map_err(|problem| unsent(format!("its URL {problem}")))?;
        let proxied = self.proxied.as_ref().filter(|proxied| proxied.settings.is_for(&request.url));
        let agent = match proxied {
            None => &self.direct,
            Some(proxied) => proxied.agent.as_ref().map_err(|reason| unsent(reason.clone()))?,
        };
        let variable = proxied.map(|proxied| proxied.settings.variable());
        sent(agent, request).and_then(read).map_err(|error| match error {
            NoAnswer::Failed(error) => failure(&error, &self.limits, variable),
            NoAnswer::TooLarge => TransportFailure {
                kind: TransportFailureKind::TooLarge,
                reason: format!(
                    "its answer is longer than {}",
                    speckit_core::text::size(MAX_ANSWER_BYTES as u64)
                ),
            },
        })
    }
}

/// A request that was not even tried.
fn unsent(reason: String) -> TransportFailure {
    TransportFailure { kind: TransportFailureKind::Connect, reason }
}

fn proxied_agent(settings: &ProxySettings, limits: TimeLimits) -> Result<Agent, String> {
    let url = settings.url().map_err(|problem| problem.to_string())?;
    let proxy = Proxy::new(url.expose());
    // The words of ureq are not used, since they may hold the password.
    let proxy = proxy.map_err(|_| format!("`{}` is no URL of a proxy", settings.variable()))?;
    Ok(agent(Some(proxy), limits))
}

fn agent(proxy: Option<Proxy>, limits: TimeLimits) -> Agent {
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::PlatformVerifier)
        // Without this line ureq takes what its features choose, and a later version chooses another one.
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = Agent::config_builder()
        .tls_config(tls.build())
        // Otherwise ureq reads the environment itself.
        .proxy(proxy)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent(USER_AGENT)
        .accept("application/json")
        .max_idle_connections(0)
        .timeout_resolve(Some(limits.resolve))
        .timeout_connect(Some(limits.connect))
        .timeout_send_request(Some(limits.send))
        .timeout_send_body(Some(limits.send))
        .timeout_recv_response(Some(limits.header))
        .timeout_recv_body(Some(limits.body));
    Agent::new_with_config(config.build())
}

/// Why there is no answer.
enum NoAnswer {
    Failed(ureq::Error),
    TooLarge,
}

fn sent(agent: &Agent, request: &Request) -> Result<Response<Body>, NoAnswer> {
    let mut builder = ureq::http::Request::builder().uri(&request.url);
    if let Some(text) = &request.authorization {
        let value = HeaderValue::from_str(text.expose());
        let mut value = value.map_err(|error| NoAnswer::Failed(ureq::Error::Http(error.into())))?;
        value.set_sensitive(true);
        builder = builder.header(AUTHORIZATION, value);
    }
    let answer = match &request.form {
        None => {
            builder.method(Method::GET).body(()).map_err(ureq::Error::Http).and_then(|get| agent.run(get))
        }
        Some(form) => {
            let post = builder.method(Method::POST).header(CONTENT_TYPE, FORM);
            let post = post.body(form.expose().as_bytes()).map_err(ureq::Error::Http);
            post.and_then(|post| agent.run(post))
        }
    };
    answer.map_err(NoAnswer::Failed)
}

fn read(answer: Response<Body>) -> Result<Answer, NoAnswer> {
    let status = answer.status().as_u16();
    let retry_after = retry_after(answer.headers());
    let body = answer.into_body();
    let limit = MAX_ANSWER_BYTES as u64;
    if body.content_length().is_some_and(|length| length > limit) {
        return Err(NoAnswer::TooLarge);
    }
    // It never grows, since that would leave a copy behind.
    let mut bytes = Vec::with_capacity(MAX_ANSWER_BYTES + 1);
    let read = body.into_reader().take(limit + 1).read_to_end(&mut bytes);
    let body = Secret::new(bytes);
    read.map_err(|error| NoAnswer::Failed(error.into()))?;
    if body.expose().len() > MAX_ANSWER_BYTES {
        return Err(NoAnswer::TooLarge);
    }
    Ok(Answer { status, retry_after, body })
}

/// The header `Retry-After`, if it is in seconds. A date is left out: the clock of the host may be another one.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
