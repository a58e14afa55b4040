//! What the engine does when a source of the program changes, fails or recovers.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use serde::de::DeserializeOwned;
use speckit_core::Diagnostic;
use speckit_core::config::redact::Masks;

use super::running::{AlreadyLocked, RunningConfig};
use crate::config::events::{ConfigReloadEvent, Diagnostics};
use crate::config::source::{SourceEvent, SourceStatus, blocks_runtime};

impl<T: DeserializeOwned + Send + Sync + 'static> RunningConfig<T> {
    /// Follows the sources from now on.
    pub(crate) fn listen_to_sources(self: &Arc<Self>) {
        let weak = Arc::downgrade(self);
        self.own_sources.listen(move |event| {
            let Some(running) = weak.upgrade() else { return };
            match event {
                // A running reload may take long, so this does not wait for its lock as a hint does.
                SourceEvent::Changed => {
                    running.is_hinted.store(true, Ordering::Relaxed);
                    running.wake_watcher();
                }
                SourceEvent::Unreadable(diagnostic) => running.emit_outage(diagnostic),
                SourceEvent::Recovered { name, outage } => {
                    running.send(&ConfigReloadEvent::SourceRecovered { name, outage }.into());
                }
            }
        });
    }

    /// Reads all sources now, before a reload by hand.
    pub(crate) fn refresh_sources(&self) -> Result<(), AlreadyLocked> {
        if *self.lock_holder.lock() == Some(thread::current().id()) {
            return Err(AlreadyLocked);
        }
        self.own_sources.refresh(blocks_runtime());
        Ok(())
    }

    pub(super) fn source_status(&self) -> Vec<SourceStatus> {
        let mut sources = self.own_sources.status();
        if sources.iter().any(|source| source.failure.is_some()) {
            let masks = self.masks_of_values();
            for source in &mut sources {
                source.failure = source.failure.take().map(|reason| masks.mask(&reason));
            }
        }
        sources
    }

    /// The status has the state of each source, so the warning is no part of its list of warnings.
    fn emit_outage(&self, diagnostic: Diagnostic) {
        let diagnostics = self.masks_of_values().masked(&[diagnostic]);
        self.send(&ConfigReloadEvent::Warning { diagnostics: Diagnostics::plain(diagnostics) }.into());
    }

    /// The masks of the secrets of the current generation, by its own rules: the lock of the reloader is not needed.
    fn masks_of_values(&self) -> Masks {
        let current = self.current.load();
        Masks::of(current.checked().layers(), &|key, value| current.keys().is_secret(key, value))
    }
}
