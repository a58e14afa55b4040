//! Records the publications and refusals of a running configuration.

use std::sync::{Arc, Weak};

use serde::de::DeserializeOwned;
use speckit_core::Code;

use super::running::RunningConfig;
use crate::config::error::ConfigError;
use crate::config::events::Diagnostics;
use crate::config::snapshot::Snapshot;

impl<T: DeserializeOwned + Send + Sync + 'static> RunningConfig<T> {
    /// Records the opened configuration, and attaches the warnings of the journal.
    pub(crate) fn start_recording(self: &Arc<Self>) {
        let Some(recorder) = &self.recorder else { return };
        let weak: Weak<Self> = Arc::downgrade(self);
        recorder.journal.attach(Box::new(move |diagnostic| {
            if let Some(running) = weak.upgrade() {
                running.warn(vec![diagnostic]);
            }
        }));
        let current = self.current.load_full();
        let refusal = self.tracker().refusal().cloned();
        match refusal {
            None => recorder.accepted(&*self.world, &current, None),
            Some(refusal) => recorder.refused(&*self.world, &current, refusal),
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
    pub(super) fn record_refusal(&self, refusal: Option<&ConfigError>) {
        if let (Some(recorder), Some(refusal)) = (&self.recorder, refusal) {
            recorder.refused(&*self.world, &self.current.load(), Diagnostics::from(refusal));
        }
    }
}
