//! Layered, validated configuration that knows where every value came from.
//!
//! Defaults, files, environment variables and overrides become one struct of yours. Mistakes are reported together, each with its
//! location, and a reload that is refused never replaces the configuration in use.
//!
//! ```
//! use serde::Deserialize;
//! use speckit::{Config, Environment};
//!
//! #[derive(Deserialize)]
//! struct Settings {
//!     server: Server,
//! }
//! #[derive(Deserialize)]
//! struct Server {
//!     port: u16,
//! }
//!
//! let config = Config::<Settings>::builder()
//!     .defaults_toml("[server]\nport = 8080\n")
//!     .file("app.toml")
//!     .env_prefix("APP")
//!     .environment(Environment::of([("APP_SERVER__PORT", "9000")]))
//!     .open()?;
//! assert_eq!(config.load().server.port, 9000);
//! let why = config.snapshot().explain("server.port").unwrap();
//! assert_eq!(why.winner.unwrap().to_string(), "APP_SERVER__PORT");
//! # Ok::<(), speckit::ConfigError>(())
//! ```
//!
//! The [`guide`] has a page for each task; begin with [`guide::getting_started`].
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `watch` (default) | `Config::watch`: reload when files change |
//! | `schema` | `Builder::{schema_json, schema_file}`: a JSON Schema (Draft 4 to 2020-12) with types, ranges, descriptions, secrets and names of variables |
//! | `schemars` | `Builder::schema_of_type`: the schema derived from your type |
//! | `commands` | `commands`: `myapp config show`, `explain`, `check` and others, for your own program |
//! | `sources` | `Builder::source`: settings from a vault, a parameter store or an address |
//! | `retry` | `retry`: calls with backoff, retry budgets and circuit breakers |
//! | `sqlite` | `store`: SQLite under contention; the history of a configuration |
//! | `tokio` | the async forms of retries, of the store and of sources |
//! | `agents` | `agents`: programs in parallel with a quorum, each in a process group of its own |
//! | `tracing` | events of the crate `tracing` for loads, reloads, refusals, warnings, writes and agents |
//! | `instrumentation` | [`measure_time!`] measures your code; implies `tracing` |
//! | `bench` | `bench`: benchmarks of functions and commands |
//! | `policy` | `policy`: rules over files, over what git has staged or pushes, and git hooks |
//! | `auth` | `auth`: device login (RFC 8628), and tokens that many processes share |
//! | `app` | `app`: the settings of the program `speckit` |
//! | `clap` | `Builder::arguments`: the arguments of a command line that were given, with their options as origins |
//! | `testing` | `testing`: files, variables and a clock in memory, and committed files that are compared, for tests of your settings |
//! | `proptest` | `strategies`: layers for property tests of your settings |
//! | `garde`, `validator` | errors of these crates are violations of [`Builder::validate`] |
//! | `miette` | [`ConfigError`] is a diagnostic of miette |
//!
//! All decisions are functions of [`speckit_core`], which has no files, clocks or threads; this crate performs the effects, each kind in one
//! module.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod config;
pub mod guide;
pub mod instrumentation;
mod os;
mod sync;

#[cfg(feature = "agents")]
pub mod agents;
#[cfg(feature = "app")]
pub mod app;
#[cfg(feature = "auth")]
pub mod auth;
#[cfg(feature = "bench")]
pub mod bench;
#[cfg(feature = "commands")]
pub mod commands;
#[cfg(feature = "policy")]
pub mod policy;
#[cfg(feature = "retry")]
pub mod retry;
#[cfg(feature = "sqlite")]
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;

pub use config::builder::Builder;
pub use config::busy::Busy;
pub use config::config_event::ConfigEvent;
pub use config::config_path::ConfigPath;
pub use config::engine::Fallback;
pub use config::error::ConfigError;
pub use config::events::{ConfigReloadEvent, Diagnostics, RecordState};
pub use config::handle::{Config, Loaded, Reloaded};
#[cfg(feature = "sqlite")]
pub use config::history::History;
pub use config::inspection::Inspection;
#[cfg(feature = "schema")]
pub use config::schemas;
pub use config::snapshot::Snapshot;
#[cfg(all(feature = "sources", feature = "tokio"))]
pub use config::source::AsyncSource;
#[cfg(feature = "sources")]
pub use config::source::{Hint, Source, SourceContent, SourceError, SourceStatus};
pub use config::sources::{GivenLayer, ReadSource, Sources};
pub use config::status::{Status, Watching};
pub use config::view::{Selected, View};
pub use config::violations::Violations;
#[cfg(feature = "watch")]
pub use config::watch::HotReloadWatcher;
pub use os::{documents, environment, world};
#[cfg(feature = "schema")]
pub use speckit_core::config::schema::{SchemaMap, SchemaValidator};
pub use speckit_core::config::source::{Environment, Language, Override};
#[cfg(feature = "proptest")]
pub use speckit_core::config::strategies;
pub use speckit_core::config::{HotReloadConfig, WatchMode};
pub use speckit_core::tree::print::Show;
pub use speckit_core::tree::typed::{Secret, deserialize_secret};
pub use speckit_core::{Code, CodeFamily, Diagnostic, Key, Kind, Layer, LayerKind, Origin, Severity, Value};
pub use sync::broadcast::{BroadcastEvent, Receiver};

/// The example of the README, so that it is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

/// What the program `speckit` shares with the library of the same version. It is no part of the public interface.
#[doc(hidden)]
pub mod internal {
    #[cfg(all(feature = "agents", feature = "app", feature = "auth"))]
    pub use crate::app::trust::{PROJECT_FILE, TrustStore};
    #[cfg(feature = "auth")]
    pub use crate::auth::http::{HttpClient, TimeLimits};
    #[cfg(feature = "bench")]
    pub use crate::bench::working_folder::ProvenanceQuery;
    #[cfg(feature = "sqlite")]
    pub use crate::config::history::journal::look_up;
    #[cfg(feature = "sqlite")]
    pub use crate::config::history::location;
    #[cfg(feature = "schema")]
    pub use crate::config::schemas;
    #[cfg(feature = "retry")]
    pub use crate::os::entropy;
    #[cfg(feature = "commands")]
    pub use crate::os::output;
    pub use crate::os::{clock, documents, environment};
    pub use crate::sync::Mutex;
}
