//! The handle of a running configuration.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::Guard;
use serde::de::DeserializeOwned;
use speckit_core::config::redact::Masks;
use speckit_core::{Code, Diagnostic, Key};

use super::busy::{Busy, BusyOwner};
use super::config_event::ConfigEvent;
use super::engine::{AlreadyLocked, RunningConfig, Start, Trigger, TurnResult};
use super::error::ConfigError;
#[cfg(feature = "sqlite")]
use super::history::History;
use super::snapshot::Snapshot;
use super::status::Status;
use super::view::View;
#[cfg(feature = "watch")]
use super::watch::{self, HotReloadWatcher};
use crate::sync::broadcast::Receiver;

/// A loaded configuration that is shared between threads. A copy is a pointer.
pub struct Config<T> {
    pub(super) running: Arc<RunningConfig<T>>,
    #[cfg(feature = "watch")]
    watcher: Arc<watch::WatcherSlot>,
}

/// The result of [`Config::reload`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reloaded {
    /// A new generation is in use.
    Renewed,
    /// The values are the same as before.
    Unchanged,
    /// The new configuration is valid, and waits until the last guard of [`Config::busy`] is dropped.
    Deferred,
}

impl<T: DeserializeOwned + Send + Sync + 'static> Config<T> {
    pub(crate) fn of(start: Start<T>) -> Result<Self, ConfigError> {
        let running = Arc::new(RunningConfig::open(start)?);
        #[cfg(feature = "tracing")]
        running.report_opened();
        #[cfg(feature = "sqlite")]
        running.start_recording();
        #[cfg(feature = "sources")]
        running.listen_to_sources();
        Ok(Self {
            running,
            #[cfg(feature = "watch")]
            watcher: Arc::default(),
        })
    }

    /// The settings, to keep.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().defaults_toml("port = 80").open()?;
    /// assert_eq!(config.current()["port"], 80);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    pub fn current(&self) -> Arc<T> {
        Arc::clone(self.running.current.load().settings())
    }

    /// The settings for a short read, without a reference count that threads share.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().defaults_toml("port = 80").open()?;
    /// assert_eq!(config.load()["port"], 80);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    pub fn load(&self) -> Loaded<T> {
        Loaded(self.running.current.load())
    }

    /// The current generation, with the origin of each value.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().defaults_toml("port = 80").open()?;
    /// assert_eq!(config.snapshot().to_text(), "port = 80\n");
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    pub fn snapshot(&self) -> Arc<Snapshot<T>> {
        self.running.current.load_full()
    }

    /// The masks that hide the secrets of the current generation in other texts. It waits for a running reload.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().open()?;
    /// let masks = config.masks();
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    pub fn masks(&self) -> Masks {
        self.running.masks(&self.snapshot())
    }

    /// A part of the settings, and its changes from now on: [`View`].
    ///
    /// ```
    /// # #[derive(serde::Deserialize)]
    /// # struct Settings { database: Database }
    /// # #[derive(PartialEq, serde::Deserialize)]
    /// # struct Database { url: String }
    /// # let builder = speckit::Config::<Settings>::builder().defaults_toml("database.url = 'local'");
    /// let config = builder.open()?;
    /// let database = config.select(|settings| &settings.database);
    /// assert_eq!(database.current().url, "local");
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    pub fn select<U: ?Sized + PartialEq + 'static>(
        &self,
        part: impl Fn(&T) -> &U + Send + Sync + 'static,
    ) -> View<U> {
        // Before the settings are loaded, so that no change is missed.
        let follower = self.running.publications.follow();
        View::new(&self.running.current, follower, part)
    }

    /// Subscribes to the events of all reloads from now on. Subscribers do not block each other.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().defaults_toml("port = 80").open()?;
    /// let events = config.subscribe();
    /// config.reload()?;
    /// assert!(events.try_recv().is_err(), "nothing changed");
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    pub fn subscribe(&self) -> Receiver<ConfigEvent<T>> {
        self.running.events.subscribe()
    }

    /// Keeps the running configuration in use until the guard is dropped. An accepted reload waits for that; a refused one
    /// is reported at once.
    ///
    /// Without a watcher, dropping the last guard runs the waiting reload.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().open()?;
    /// let guard = config.busy();
    /// assert_eq!(config.status().busy, 1);
    /// drop(guard);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    pub fn busy(&self) -> Busy {
        Busy::of(Arc::clone(&self.running) as Arc<dyn BusyOwner>)
    }

    /// Reads and publishes everything now, without waiting for files that lost their content.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().defaults_toml("port = 80").open()?;
    /// assert_eq!(config.reload()?, speckit::Reloaded::Unchanged);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError::Refused`] with all diagnostics; the running configuration stays. A validation rule that calls this gets
    /// `reload/nested`.
    pub fn reload(&self) -> Result<Reloaded, ConfigError> {
        #[cfg(feature = "sources")]
        self.running.refresh_sources().map_err(nested)?;
        let turn = self.running.turn(Trigger::Requested).map_err(nested)?;
        // The files may be in other folders than the watched ones now.
        self.running.wake_watcher();
        match turn {
            TurnResult { refusal: Some(refusal), .. } => Err(refusal),
            TurnResult { is_deferred: true, .. } => Ok(Reloaded::Deferred),
            TurnResult { is_renewed: true, .. } => Ok(Reloaded::Renewed),
            _ => Ok(Reloaded::Unchanged),
        }
    }

    /// Counters, times, pending changes, and files that differ from the running configuration. It reads the files.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().open()?;
    /// assert_eq!((config.status().generation, config.status().reloads), (1, 0));
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    pub fn status(&self) -> Status {
        self.running.status()
    }

    /// The recorded history of this and all other configurations in the same database
    /// ([`Builder::history`](crate::Builder::history)). `None` without a database, and while it cannot be opened.
    #[cfg(feature = "sqlite")]
    pub fn history(&self) -> Option<History> {
        self.running.recorder.as_ref()?.journal.history()
    }

    /// Waits until everything that was accepted and refused before is recorded, at most for `patience`.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// # let folder = tempfile::tempdir()?;
    /// let config = Config::builder().history(folder.path().join("app.db")).open()?;
    /// assert_eq!(config.flush_history(std::time::Duration::from_secs(60)), Ok(()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The warning `history/unwritten` with the number of entries that are not recorded, and why. They are tried again.
    #[cfg(feature = "sqlite")]
    pub fn flush_history(&self, patience: Duration) -> Result<(), Diagnostic> {
        self.running.recorder.as_ref().map_or(Ok(()), |recorder| recorder.journal.flush_within(patience))
    }

    /// Reports that a source may have changed, for programs that detect changes themselves. [`Config::turn`] then reads when
    /// the debounce period is over.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().open()?;
    /// config.hint();
    /// assert!(config.status().is_waiting);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    pub fn hint(&self) {
        self.running.hint();
    }

    /// Runs due reloads, for programs with their own event loop instead of a watcher. Returns how long to wait before the
    /// next call; `None` until the next [`Config::hint`].
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().open()?;
    /// assert_eq!(config.turn(), None);
    /// config.hint();
    /// assert!(config.turn().unwrap() <= std::time::Duration::from_secs(2));
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    pub fn turn(&self) -> Option<Duration> {
        let next = self.running.turn(Trigger::Due).ok()?.next?;
        Some(next.saturating_sub(self.running.world.now()))
    }

    /// Reloads when files change, on a thread of its own, until the last watcher is dropped, which joins the thread.
    /// A second watcher shares the thread of the first.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().open()?;
    /// let watcher = config.watch()?;
    /// assert_ne!(watcher.watching(), speckit::Watching::Off);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError::Watch`] when the watch mode is not available.
    #[cfg(feature = "watch")]
    pub fn watch(&self) -> Result<HotReloadWatcher, ConfigError> {
        watch::watch(&self.running, &self.watcher)
    }
}

fn nested(_: AlreadyLocked) -> ConfigError {
    let message = "a validation rule must not call `reload`, because a reload runs the rule";
    ConfigError::rules(vec![Diagnostic::error(Code::ReloadNested, Key::root(), message)])
}

impl<T> Clone for Config<T> {
    fn clone(&self) -> Self {
        Self {
            running: Arc::clone(&self.running),
            #[cfg(feature = "watch")]
            watcher: Arc::clone(&self.watcher),
        }
    }
}

impl<T> fmt::Debug for Config<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Config").field(&**self.running.current.load()).finish()
    }
}

/// The settings of one generation, borrowed from a [`Config`] for a short look.
pub struct Loaded<T>(Guard<Arc<Snapshot<T>>>);

impl<T> Deref for Loaded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.settings()
    }
}

impl<T: fmt::Debug> fmt::Debug for Loaded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
