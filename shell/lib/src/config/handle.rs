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
use super::engine::{AlreadyLocked, RunningConfig, Start, Trigger, TurnResult};
use super::error::ConfigError;
use super::events::ConfigReloadEvent;
#[cfg(feature = "sqlite")]
use super::history::History;
use super::snapshot::Snapshot;
use super::status::Status;
#[cfg(feature = "watch")]
use super::watch::{self, HotReloadWatcher};
use crate::sync::broadcast::Receiver;

/// A loaded configuration that is running between threads. A copy is a pointer.
pub struct Config<T> {
    pub(super) running: Arc<RunningConfig<T>>,
    #[cfg(feature = "watch")]
    watcher: Arc<watch::Slot>,
}

/// What became of a reload by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reloaded {
    /// Another generation is in force.
    Renewed,
    /// What was in force still is: nothing that matters has changed.
    Unchanged,
    /// It is accepted, and waits until the last guard of [`Config::busy`] is dropped.
    Deferred,
}

impl<T: DeserializeOwned + Send + Sync + 'static> Config<T> {
    pub(crate) fn of(start: Start<T>) -> Result<Self, ConfigError> {
        let running = Arc::new(RunningConfig::open(start)?);
        #[cfg(feature = "sqlite")]
        running.start_recording();
        Ok(Self {
            running,
            #[cfg(feature = "watch")]
            watcher: Arc::default(),
        })
    }

    /// The settings, to retention_of.
    pub fn current(&self) -> Arc<T> {
        Arc::clone(self.running.current.load().config())
    }

    /// The settings, for a short look: no count is touched that other threads touch.
    pub fn load(&self) -> Loaded<T> {
        Loaded(self.running.current.load())
    }

    /// The present generation with the tree that explains it.
    pub fn snapshot(&self) -> Arc<Snapshot<T>> {
        self.running.current.load_full()
    }

    /// What hides the secrets of the present generation in other texts, such as those that a program prints. A reload that is
    /// under way is waited for.
    pub fn masks(&self) -> Masks {
        self.running.masks(&self.snapshot())
    }

    /// Tells of every reload from now on. Any number may subscribe; none holds another up.
    pub fn subscribe(&self) -> Receiver<ConfigReloadEvent> {
        self.running.events.subscribe()
    }

    /// Keeps the running configuration in force until the guard is dropped. What is accepted meanwhile waits, and what
    /// is refused is told at once.
    ///
    /// Where nobody watches, the thread that drops the last guard does the reload that waits.
    pub fn busy(&self) -> Busy {
        Busy::of(Arc::clone(&self.running) as Arc<dyn BusyOwner>)
    }

    /// Reads everything now, and takes what is there as it is.
    ///
    /// # Errors
    /// [`ConfigError::Refused`] with every finding; what was in force stays. A rule of the configuration that asks for a
    /// reload is refused too, with `reload/nested`.
    pub fn reload(&self) -> Result<Reloaded, ConfigError> {
        let turn = self.running.turn(Trigger::Requested).map_err(|AlreadyLocked| {
            let message = "a rule of the configuration asks for a reload while it is asked itself";
            ConfigError::rules(vec![Diagnostic::error(Code::ReloadNested, Key::root(), message)])
        })?;
        // What was read now may lie in other folders than what is watched.
        self.running.ring();
        match turn {
            TurnResult { refusal: Some(refusal), .. } => Err(refusal),
            TurnResult { is_deferred: true, .. } => Ok(Reloaded::Deferred),
            TurnResult { is_renewed: true, .. } => Ok(Reloaded::Renewed),
            _ => Ok(Reloaded::Unchanged),
        }
    }

    /// How it is doing: counts, times, what waits, and which files are not what runs. The files are read for that.
    pub fn status(&self) -> Status {
        self.running.status()
    }

    /// What was accepted and refused, of this configuration and of all others that are kept in the same file
    /// ([`Builder::history`](crate::Builder::history)). `None` where nothing is kept.
    #[cfg(feature = "sqlite")]
    pub fn history(&self) -> Option<History> {
        self.running.recorder.as_ref()?.journal.history()
    }

    /// Says that something may have changed, for a program that notices changes itself; [`Config::turn`] then reads when
    /// the quiet period is over.
    pub fn hint(&self) {
        self.running.hint();
    }

    /// Does what is due, for a program with an event loop of its own instead of a watcher, and says after how long
    /// to call again; `None` until the next [`Config::hint`].
    pub fn turn(&self) -> Option<Duration> {
        let next = self.running.turn(Trigger::Due).ok()?.next?;
        Some(next.saturating_sub(self.running.world.now()))
    }

    /// Reloads when files change, on a thread of its own, until the last watcher is dropped, which joins the thread.
    /// A second watcher shares the thread of the first.
    ///
    /// # Errors
    /// [`ConfigError::Watch`] where changes cannot be noticed in the way that was asked for.
    #[cfg(feature = "watch")]
    pub fn watch(&self) -> Result<HotReloadWatcher, ConfigError> {
        watch::watch(&self.running, &self.watcher)
    }
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
        self.0.config()
    }
}

impl<T: fmt::Debug> fmt::Debug for Loaded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
