//! A web service on axum: settings of every common shape, a pool that follows its part of them, and an address that shows operators
//! what is in force and where it comes from.
//!
//! `cargo run -p speckit --example service`, also with `SERVICE_LISTEN=127.0.0.1:9000`; then `curl localhost:8080/config`. While it
//! runs, write `service.toml`. Ctrl-D ends the program.
#![expect(clippy::print_stderr, reason = "a program has a user")]
#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "a test writes files"))]
#![expect(dead_code, reason = "the settings of a larger service than this one")]

use std::collections::BTreeMap;
use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use serde::{Deserialize, Deserializer};
use speckit::{Builder, Config, ConfigPath, ConfigReloadEvent, Secret, Show};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::sync::RwLock;

#[derive(Debug, Deserialize)]
struct Settings {
    listen: SocketAddr,
    #[serde(deserialize_with = "duration", rename = "request-timeout")]
    request_timeout: Duration,
    #[serde(default)]
    static_files: Option<ConfigPath>,
    database: Database,
    log: Log,
    cache: Cache,
    #[serde(default)]
    upstreams: Vec<Upstream>,
    #[serde(default)]
    tenants: BTreeMap<String, Tenant>,
    #[serde(flatten)]
    limits: Limits,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Database {
    #[serde(alias = "uri")]
    url: String,
    password: Option<Secret<String>>,
    #[serde(default)]
    pool: Option<u32>,
}

/// An enum of names.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Log {
    Text,
    Json,
}

/// An enum whose variant is named by a member.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Cache {
    Memory,
    Disk { path: String, max_mb: u64 },
}

/// An enum that is one of several shapes.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Upstream {
    Url(String),
    Weighted { url: String, weight: u32 },
}

#[derive(Debug, Deserialize)]
struct Tenant {
    quota: u64,
}

#[derive(Debug, Deserialize)]
struct Limits {
    max_body_bytes: u64,
}

/// `30s`, `5m` or `1h`.
fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let seconds = |unit: char, seconds: u64| Some(text.strip_suffix(unit)?.parse::<u64>().ok()? * seconds);
    let seconds = seconds('s', 1).or_else(|| seconds('m', 60)).or_else(|| seconds('h', 3600));
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| serde::de::Error::custom("expected a duration such as `30s`"))
}

const DEFAULTS: &str = "
listen = '127.0.0.1:8080'
request-timeout = '30s'
log = 'text'
cache = { kind = 'memory' }
max_body_bytes = 1_048_576
upstreams = []

[database]
url = 'postgres://localhost/app'
";

fn builder(file: impl Into<PathBuf>) -> Builder<Settings> {
    // A type with a flattened field does not show which of its fields are secret.
    Config::builder().defaults_toml(DEFAULTS).file(file).env_prefix("SERVICE").secret("database.password")
}

/// Stands for a pool of connections.
#[derive(Debug)]
struct Pool {
    url: String,
    size: u32,
}

impl Pool {
    fn connect(database: &Database) -> Self {
        Self { url: database.url.clone(), size: database.pool.unwrap_or(8) }
    }
}

/// What the handlers share.
#[derive(Clone)]
struct Service {
    config: Config<Settings>,
    pool: Arc<RwLock<Pool>>,
}

impl Service {
    fn new(config: Config<Settings>) -> Self {
        let pool = Pool::connect(&config.load().database);
        Self { config, pool: Arc::new(RwLock::new(pool)) }
    }

    fn router(&self) -> Router {
        Router::new()
            .route("/", get(index))
            .route("/config", get(show))
            .route("/config/{key}", get(explain))
            .with_state(self.clone())
    }

    /// Connects again whenever the settings of the database change, and only then.
    async fn follow_database(pool: Arc<RwLock<Pool>>, config: Config<Settings>) {
        let mut database = config.select(|settings| &settings.database);
        // The view ends with the last `Config`.
        drop(config);
        while let Ok(database) = database.changed().await {
            *pool.write().await = Pool::connect(&database);
        }
    }
}

