//! The shell of speckit: layered, checked configuration with provenance, embedded in a Rust program.
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
//! let shell = Config::<Settings>::builder()
//!     .defaults_toml("[server]\nport = 8080\n")
//!     .file("app.toml")
//!     .env_prefix("APP")
//!     .environment(Environment::of([("APP_SERVER__PORT", "9000")]))
//!     .open()?;
//! assert_eq!(shell.load().server.port, 9000);
//! let why = shell.snapshot().explain("server.port").unwrap();
//! assert_eq!(why.winner.unwrap().to_string(), "APP_SERVER__PORT");
//! # Ok::<(), speckit::ConfigError>(())
//! ```
//!
//! While the program runs, `Config::watch` (feature `watch`) follows the files, [`Config::subscribe`] tells what happens, and
//! [`Config::busy`] keeps the configuration as it is for a while. What is refused never replaces what runs:
//!
//! ```
//! use std::collections::BTreeMap;
//! use speckit::{Reloaded, Config};
//!
//! # let folder = tempfile::tempdir()?;
//! let path = folder.path().join("app.toml");
//! std::fs::write(&path, "port = 9000\n")?;
//! let shell = Config::<BTreeMap<String, u16>>::builder().file(&path).open()?;
//! std::fs::write(&path, "port = 'high'\n")?;
//! assert!(shell.reload().unwrap_err().to_string().contains("app.toml:1:8"));
//! assert_eq!(shell.load()["port"], 9000);
//! std::fs::write(&path, "port = 9001\n")?;
//! assert_eq!(shell.reload()?, Reloaded::Renewed);
//! assert_eq!(shell.load()["port"], 9001);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! All decisions are made in [`speckit_core`], which is re-exported here; this crate reads files and the
//! environment, each effect through one module.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod config;
mod os;
mod sync;

#[cfg(feature = "agents")]
pub mod agents;
#[cfg(feature = "app")]
pub mod app;
#[cfg(feature = "retry")]
pub mod retry;
#[cfg(feature = "sqlite")]
pub mod store;

pub use config::builder::Builder;
pub use config::busy::Busy;
pub use config::engine::Fallback;
pub use config::error::ConfigError;
pub use config::events::{ConfigReloadEvent, Diagnostics};
pub use config::handle::{Config, Loaded, Reloaded};
#[cfg(feature = "sqlite")]
pub use config::history::History;
pub use config::loading::Inspection;
#[cfg(feature = "schema")]
pub use config::schemas;
pub use config::snapshot::Snapshot;
pub use config::sources::Sources;
pub use config::status::{Status, Watching};
#[cfg(feature = "watch")]
pub use config::watch::HotReloadWatcher;
pub use os::{documents, environment, world};
#[cfg(feature = "schema")]
pub use speckit_core::config::schema::{SchemaMap, SchemaValidator};
pub use speckit_core::config::source::{Environment, Override};
pub use speckit_core::config::{HotReloadConfig, WatchMode};
pub use speckit_core::{Code, CodeFamily, Diagnostic, Key, Severity};
pub use sync::broadcast::{BroadcastEvent, Receiver};

/// The example of the README, so that it is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

/// What the program `speckit` shares with the library of the same version. It is no part of the public interface.
#[doc(hidden)]
pub mod internal {
    #[cfg(feature = "sqlite")]
    pub use crate::config::history::journal::look_up;
    #[cfg(feature = "sqlite")]
    pub use crate::config::history::location;
    #[cfg(feature = "schema")]
    pub use crate::config::schemas;
    pub use crate::os::{clock, documents, environment};
    pub use crate::sync::Mutex;
}
