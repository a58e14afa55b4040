//! Records the accepted and refused configurations of the engine, and loads the last good one as a fallback.

use std::path::PathBuf;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use speckit_core::config::history::GenerationCause;
use speckit_core::store::HistoryMode;
use speckit_core::text::rfc3339;
use speckit_core::{Code, Diagnostic, Key};

use crate::config::error::ConfigError;
use crate::config::events::Diagnostics;
use crate::config::history::SqliteJournal;
use crate::config::history::journal::{
    AcceptedEntry, EntryContext, LastGood, RefusedEntry, Retention, look_up,
};
use crate::config::history::options::{RecordOptions, RetentionFn};
use crate::config::loading::{Loader, ReadInputs, unwound};
use crate::config::snapshot::{Candidate, Snapshot};
use crate::os::documents::absolute;
use crate::os::world::World;
use crate::sync::Mutex;

/// Records the generations and refusals of a running configuration.
pub(crate) struct HistoryRecorder<T> {
    pub(crate) journal: SqliteJournal,
    retention_of: RetentionFn<T>,
    cause: GenerationCause,
    files: Arc<[PathBuf]>,
    /// The mode until content of the files is accepted, if the files themselves set the mode.
    initial_mode: Mutex<Option<HistoryMode>>,
}

impl<T: DeserializeOwned + Send + Sync + 'static> HistoryRecorder<T> {
    pub(super) fn of(
        record: RecordOptions<T>,
        loader: &Loader<T>,
        reading: &ReadInputs,
    ) -> Result<Self, Diagnostic> {
        let layers = loader.layers(reading);
        let look_up = |key: &Key| look_up(&layers, key);
        let configured = look_up(&Key::of(["store", "history"]));
        let initial_mode =
            if configured.as_deref() == Some("off") { HistoryMode::Off } else { HistoryMode::Metadata };
        let files = loader.sources.files.iter();
        Ok(Self {
            journal: (record.open)(&look_up)?,
            retention_of: record.retention_of,
            cause: record.cause,
            files: files.map(|file| absolute(&file.path).unwrap_or_else(|_| file.path.clone())).collect(),
            initial_mode: Mutex::new(record.is_set_by_settings.then_some(initial_mode)),
        })
    }

    /// Opens the journal, unless nothing is recorded.
    ///
    /// # Errors
    /// The warning that it cannot be opened now.
    pub(super) fn prepare(&self, settings: &T) -> Result<(), Diagnostic> {
        match self.retention(settings).mode {
            HistoryMode::Off => Ok(()),
            _ => self.journal.prepare(),
        }
    }

    /// The retention of these settings.
    pub(super) fn retention(&self, settings: &T) -> Retention {
        // If the embedder's closure panics, nothing is recorded.
        unwound(|| Retention::from(&(self.retention_of)(settings))).unwrap_or_else(|_| Retention::nothing())
    }

    /// The content of the files is in use, and with it their history mode.
    pub(super) fn trust(&self) {
        *self.initial_mode.lock() = None;
    }

    fn context(&self, world: &dyn World, settings: &T) -> EntryContext {
        EntryContext {
            at: world.since_epoch(),
            retention: self.retention(settings),
            files: Arc::clone(&self.files),
        }
    }

    pub(super) fn accepted(
        &self,
        world: &dyn World,
        now: &Arc<Snapshot<T>>,
        before: Option<&Arc<Snapshot<T>>>,
    ) {
        self.trust();
        let cause = if before.is_some() { GenerationCause::Reloaded } else { self.cause };
        self.journal.accepted(AcceptedEntry {
            context: self.context(world, now.settings()),
            cause,
            now: now.view(),
            before: before.map(|before| before.view()),
        });
    }

    pub(super) fn refused(&self, world: &dyn World, current: &Snapshot<T>, diagnostics: Diagnostics) {
        let mut context = self.context(world, current.settings());
        if let Some(mode) = *self.initial_mode.lock() {
            context.retention.mode = mode;
        }
        self.journal.refused(&RefusedEntry { context, generation: current.generation(), diagnostics });
    }
}

/// The last good generation as a fallback for refused files, with a warning; without one, the refusal with a note.
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
        let candidate = loader.last_good(reading, &last_good);
        let candidate = candidate.map_err(|error| no_longer_accepted(&last_good, &error))?;
        recorder.trust();
        Ok((candidate, stands_in(&last_good)))
    });
    found.map_err(|reason| refusal.clone().noting(no_last_good(&reason)))
}

fn stands_in(last_good: &LastGood) -> Diagnostic {
    let LastGood { number, accepted_at_ms, unread_log, .. } = last_good;
    let at = rfc3339(*accepted_at_ms);
    let mut message = format!(
        "the configuration is refused: generation {number} of the history, accepted at {at}, is used instead"
    );
    if let Some(log) = unread_log {
        message
            .push_str(&format!("; the log `{}`, which may have a newer one, cannot be read", log.display()));
    }
    Diagnostic::warning(Code::HistoryLastGood, Key::root(), message)
        .help("correct the errors: the configuration then replaces it")
}

fn no_longer_accepted(last_good: &LastGood, error: &ConfigError) -> String {
    let first =
        error.diagnostics().iter().find(|diagnostic| diagnostic.severity == speckit_core::Severity::Error);
    let why = first.map(|diagnostic| match diagnostic.key.is_root() {
        true => diagnostic.message.clone(),
        false => format!("{}: {}", diagnostic.key, diagnostic.message),
    });
    format!("generation {} is no longer accepted: {}", last_good.number, why.unwrap_or_default())
}

fn no_last_good(reason: &str) -> Diagnostic {
    let message = format!("there is no last good generation to start with: {reason}");
    Diagnostic::warning(Code::HistoryNoLastGood, Key::root(), message)
}
