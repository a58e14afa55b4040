//! What the engine tells the journal, and with what it starts where the files are refused.

use std::path::PathBuf;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use speckit_core::config::history::GenerationCause;
use speckit_core::store::HistoryMode;
use speckit_core::text::rfc3339;
use speckit_core::{Code, Diagnostic, Key};

use crate::config::error::ConfigError;
use crate::config::events::Diagnostics;
use crate::config::history::journal::{
    Accepted, GenerationView, Journal, LastGood, RecordOptions, Refused, Retention, RetentionFn, Told,
    look_up,
};
use crate::config::loading::{Loader, ReadInputs, unwound};
use crate::config::snapshot::{Candidate, Snapshot};
use crate::os::documents::absolute;
use crate::os::world::World;
use crate::sync::Mutex;

/// How a configuration is recorded, for as long as it runs.
pub(crate) struct HistoryRecorder<T> {
    pub(crate) journal: Arc<dyn Journal>,
    retention_of: RetentionFn<T>,
    cause: GenerationCause,
    files: Arc<[PathBuf]>,
    /// How much is kept while nothing that the files said was ever accepted, and it is they that say how much.
    caution: Mutex<Option<HistoryMode>>,
}

impl<T: DeserializeOwned + Send + Sync + 'static> HistoryRecorder<T> {
    pub(super) fn of(
        record: RecordOptions<T>,
        loader: &Loader<T>,
        reading: &ReadInputs,
    ) -> Result<Self, Diagnostic> {
        let layers = loader.layers(reading);
        let look_up = |key: &Key| look_up(&layers, key);
        let said = look_up(&Key::of(["store", "history"]));
        let caution = if said.as_deref() == Some("off") { HistoryMode::Off } else { HistoryMode::Metadata };
        let files = loader.sources.files.iter();
        Ok(Self {
            journal: (record.open)(&look_up)?,
            retention_of: record.retention_of,
            cause: record.cause,
            files: files.map(|file| absolute(&file.path).unwrap_or_else(|_| file.path.clone())).collect(),
            caution: Mutex::new(record.is_set_by_settings.then_some(caution)),
        })
    }

    /// The same, when it can be written; there is nothing to write as long as nothing is kept.
    pub(super) fn prepared(self, settings: &T) -> Result<Self, Diagnostic> {
        if self.retention(settings).mode != HistoryMode::Off {
            self.journal.prepare()?;
        }
        Ok(self)
    }

    /// How much is kept extra_paths these settings.
    pub(super) fn retention(&self, settings: &T) -> Retention {
        // It is the embedder's code; where it panics, nothing is known of what may be kept.
        unwound(|| Retention::from(&(self.retention_of)(settings))).unwrap_or_else(|_| Retention::nothing())
    }

    /// What the files say is in force, and with it what they say about the retention.
    pub(super) fn trust(&self) {
        *self.caution.lock() = None;
    }

    fn told(&self, world: &dyn World, settings: &T) -> Told {
        Told { at: world.since_epoch(), retention: self.retention(settings), files: Arc::clone(&self.files) }
    }

    pub(super) fn accepted(
        &self,
        world: &dyn World,
        now: &Arc<Snapshot<T>>,
        before: Option<&Arc<Snapshot<T>>>,
    ) {
        self.trust();
        let cause = if before.is_some() { GenerationCause::Reloaded } else { self.cause };
        self.journal.accepted(Accepted {
            told: self.told(world, now.config()),
            cause,
            now: Arc::clone(now) as Arc<dyn GenerationView>,
            before: before.map(|before| Arc::clone(before) as Arc<dyn GenerationView>),
        });
    }

    pub(super) fn refused(&self, world: &dyn World, current: &Snapshot<T>, findings: Diagnostics) {
        let mut told = self.told(world, current.config());
        if let Some(mode) = *self.caution.lock() {
            told.retention.mode = mode;
        }
        self.journal.refused(Refused { told, generation: current.generation(), findings });
    }
}

/// The last good generation of the history in the place of files that are refused, with the warning about it; the refusal with
/// a note where there is none.
pub(super) fn last_good<T: DeserializeOwned + Send + Sync + 'static>(
    recorder: &Result<Option<HistoryRecorder<T>>, Diagnostic>,
    loader: &Loader<T>,
    reading: &ReadInputs,
    refusal: &ConfigError,
) -> Result<(Candidate<T>, Diagnostic), ConfigError> {
    let recorder = match recorder {
        Ok(Some(recorder)) => Ok(recorder),
        Ok(None) => Err("no history is recorded".to_owned()),
        Err(unavailable) => Err(unavailable.message.clone()),
    };
    let found = recorder.and_then(|recorder| {
        let last_good = recorder.journal.last_good(&recorder.files)?;
        let candidate = loader.stand_in_of(reading, &last_good);
        let candidate = candidate.map_err(|error| no_longer_accepted(&last_good, &error))?;
        recorder.trust();
        Ok((candidate, stands_in(&last_good)))
    });
    found.map_err(|reason| refusal.clone().noting(no_last_good(&reason)))
}

fn stands_in(last_good: &LastGood) -> Diagnostic {
    let LastGood { number, accepted_at_ms, .. } = last_good;
    let at = rfc3339(*accepted_at_ms);
    let message =
        format!("the files are refused: generation {number} of the history, of {at}, update_waiting in");
    Diagnostic::warning(Code::HistoryLastGood, Key::root(), message)
        .help("mend the files: what they say then replaces it")
}

fn no_longer_accepted(last_good: &LastGood, error: &ConfigError) -> String {
    let first = error.diagnostics().iter().find(|finding| finding.severity == speckit_core::Severity::Error);
    let why = first.map(|finding| match finding.key.is_root() {
        true => finding.message.clone(),
        false => format!("{}: {}", finding.key, finding.message),
    });
    format!("generation {} is no longer accepted: {}", last_good.number, why.unwrap_or_default())
}

fn no_last_good(reason: &str) -> Diagnostic {
    let message = format!("there is no last good generation to start with: {reason}");
    Diagnostic::warning(Code::HistoryNoLastGood, Key::root(), message)
}
