//! Subscribers that record the events of one thread, or of a target on all threads.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// An event with its level and its fields as text.
#[derive(Clone, Debug, Default)]
pub struct RecordedEvent {
    pub level: String,
    pub target: String,
    pub fields: BTreeMap<String, String>,
}

impl RecordedEvent {
    /// The operation and its outcome.
    pub fn what(&self) -> (&str, &str) {
        (&self.fields["operation"], &self.fields["outcome"])
    }
}

impl Visit for RecordedEvent {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name().into(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name().into(), value.into());
    }
}

/// Records the events that a closure emits on its thread.
pub fn events_of(run: impl FnOnce()) -> Vec<RecordedEvent> {
    let recorder = Recorder::default();
    let events = Arc::clone(&recorder.events);
    tracing::subscriber::with_default(recorder, run);
    let events = events.lock().unwrap();
    events.clone()
}

/// The events about configurations that all threads of this process emit from the first call on, except those in
/// [`events_of`].
pub fn config_events_of_all_threads() -> Vec<RecordedEvent> {
    static EVENTS: OnceLock<Arc<Mutex<Vec<RecordedEvent>>>> = OnceLock::new();
    let events = EVENTS.get_or_init(|| {
        let recorder = Recorder { only_target: Some("speckit::config"), ..Recorder::default() };
        let events = Arc::clone(&recorder.events);
        tracing::subscriber::set_global_default(recorder).unwrap();
        events
    });
    events.lock().unwrap().clone()
}

#[derive(Default)]
struct Recorder {
    events: Arc<Mutex<Vec<RecordedEvent>>>,
    only_target: Option<&'static str>,
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.only_target.is_none_or(|target| metadata.target() == target)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut recorded = RecordedEvent {
            level: metadata.level().to_string(),
            target: metadata.target().into(),
            ..RecordedEvent::default()
        };
        event.record(&mut recorded);
        self.events.lock().unwrap().push(recorded);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
