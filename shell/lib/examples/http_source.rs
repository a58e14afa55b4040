//! Settings from an address: a source that asks for a file over HTTP, and only for a newer version of it.
//!
//! Run `cargo run -p speckit --features sources --example http_source -- https://config.example.com/app.toml`. The variable
//! `CONFIG_AUTHORIZATION` has the header of this name, such as `Bearer …`. Ctrl-D ends the program.
#![expect(clippy::disallowed_methods, reason = "a program has sockets and variables of its own")]

use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use speckit::retry::RetryConfig;
use speckit::{Config, ConfigReloadEvent, Language, Secret, Show, Source, SourceContent, SourceError};
use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER};
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Proxy};

/// The longest content that is read.
const MAX_BYTES: u64 = 1 << 20;

/// A file at an address.
struct HttpSource {
    agent: Agent,
    uri: Uri,
    authorization: Option<Secret<String>>,
    time_limit: Duration,
    poll_interval: Option<Duration>,
    backoff: RetryConfig,
}

impl HttpSource {
    fn new(
        url: &str,
        authorization: Option<Secret<String>>,
        proxy: Option<Proxy>,
        time_limit: Duration,
    ) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|error| format!("this is no address: {error}"))?;
        let host = uri.host().unwrap_or_default();
        let is_safe =
            uri.scheme_str() == Some("https") || ["127.0.0.1", "[::1]", "localhost"].contains(&host);
        if authorization.is_some() && !is_safe {
            return Err(
                "the authorization is sent over https only: use an address that begins with https".into()
            );
        }
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let config = Agent::config_builder()
            .tls_config(tls.build())
            .proxy(proxy)
            // A redirect could lead to another host.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_global(Some(time_limit));
        Ok(Self {
            agent: Agent::new_with_config(config.build()),
            uri,
            authorization,
            time_limit,
            poll_interval: Some(Duration::from_secs(30)),
            backoff: RetryConfig::default().with_initial_backoff_ms(1000).with_max_backoff_ms(60_000),
        })
    }

    fn get(&self, version: Option<&str>) -> Result<SourceContent, SourceError> {
        let mut request = self.agent.get(self.uri.clone());
        if let Some(authorization) = &self.authorization {
            let mut value = HeaderValue::from_str(authorization.expose())?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        if let Some(version) = version {
            request = request.header(IF_NONE_MATCH, version);
        }
        let response = request.call()?;
        let status = response.status().as_u16();
        match status {
            200 => {}
            304 if version.is_some() => return Ok(SourceContent::unchanged()),
            401 | 403 => return Err(format!("status {status}: check CONFIG_AUTHORIZATION").into()),
            _ => {
                let error = SourceError::from(format!("status {status}"));
                let seconds = text(response.headers(), RETRY_AFTER).and_then(|wait| wait.parse().ok());
                return Err(match seconds {
                    Some(seconds) => error.retry_after(Duration::from_secs(seconds)),
                    None => error,
                });
            }
        }
        let version = text(response.headers(), ETAG);
        let is_json = text(response.headers(), CONTENT_TYPE).is_some_and(|kind| kind.contains("json"));
        let bytes = response.into_body().into_with_config().limit(MAX_BYTES).read_to_vec()?;
        let language = if is_json { Language::Json } else { Language::Toml };
        let content = SourceContent::bytes(language, bytes);
        Ok(version.into_iter().fold(content, SourceContent::version))
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

impl Source for HttpSource {
    /// The address without a password and without a query, which may be secret.
    fn name(&self) -> String {
        let port = self.uri.port().map(|port| format!(":{port}")).unwrap_or_default();
        let host = self.uri.host().unwrap_or_default();
        format!("{}://{host}{port}{}", self.uri.scheme_str().unwrap_or("http"), self.uri.path())
    }

    fn read(&self) -> Result<SourceContent, SourceError> {
        self.get(None)
    }

    fn read_if_changed(&self, version: &str) -> Result<SourceContent, SourceError> {
        self.get(Some(version))
    }

    fn poll_interval(&self) -> Option<Duration> {
        self.poll_interval
    }

    fn backoff(&self) -> RetryConfig {
        self.backoff
    }

    /// A little more than the limit of the request, whose error says more.
    fn timeout(&self) -> Duration {
        self.time_limit + Duration::from_secs(5)
    }
}

type Settings = BTreeMap<String, serde_json::Value>;

#[expect(clippy::print_stdout, reason = "it is a program")]
fn run(source: HttpSource) -> Result<(), speckit::ConfigError> {
    let config = Config::<Settings>::builder().source(source).debounce(Duration::from_millis(100)).open()?;
    print!("{}", config.snapshot().show(Show::Origins));
    let (events, watcher) = (config.subscribe(), config.watch()?);
    let log = std::thread::spawn(move || {
        for event in events {
            match event.event {
                ConfigReloadEvent::ReloadFailed { diagnostics, .. }
                | ConfigReloadEvent::Warning { diagnostics } => println!("{diagnostics}"),
                event => println!("{event:?}"),
            }
        }
    });
    // The source is read on its own threads meanwhile.
    let _ = io::copy(&mut io::stdin(), &mut io::sink());
    drop(watcher);
    drop(config);
    let _ = log.join();
    Ok(())
}

#[expect(clippy::print_stderr, clippy::print_stdout, reason = "it is a program")]
fn main() -> ExitCode {
    let Some(url) = std::env::args().nth(1) else {
        println!("usage: http_source URL");
        return ExitCode::SUCCESS;
    };
    let authorization = std::env::var("CONFIG_AUTHORIZATION").ok().map(Secret::new);
    let source = HttpSource::new(&url, authorization, Proxy::try_from_env(), Duration::from_secs(10));
    match source.and_then(|source| run(source).map_err(|error| error.to_string())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::thread;

    use speckit::retry::Jitter;
    use speckit::{ConfigError, Reloaded};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// A server on loopback that answers one request on each connection, with what the test sends next.
    struct Server {
        url: String,
        answers: Sender<Vec<u8>>,
        requests: Receiver<String>,
    }

    impl Server {
        fn start() -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}/app.toml?key=hunter2", listener.local_addr().unwrap());
            let (answers, script) = channel::<Vec<u8>>();
            let (seen, requests) = channel();
            thread::spawn(move || {
                let mut stalled = Vec::new();
                for stream in listener.incoming() {
                    let mut stream = stream.unwrap();
                    // An end that is dropped has finished the test.
                    if seen.send(head(&stream)).is_err() {
                        return;
                    }
                    let Ok(answer) = script.recv() else { return };
                    if answer.is_empty() {
                        stalled.push(stream);
                    } else {
                        // The client may have enough of it.
                        let _ = stream.write_all(&answer);
                    }
                }
            });
            Self { url, answers, requests }
        }

        fn answer(&self, status: u16, headers: &str, body: &str) {
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status} Some\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
            );
            self.send(answer);
        }

        fn send(&self, answer: impl Into<Vec<u8>>) {
            self.answers.send(answer.into()).unwrap();
        }

        fn request(&self) -> String {
            self.requests.recv_timeout(PATIENCE).unwrap()
        }

        fn source(&self) -> HttpSource {
            let authorization = Some(Secret::new("Bearer hunter2".to_owned()));
            let source = HttpSource::new(&self.url, authorization, None, Duration::from_secs(1)).unwrap();
            // It is read only when a test reloads.
            let hour = RetryConfig::default().with_initial_backoff_ms(3_600_000).with_jitter(Jitter::None);
            let backoff = hour.with_max_backoff_ms(3_600_000);
            HttpSource { poll_interval: None, backoff, ..source }
        }

        fn open(&self) -> Config<Settings> {
            self.answer(200, "etag: \"1\"\r\n", "port = 1\n");
            let config = Config::builder().source(self.source()).open().unwrap();
            self.request();
            config
        }
    }

    fn head(stream: &TcpStream) -> String {
        let lines = BufReader::new(stream).lines().map_while(Result::ok);
        lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n").to_lowercase()
    }

    fn failure(config: &Config<Settings>) -> Option<String> {
        config.status().sources[0].failure.clone()
    }

    #[test]
    fn only_a_newer_version_is_asked_for() {
        let server = Server::start();
        server.answer(200, "etag: \"1\"\r\ncontent-type: application/json\r\n", "{\"port\": 1}");
        let config = Config::<Settings>::builder().source(server.source()).open().unwrap();
        let request = server.request();
        assert!(request.contains("authorization: bearer hunter2"), "{request}");
        assert!(!request.contains("if-none-match"), "{request}");
        let origin = config.snapshot().explain("port").unwrap().winner.unwrap().to_string();
        assert!(origin.ends_with("/app.toml:1:10") && !origin.contains("hunter2"), "{origin}");

        server.answer(304, "", "");
        assert_eq!(config.reload().unwrap(), Reloaded::Unchanged);
        assert!(server.request().contains("if-none-match: \"1\""));
        assert_eq!(failure(&config), None);

        server.answer(200, "etag: \"2\"\r\n", "port = 2");
        assert_eq!(config.reload().unwrap(), Reloaded::Renewed);
        assert_eq!(config.load()["port"], 2);
        server.request();
        server.answer(200, "etag: \"3\"\r\n", "port = 2");
        assert_eq!(config.reload().unwrap(), Reloaded::Unchanged);
        assert!(server.request().contains("if-none-match: \"2\""));
        server.answer(304, "", "");
        assert_eq!(config.reload().unwrap(), Reloaded::Unchanged);
        assert!(server.request().contains("if-none-match: \"3\""), "equal content has a new version");
    }

    #[test]
    fn whatever_goes_wrong_keeps_the_last_settings_until_the_server_is_back() {
        let half = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 100\r\n\r\nport = 3\n";
        let huge = format!("#{}", " ".repeat(1 << 20));
        let huge = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{huge}", huge.len());
        let without_length = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n#{}", " ".repeat(1 << 20));
        let status = "HTTP/1.1 500 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let login = "HTTP/1.1 302 Found\r\nlocation: /login\r\ncontent-length: 0\r\n\r\n";
        let server = Server::start();
        let config = server.open();
        for (answer, reason) in [
            (status, "status 500"),
            (login, "status 302"),
            (half, ""),
            (&huge, "limit"),
            (&without_length, "limit"),
            ("no HTTP\r\n\r\n", ""),
            // The server stalls.
            ("", "timeout"),
        ] {
            server.send(answer);
            assert_eq!(config.reload().unwrap(), Reloaded::Unchanged);
            server.request();
            let failure = failure(&config).unwrap_or_else(|| panic!("{answer:.40} is accepted"));
            assert!(failure.contains(reason) && !failure.contains("hunter2"), "{failure}");
            assert_eq!(config.load()["port"], 1);
        }
        assert!(config.status().sources[0].outage.is_some());
        server.answer(200, "", "port = 4");
        assert_eq!(config.reload().unwrap(), Reloaded::Renewed);
        assert_eq!((failure(&config), &config.load()["port"]), (None, &4.into()));
    }

    #[test]
    fn wrong_content_is_refused_at_its_place() {
        let server = Server::start();
        let config = server.open();
        for (body, code) in [("port = \n", "parse/toml"), ("<html>\n", "parse/toml")] {
            server.answer(200, "", body);
            let error = config.reload().unwrap_err();
            assert_eq!(error.diagnostics()[0].code, code, "{error}");
            assert!(error.to_string().contains("/app.toml:1:"), "{error}");
            assert_eq!(config.load()["port"], 1);
        }
    }

    #[test]
    fn a_server_without_settings_is_an_error_at_the_start() {
        // Nothing is there that could be unchanged.
        for (status, reason) in [(401, "status 401: check CONFIG_AUTHORIZATION"), (304, "status 304")] {
            let server = Server::start();
            server.answer(status, "", "");
            let opened: Result<Config<Settings>, ConfigError> =
                Config::builder().source(server.source()).open();
            let report = opened.unwrap_err().to_string();
            assert!(report.contains(reason), "{report}");
            assert!(!report.contains("hunter2"), "{report}");
        }
    }

    #[test]
    fn a_server_that_asks_for_time_is_not_asked_before() {
        let server = Server::start();
        let config = server.open();
        server.answer(503, "retry-after: 600\r\n", "");
        assert_eq!(config.reload().unwrap(), Reloaded::Unchanged);
        server.request();
        // Beside the wait of the backoff.
        let rest = config.status().sources[0].next_read.unwrap().saturating_sub(Duration::from_secs(3600));
        assert!(rest > Duration::from_secs(500) && rest <= Duration::from_secs(600), "{rest:?}");
    }

    #[test]
    fn the_authorization_is_not_sent_in_the_clear() {
        let secret = || Some(Secret::new("Bearer hunter2".to_owned()));
        let of = |url: &str| HttpSource::new(url, secret(), None, PATIENCE).err();
        assert!(of("http://config.example.com/app.toml").unwrap().contains("https"));
        assert_eq!(of("https://config.example.com/app.toml"), None);
        assert!(of("no address at all").is_some());
    }
}
