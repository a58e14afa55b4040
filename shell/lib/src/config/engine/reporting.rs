//! Reports what happens: in the status, as `tracing` events, and to subscribers.

use serde::de::DeserializeOwned;
use speckit_core::Diagnostic;

use super::running::RunningConfig;
use crate::config::config_event::ConfigEvent;
use crate::config::events::{ConfigReloadEvent, Diagnostics};
#[cfg(feature = "tracing")]
use crate::config::tracing_events;

impl<T: DeserializeOwned + Send + Sync + 'static> RunningConfig<T> {
    /// Reports that the first generation is in use, with every warning, and why it is a fallback.
    #[cfg(feature = "tracing")]
    pub(crate) fn report_opened(&self) {
        let current = self.current.load_full();
        // Copied, since a subscriber of `tracing` may read the status.
        let (refusal, warnings) = {
            let tracker = self.tracker();
            (tracker.refusal().cloned(), tracker.warnings.clone())
        };
        if let Some(refusal) = refusal {
            tracing_events::load_failed(&refusal);
        }
        tracing_events::loaded(current.generation(), &[current.warnings(), &*warnings].concat());
    }

    /// Emits an event, and has the status record it.
    pub(super) fn emit(&self, event: &ConfigEvent<T>) {
        self.tracker().record(event);
        self.send(event);
    }

    /// Emits an event that the status does not record.
    pub(super) fn send(&self, event: &ConfigEvent<T>) {
        #[cfg(feature = "tracing")]
        {
            let warnings = event.snapshot.as_ref().map_or(0, |snapshot| snapshot.warnings().len());
            tracing_events::reload_event(event, warnings);
        }
        self.events.send(event);
    }

    /// Emits a warning that is not about a value.
    pub(crate) fn warn(&self, diagnostics: Vec<Diagnostic>) {
        let diagnostics = Diagnostics::plain(diagnostics);
        self.emit(&ConfigReloadEvent::Warning { diagnostics }.into());
    }
}
