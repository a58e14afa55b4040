//! What the engine tells the journal.

use std::sync::{Arc, Weak};

use serde::de::DeserializeOwned;
use speckit_core::Code;

use super::shared::Shared;
use crate::config::error::ConfigError;
use crate::config::events::Diagnostics;
use crate::config::snapshot::Snapshot;

impl<T: DeserializeOwned + Send + Sync + 'static> Shared<T> {
    /// Tells the journal what was opened, and from then on what becomes of it.
    pub(crate) fn begin_chronicle(self: &Arc<Self>) {
        let Some(chronicle) = &self.chronicle else { return };
        let weak: Weak<Self> = Arc::downgrade(self);
        chronicle.journal.attach(Box::new(move |finding| {
            if let Some(shared) = weak.upgrade() {
                shared.warn(vec![finding]);
            }
        }));
        let current = self.current.load_full();
        let refusal = self.ledger().refusal().cloned();
        match refusal {
            None => chronicle.accepted(&*self.world, &current, None),
            Some(refusal) => chronicle.refused(&*self.world, &current, refusal),
        }
    }

    /// Something replaced what ran.
    pub(super) fn record(&self, old: &Arc<Snapshot<T>>, new: &Arc<Snapshot<T>>) {
        self.ledger().warnings.retain(|warning| warning.code != Code::HistoryLastGood);
        if let Some(chronicle) = &self.chronicle {
            chronicle.accepted(&*self.world, new, Some(old));
        }
    }

    /// What the files say is refused.
    pub(super) fn record_refusal(&self, refusal: Option<&ConfigError>) {
        if let (Some(chronicle), Some(refusal)) = (&self.chronicle, refusal) {
            chronicle.refused(&*self.world, &self.current.load(), Diagnostics::from(refusal));
        }
    }
}