async fn index(State(service): State<Service>) -> String {
    let pool = service.pool.read().await;
    format!("{} connections to {}\n", pool.size, pool.url)
}

/// Every value with its origin; secrets are redacted.
async fn show(State(service): State<Service>) -> String {
    service.config.snapshot().show(Show::Origins)
}

async fn explain(State(service): State<Service>, Path(key): Path<String>) -> Result<String, StatusCode> {
    service.config.snapshot().explain(&key).map(|found| found.to_text()).ok_or(StatusCode::NOT_FOUND)
}

/// Prints what happens to the configuration.
async fn log_reloads(config: Config<Settings>) {
    let mut events = config.subscribe();
    drop(config);
    while let Some(event) = events.recv().await {
        match event.event {
            ConfigReloadEvent::ReloadSuccess { generation, changed, .. } => {
                eprintln!("generation {generation}: {} changed", changed.len());
            }
            ConfigReloadEvent::ReloadFailed { diagnostics, .. } => eprintln!("{diagnostics}"),
            _ => {}
        }
    }
}

async fn serve(config: Config<Settings>, listener: TcpListener) -> std::io::Result<()> {
    let service = Service::new(config.clone());
    tokio::spawn(Service::follow_database(Arc::clone(&service.pool), config.clone()));
    tokio::spawn(log_reloads(config));
    axum::serve(listener, service.router()).await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = builder("service.toml").open()?;
    eprint!("{}", config.snapshot().warnings());
    let _watcher = config.watch()?;
    let listener = TcpListener::bind(config.load().listen).await?;
    eprintln!("listening on {}", listener.local_addr()?);
    tokio::select! {
        served = serve(config, listener) => served?,
        // A person ends the program with Ctrl-D.
        _ = async { tokio::io::stdin().read_to_end(&mut Vec::new()).await } => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use speckit::Environment;
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpStream;

    use super::*;

    /// The body of the answer of the service to a request.
    async fn get(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: service\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        body.to_owned()
    }

    #[tokio::test]
    async fn the_pool_follows_its_part_of_the_settings_and_operators_see_every_origin() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("service.toml");
        std::fs::write(&path, "[database]\nurl = 'postgres://one'\npassword = 'hunter2'\n").unwrap();
        let variables = [
            ("SERVICE_DATABASE__POOL", "4"),
            ("SERVICE_CACHE__KIND", "disk"),
            ("SERVICE_CACHE__PATH", "/var/cache"),
            ("SERVICE_CACHE__MAX_MB", "64"),
            ("SERVICE_UPSTREAMS__0", "http://a"),
            ("SERVICE_UPSTREAMS__1__URL", "http://b"),
            ("SERVICE_UPSTREAMS__1__WEIGHT", "2"),
            ("SERVICE_TENANTS__acme__QUOTA", "10"),
            ("SERVICE_MAX_BODY_BYTES", "1024"),
        ];
        let config = builder(&path).environment(Environment::of(variables)).open().unwrap();
        let settings = config.current();
        assert!(matches!(&settings.cache, Cache::Disk { path, max_mb: 64 } if path == "/var/cache"));
        assert!(matches!(&settings.upstreams[..], [Upstream::Url(_), Upstream::Weighted { weight: 2, .. }]));
        assert_eq!((settings.tenants["acme"].quota, settings.limits.max_body_bytes), (10, 1024));

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(config.clone(), listener));
        assert_eq!(get(address, "/").await, "4 connections to postgres://one\n");

        std::fs::write(&path, "[database]\nurl = 'postgres://two'\npassword = 'hunter2'\n").unwrap();
        config.reload().unwrap();
        while get(address, "/").await != "4 connections to postgres://two\n" {}

        let shown = get(address, "/config").await;
        assert!(shown.contains("SERVICE_DATABASE__POOL") && shown.contains("[redacted]"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
        let why = get(address, "/config/database.url").await;
        assert!(why.contains("service.toml:2:7") && why.contains("shadowed"), "{why}");
    }
}
