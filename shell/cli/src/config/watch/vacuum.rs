//! Periodic vacuums of the history's database while `watch` runs.

use std::time::Duration;

use serde::de::DeserializeOwned;
use speckit_core::store::StoreConfig;
use speckit_core::{Code, Key, Value};

use speckit::store::VacuumScheduler;
use speckit::{Config, ConfigReloadEvent, History};

/// Vacuums the database at the interval of the settings.
pub(super) struct HistoryVacuum {
    history: History,
    /// `None` if its thread could not be started.
    scheduler: Option<VacuumScheduler>,
    interval: Duration,
    /// The key of the interval; `None` under another schema, which has no such key.
    key: Option<Key>,
}

impl HistoryVacuum {
    /// `None` if there is no history. A large database is no reason not to watch.
    pub(super) fn start<T: DeserializeOwned + Send + Sync + 'static>(
        config: &Config<T>,
        is_application: bool,
    ) -> Option<Self> {
        let history = config.history()?;
        let key = is_application.then(|| Key::of(["store", "vacuum_interval_h"]));
        let snapshot = config.snapshot();
        let set = key.as_ref().and_then(|key| interval(snapshot.root_with_secrets().get(key)?));
        let interval = set.unwrap_or_else(|| StoreConfig::default().vacuum_interval());
        let mut vacuum = Self { history, scheduler: None, interval, key };
        vacuum.start_scheduler();
        Some(vacuum)
    }

    fn start_scheduler(&mut self) {
        let store = self.history.store();
        self.scheduler = store.and_then(|store| VacuumScheduler::start(&store, self.interval)).ok();
    }

    /// Applies a reload that changes the interval, and follows the history into another file.
    pub(super) fn event(&mut self, event: &ConfigReloadEvent) {
        match event {
            ConfigReloadEvent::ReloadSuccess { changed, .. } => {
                let change = changed.iter().find(|change| Some(&change.key) == self.key.as_ref());
                if let Some(interval) = change.and_then(|change| interval(change.new.as_ref()?)) {
                    self.interval = interval;
                    if let Some(scheduler) = &self.scheduler {
                        scheduler.set_interval(interval);
                    }
                }
            }
            ConfigReloadEvent::Warning { diagnostics }
                if diagnostics.iter().any(|diagnostic| diagnostic.code == Code::HistoryReplaced) =>
            {
                // The old store is closed, and then the new one is opened.
                self.scheduler = None;
                let _ = self.history.flush();
                self.start_scheduler();
            }
            _ => {}
        }
    }
}

fn interval(hours: &Value) -> Option<Duration> {
    let hours = u32::try_from(hours.as_number()?.as_i64()?).ok()?;
    let mut store = StoreConfig::default();
    store.vacuum_interval_h = hours;
    Some(store.vacuum_interval())
}
