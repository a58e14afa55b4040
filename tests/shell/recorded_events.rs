//! A subscriber that records the events of one thread.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

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
    let events = Arc::clone(&recorder.0);
    tracing::subscriber::with_default(recorder, run);
    let events = events.lock().unwrap();
    events.clone()
}

#[derive(Default)]
struct Recorder(Arc<Mutex<Vec<RecordedEvent>>>);

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
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
        self.0.lock().unwrap().push(recorded);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
