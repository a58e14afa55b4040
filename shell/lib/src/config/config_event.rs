//! An event with the generation that it published.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::events::ConfigReloadEvent;
use super::snapshot::Snapshot;
use crate::sync::broadcast::BroadcastEvent;

/// An event of a running configuration, with the generation that it published. It dereferences to the event.
///
/// ```
/// use speckit::ConfigReloadEvent::ReloadSuccess;
/// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("app.toml");
/// # std::fs::write(&path, "port = 80")?;
/// let config = Config::builder().file(&path).open()?;
/// let mut events = config.subscribe();
/// for port in ["port = 81", "port = 82"] {
///     std::fs::write(&path, port)?;
///     config.reload()?;
/// }
/// let first = events.find(|event| matches!(**event, ReloadSuccess { .. })).unwrap();
/// assert_eq!(first.snapshot.unwrap().settings()["port"], 81, "not 82, which is in use");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
pub struct ConfigEvent<T> {
    /// The event.
    pub event: ConfigReloadEvent,
    /// The generation that this event reports, even if a newer one is in use when it is received. `Some` for
    /// [`ConfigReloadEvent::ReloadSuccess`] only.
    ///
    /// An event that waits for a slow subscriber keeps its generation in memory: at most as many as events wait (256). A received or
    /// dropped event, and a dropped subscriber, keep none.
    pub snapshot: Option<Arc<Snapshot<T>>>,
}

impl<T> Deref for ConfigEvent<T> {
    type Target = ConfigReloadEvent;

    fn deref(&self) -> &ConfigReloadEvent {
        &self.event
    }
}

/// The event without a generation.
impl<T> From<ConfigReloadEvent> for ConfigEvent<T> {
    fn from(event: ConfigReloadEvent) -> Self {
        Self { event, snapshot: None }
    }
}

impl<T> Clone for ConfigEvent<T> {
    fn clone(&self) -> Self {
        Self { event: self.event.clone(), snapshot: self.snapshot.clone() }
    }
}

/// Equal events of the same snapshot.
impl<T> PartialEq for ConfigEvent<T> {
    fn eq(&self, other: &Self) -> bool {
        let snapshot = |event: &Self| event.snapshot.as_ref().map(Arc::as_ptr);
        self.event == other.event && snapshot(self) == snapshot(other)
    }
}

impl<T> fmt::Debug for ConfigEvent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigEvent").field("event", &self.event).field("snapshot", &self.snapshot).finish()
    }
}

impl<T> BroadcastEvent for ConfigEvent<T> {
    const CAPACITY: usize = 256;

    fn is_droppable(&self) -> bool {
        true
    }

    fn missed(count: u64) -> Self {
        ConfigReloadEvent::Missed { count }.into()
    }
}
