//! What the engine tells the journal, and with what it starts where the files are refused.

use std::path::PathBuf;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use speckit_core::config::history::Cause;
use speckit_core::store::HistoryMode;
use speckit_core::text::rfc3339;
use speckit_core::{Code, Diagnostic, Key};

use crate::config::error::ConfigError;
use crate::config::events::Diagnostics;
use crate::config::history::journal::{
    Accepted, Account, Journal, Keep, Keeping, LastGood, Record, Refused, Told, look_up,
};
use crate::config::loading::{Loader, Reading, unwound};
use crate::config::snapshot::{Candidate, Snapshot};
use crate::os::documents::absolute;
use crate::os::world::World;
use crate::sync::Mutex;

/// How a configuration is recorded, for as long as it runs.
pub(crate) struct Chronicle<T> {
    pub(crate) journal: Arc<dyn Journal>,
    keep: Keep<T>,
    cause: Cause,
    files: Arc<[PathBuf]>,
    /// How much is kept while nothing that the files said was ever accepted, and it is they that say how much.
    caution: Mutex<Option<HistoryMode>>,
}

impl<T: DeserializeOwned + Send + Sync + 'static> Chronicle<T> {
    pub(super) fn of(record: Record<T>, loader: &Loader<T>, reading: &Reading) -> Result<Self, Diagnostic> {
        let layers = loader.layers(reading);
        let look_up = |key: &Key| look_up(&layers, key);
        let said = look_up(&Key::of(["store", "history"]));
        let caution = if said.as_deref() == Some("off") { HistoryMode::Off } else { HistoryMode::Metadata };
        let files = loader.sources.files.iter();
        Ok(Self {
            journal: (record.open)(&look_up)?,
            keep: record.keep,
            cause: record.cause,
            files: files.map(|file| absolute(&file.path).unwrap_or_else(|_| file.path.clone())).collect(),
            caution: Mutex::new(record.is_said_by_settings.then_some(caution)),
        })
    }

    /// The same, when it can be written; there is nothing to write as long as nothing is kept.
    pub(super) fn prepared(self, settings: &T) -> Result<Self, Diagnostic> {
        if self.keeping(settings).mode != HistoryMode::Off {
            self.journal.prepare()?;
        }
        Ok(self)
    }

    /// How much is kept beside these settings.
    pub(super) fn keeping(&self, settings: &T) -> Keeping {
        // It is the embedder's code; where it panics, nothing is known of what may be kept.
        unwound(|| Keeping::from(&(self.keep)(settings))).unwrap_or_else(|_| Keeping::nothing())
    }

    /// What the files say is in force, and with it what they say about the keeping.
    pub(super) fn trust(&self) {
        *self.caution.lock() = None;
    }

    fn told(&self, world: &dyn World, settings: &T) -> Told {
        Told { at: world.since_epoch(), keeping: self.keeping(settings), files: Arc::clone(&self.files) }
    }

    pub(super) fn accepted(
        &self,
        world: &dyn World,
        now: &Arc<Snapshot<T>>,
        before: Option<&Arc<Snapshot<T>>>,
    ) {
        self.trust();
        let cause = if before.is_some() { Cause::Reloaded } else { self.cause };
        self.journal.accepted(Accepted {
            told: self.told(world, now.config()),
            cause,
            now: Arc::clone(now) as Arc<dyn Account>,
            before: before.map(|before| Arc::clone(before) as Arc<dyn Account>),
        });
    }

    pub(super) fn refused(&self, world: &dyn World, current: &Snapshot<T>, findings: Diagnostics) {
        let mut told = self.told(world, current.config());
        if let Some(mode) = *self.caution.lock() {
            told.keeping.mode = mode;
        }
        self.journal.refused(Refused { told, generation: current.generation(), findings });
    }
}

/// The last good generation of the history in the place of files that are refused, with the warning about it; the refusal with
/// a note where there is none.
pub(super) fn last_good<T: DeserializeOwned + Send + Sync + 'static>(
    chronicle: &Result<Option<Chronicle<T>>, Diagnostic>,
    loader: &Loader<T>,
    reading: &Reading,
    refusal: &ConfigError,
) -> Result<(Candidate<T>, Diagnostic), ConfigError> {
    let chronicle = match chronicle {
        Ok(Some(chronicle)) => Ok(chronicle),
        Ok(None) => Err("no history is recorded".to_owned()),
        Err(unavailable) => Err(unavailable.message.clone()),
    };
    let found = chronicle.and_then(|chronicle| {
        let last_good = chronicle.journal.last_good(&chronicle.files)?;
        let candidate = loader.stand_in_of(reading, &last_good);
        let candidate = candidate.map_err(|error| no_longer_accepted(&last_good, &error))?;
        chronicle.trust();
        Ok((candidate, stands_in(&last_good)))
    });
    found.map_err(|reason| refusal.clone().noting(no_last_good(&reason)))
}

fn stands_in(last_good: &LastGood) -> Diagnostic {
    let LastGood { number, accepted_at_ms, .. } = last_good;
    let at = rfc3339(*accepted_at_ms);
    let message = format!("the files are refused: generation {number} of the history, of {at}, stands in");
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
