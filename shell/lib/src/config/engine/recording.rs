//! Records the publications and refusals of a running configuration.

use std::sync::{Arc, Weak};

use serde::de::DeserializeOwned;
use speckit_core::Code;
use speckit_core::store::HistoryMode;

use super::running::RunningConfig;
use crate::config::events::{ConfigReloadEvent, Diagnostics, RecordState};
use crate::config::history::journal::JournalEvent;
use crate::config::snapshot::Snapshot;

impl<T: DeserializeOwned + Send + Sync + 'static> RunningConfig<T> {
    /// Records the opened configuration, and attaches the warnings of the journal.
    pub(crate) fn start_recording(self: &Arc<Self>) {
        let Some(recorder) = &self.recorder else { return };
        let weak: Weak<Self> = Arc::downgrade(self);
        recorder.journal.attach(Box::new(move |event| {
            if let Some(running) = weak.upgrade() {
                running.report_recording(event);
            }
        }));
        let current = self.current.load_full();
        let refusal = self.tracker().refusal().cloned();
        match refusal {
            None => recorder.accepted(&*self.world, &current, None),
            Some(refusal) => recorder.refused(&*self.world, &current, refusal),
        }
    }

    fn report_recording(&self, event: JournalEvent) {
        match event {
            JournalEvent::Warning(diagnostic) => self.warn(vec![diagnostic]),
            JournalEvent::Recovered => self
                .tracker()
                .warnings
                .retain(|warning| !matches!(warning.code, Code::HistoryUnavailable | Code::HistoryUnwritten)),
            JournalEvent::Recorded { generation } => {
                self.emit(&ConfigReloadEvent::Recorded { generation }.into());
            }
        }
    }

    /// Whether the history has a generation that is in use. Waits for a moment.
    pub(super) fn record_state(&self, now: &Snapshot<T>) -> RecordState {
        match &self.recorder {
            Some(recorder) if recorder.retention(now.settings()).mode == HistoryMode::Off => RecordState::Off,
            Some(recorder) if recorder.journal.has_soon(now.generation()) => RecordState::Recorded,
            Some(_) => RecordState::Pending,
            None => RecordState::Off,
        }
    }

    /// Emits the event that the history has a generation, now or later.
    pub(super) fn announce_record(&self, generation: u64) {
        if let Some(recorder) = &self.recorder {
            recorder.journal.announce(generation);
        }
    }

    /// Records a publication.
    pub(super) fn record(&self, old: &Arc<Snapshot<T>>, new: &Arc<Snapshot<T>>) {
        self.tracker().warnings.retain(|warning| warning.code != Code::HistoryLastGood);
        if let Some(recorder) = &self.recorder {
            recorder.accepted(&*self.world, new, Some(old));
        }
    }

    /// Records a refusal.
    pub(super) fn record_refusal(&self, diagnostics: Diagnostics) {
        if let Some(recorder) = &self.recorder {
            recorder.refused(&*self.world, &self.current.load(), diagnostics);
        }
    }
}
