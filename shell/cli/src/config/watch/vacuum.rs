//! Periodic vacuums of the history's database while `watch` runs.

use std::time::Duration;

use serde::de::DeserializeOwned;
use speckit_core::store::StoreConfig;
use speckit_core::{Key, Value};

use speckit::store::VacuumScheduler;
use speckit::{Config, ConfigReloadEvent};

/// Vacuums the database at the interval of the settings.
pub(super) struct HistoryVacuum {
    scheduler: VacuumScheduler,
    /// The key of the interval; `None` under another schema, which has no such key.
    key: Option<Key>,
}

impl HistoryVacuum {
    /// `None` if there is no history, or its thread cannot be spawned: a large database is no reason not to watch.
    pub(super) fn start<T: DeserializeOwned + Send + Sync + 'static>(
        config: &Config<T>,
        is_application: bool,
    ) -> Option<Self> {
        let history = config.history()?;
        let key = is_application.then(|| Key::of(["store", "vacuum_interval_h"]));
        let snapshot = config.snapshot();
        let set = key.as_ref().and_then(|key| interval(snapshot.root_with_secrets().get(key)?));
        let interval = set.unwrap_or_else(|| StoreConfig::default().vacuum_interval());
        let scheduler = VacuumScheduler::start(history.store(), interval).ok()?;
        Some(Self { scheduler, key })
    }

    /// Applies a reload that changes the interval.
    pub(super) fn event(&self, event: &ConfigReloadEvent) {
        let ConfigReloadEvent::ReloadSuccess { changed, .. } = event else { return };
        let change = changed.iter().find(|change| Some(&change.key) == self.key.as_ref());
        if let Some(interval) = change.and_then(|change| interval(change.new.as_ref()?)) {
            self.scheduler.set_interval(interval);
        }
    }
}

fn interval(hours: &Value) -> Option<Duration> {
    let hours = u32::try_from(hours.as_number()?.as_i64()?).ok()?;
    let mut store = StoreConfig::default();
    store.vacuum_interval_h = hours;
    Some(store.vacuum_interval())
}
