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
//! While the program runs, `Shell::watch` (feature `watch`) follows the files, [`Shell::subscribe`] tells what happens, and
//! [`Shell::busy`] keeps the configuration as it is for a while. What is refused never replaces what runs:
//!
//! ```
//! use std::collections::BTreeMap;
//! use speckit_shell::{Reloaded, Shell};
//!
//! # let folder = tempfile::tempdir()?;
//! let path = folder.path().join("app.toml");
//! std::fs::write(&path, "port = 9000\n")?;
//! let shell = Shell::<BTreeMap<String, u16>>::builder().file(&path).open()?;
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

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::Guard;
use serde::de::DeserializeOwned;

use busy::Guarded;
use engine::{Cause, Reentered, Shared, Start, Turn};

#[cfg(feature = "agents")]
pub mod agents;
mod builder;
mod busy;
#[cfg(feature = "cli")]
pub mod cli;
mod clock;
pub mod documents;
mod engine;
mod entropy;
pub mod environment;
mod error;
mod events;
mod hub;
mod journal;
mod loader;
mod loading;
pub mod retry;
pub mod schemas;
mod snapshot;
mod sources;
mod status;
#[cfg(feature = "sqlite")]
pub mod store;
#[cfg(feature = "watch")]
mod watch;
pub mod world;

#[cfg(feature = "agents")]
pub use agents::{AsyncOrchestrator, GateRun, ProcessManager};
pub use builder::{Builder, Fallback};
pub use busy::Busy;
pub use error::ConfigError;
pub use events::{ConfigReloadEvent, Diagnostics, Subscription};
pub use loader::{
    ConfigLoader, PREFIX, RESERVED, application_defaults, application_rules, application_schema,
};
#[cfg(feature = "tokio")]
pub use retry::execute_with_backoff;
pub use retry::{
    Attempt, Cancel, CircuitBreaker, ErrorClass, RetryBudget, RetryClassifiable, RetryError, Retrying,
    execute_with_backoff_sync,
};
pub use snapshot::Snapshot;
pub use sources::Sources;
pub use speckit_core::schema::SchemaValidator;
pub use speckit_core::{
    AppConfig, Diagnostic, HistoryMode, HotReloadConfig, Jitter, Key, ModelConfig, ModelRegistry,
    OrchestratorConfig, Provider, ProviderConfig, QualityGateConfig, RegistryError, RetryConfig, Seed,
    Severity, Stage, StdinMode, StoreConfig, SynchronousMode, Tier, ValidationConfig, WatchMode,
};
pub use speckit_core::{
    backoff, breaker, capture, consensus, diagnostic, diff, explain, gate, herd, history, lines, print,
    redact, report, resolve, schema, source, supervise, typed,
};
pub use status::{Status, Watching};
#[cfg(feature = "watch")]
pub use watch::HotReloadWatcher;

/// A loaded configuration that is shared between threads. A copy is a pointer.
pub struct Shell<T> {
    shared: Arc<Shared<T>>,
}

/// What became of a reload by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reloaded {
    /// Another generation is in force.
    Renewed,
    /// What was in force still is: nothing that matters has changed.
    Unchanged,
    /// It is accepted, and waits until the last guard of [`Shell::busy`] is dropped.
    Deferred,
}

impl<T: DeserializeOwned + Send + Sync + 'static> Shell<T> {
    /// Collects the layers and the rules of a configuration.
    pub fn builder() -> Builder<T> {
        Builder::default()
    }

    pub(crate) fn of(start: Start<T>) -> Result<Self, ConfigError> {
        let shared = Arc::new(Shared::open(start)?);
        shared.begin_chronicle();
        Ok(Self { shared })
    }

    /// The settings, to keep.
    pub fn current(&self) -> Arc<T> {
        Arc::clone(self.shared.current.load().config())
    }

    /// The settings, for a short look: no count is touched that other threads touch.
    pub fn load(&self) -> Loaded<T> {
        Loaded(self.shared.current.load())
    }

    /// The present generation with the tree that explains it.
    pub fn snapshot(&self) -> Arc<Snapshot<T>> {
        self.shared.current.load_full()
    }

    /// Tells of every reload from now on. Any number may subscribe; none holds another up.
    pub fn subscribe(&self) -> Subscription {
        Subscription::of(&self.shared.hub)
    }

    /// Keeps the running configuration in force until the guard is dropped. What is accepted meanwhile waits, and what
    /// is refused is told at once.
    ///
    /// Where nobody watches, the thread that drops the last guard does the reload that waits.
    pub fn busy(&self) -> Busy {
        Busy::of(Arc::clone(&self.shared) as Arc<dyn Guarded>)
    }

    /// Reads everything now, and takes what is there as it is.
    ///
    /// # Errors
    /// [`ConfigError::Refused`] with every finding; what was in force stays. A rule of the configuration that asks for a
    /// reload is refused too, with `reload/nested`.
    pub fn reload(&self) -> Result<Reloaded, ConfigError> {
        let turn = self.shared.turn(Cause::Asked).map_err(|Reentered| {
            let message = "a rule of the configuration asks for a reload while it is asked itself";
            ConfigError::rules(vec![Diagnostic::error("reload/nested", Key::root(), message)])
        })?;
        // What was read now may lie in other folders than what is watched.
        self.shared.ring();
        match turn {
            Turn { refusal: Some(refusal), .. } => Err(refusal),
            Turn { is_deferred: true, .. } => Ok(Reloaded::Deferred),
            Turn { is_renewed: true, .. } => Ok(Reloaded::Renewed),
            _ => Ok(Reloaded::Unchanged),
        }
    }

    /// How it is doing: counts, times, what waits, and which files are not what runs. The files are read for that.
    pub fn status(&self) -> Status {
        self.shared.status()
    }

    /// What was accepted and refused, of this configuration and of all others that are kept in the same file
    /// ([`Builder::history`]). `None` where nothing is kept.
    #[cfg(feature = "sqlite")]
    pub fn history(&self) -> Option<store::History> {
        self.shared.chronicle.as_ref()?.journal.history()
    }

    /// Says that something may have changed, for a program that notices changes itself; [`Shell::turn`] then reads when
    /// the quiet period is over.
    pub fn hint(&self) {
        self.shared.hint();
    }

    /// Does what is due, for a program with an event loop of its own instead of a watcher, and says after how long
    /// to call again; `None` until the next [`Shell::hint`].
    pub fn turn(&self) -> Option<Duration> {
        let next = self.shared.turn(Cause::Due).ok()?.next?;
        Some(next.saturating_sub(self.shared.world.now()))
    }

    /// Reloads when files change, on a thread of its own, until the last watcher is dropped, which joins the thread.
    /// A second watcher shares the thread of the first.
    ///
    /// # Errors
    /// [`ConfigError::Watch`] where changes cannot be noticed in the way that was asked for.
    #[cfg(feature = "watch")]
    pub fn watch(&self) -> Result<HotReloadWatcher, ConfigError> {
        watch::watch(&self.shared)
    }
}

impl<T> Clone for Shell<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> fmt::Debug for Shell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shell").field(&**self.shared.current.load()).finish()
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
