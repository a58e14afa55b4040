//! The shell of speckit: layered, checked configuration with provenance, embedded in a Rust program.
//!
//! ```
//! use serde::Deserialize;
//! use speckit_shell::{Shell, source::Environment};
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
//! let shell = Shell::<Settings>::builder()
//!     .defaults_toml("[server]\nport = 8080\n")?
//!     .file("app.toml")
//!     .env_prefix("APP")
//!     .environment(Environment::of([("APP_SERVER__PORT", "9000")]))
//!     .open()?;
//! assert_eq!(shell.load().server.port, 9000);
//! let why = shell.snapshot().explain("server.port").unwrap();
//! assert_eq!(why.winner.unwrap().to_string(), "APP_SERVER__PORT");
//! # Ok::<(), speckit_shell::ConfigError>(())
//! ```
//!
//! All decisions are made in [`speckit_core`], which is re-exported here; this crate reads files and the
//! environment, each effect through one module.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use serde::de::DeserializeOwned;

mod builder;
#[cfg(feature = "cli")]
pub mod cli;
mod clock;
pub mod documents;
pub mod environment;
mod error;
mod events;
mod loader;
pub mod schemas;
mod snapshot;
mod sources;
mod status;

pub use builder::Builder;
pub use error::ConfigError;
pub use events::{ConfigReloadEvent, Diagnostics, Subscription};
pub use loader::{
    ConfigLoader, PREFIX, RESERVED, application_defaults, application_rules, application_schema,
};
pub use snapshot::Snapshot;
pub use sources::Sources;
pub use speckit_core::schema::SchemaValidator;
pub use speckit_core::{
    AppConfig, Diagnostic, HotReloadConfig, Key, ModelConfig, ModelRegistry, QualityGateConfig,
    RegistryError, RetryConfig, Severity, ValidationConfig,
};
pub use speckit_core::{diagnostic, diff, explain, print, redact, report, resolve, schema, source, typed};
pub use status::{Status, Watching};

/// A loaded configuration that is shared between threads. A copy is a pointer.
pub struct Shell<T> {
    current: Arc<ArcSwap<Snapshot<T>>>,
}

impl<T: DeserializeOwned + Send + Sync + 'static> Shell<T> {
    /// Collects the layers and the rules of a configuration.
    pub fn builder() -> Builder<T> {
        Builder::default()
    }

    pub(crate) fn of(snapshot: Snapshot<T>) -> Self {
        Self { current: Arc::new(ArcSwap::from_pointee(snapshot)) }
    }

    /// The settings, to keep.
    pub fn current(&self) -> Arc<T> {
        Arc::clone(self.current.load().config())
    }

    /// The settings, for a short look: no count is touched that other threads touch.
    pub fn load(&self) -> Loaded<T> {
        Loaded(self.current.load())
    }

    /// The present generation with the tree that explains it.
    pub fn snapshot(&self) -> Arc<Snapshot<T>> {
        self.current.load_full()
    }
}

impl<T> Clone for Shell<T> {
    fn clone(&self) -> Self {
        Self { current: Arc::clone(&self.current) }
    }
}

impl<T> fmt::Debug for Shell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shell").field(&**self.current.load()).finish()
    }
}

/// The settings of one generation, borrowed from a [`Shell`] for a short look.
pub struct Loaded<T>(Guard<Arc<Snapshot<T>>>);

impl<T> Deref for Loaded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.config()
    }
}

impl<T: fmt::Debug> fmt::Debug for Loaded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
