//! An entry of the history in the form in which it is written.

use std::path::Path;
use std::sync::Arc;

use speckit_core::config::history::{
    AcceptedConfig, Changes, Generation, GenerationCause, RecordAction, StoredDiagnostics, StoredState,
    difference, record_action, stored_report,
};
use speckit_core::store::HistoryMode;
use speckit_core::tree::diff::diff;
use speckit_core::{Key, Value};

use super::journal::{AcceptedEntry, EntryContext, GenerationView, RefusedEntry, Retention};
use super::{pruning, rows};
use crate::os::clock::millis;
use crate::os::documents::absolute;
use crate::store::{StoreError, Transaction};

/// An entry that waits until it is written.
pub(super) enum WaitingEntry {
    /// One whose stored form is still to be computed.
    Accepted(Box<AcceptedEntry>),
    Stored(Arc<StoredEntry>),
}

impl WaitingEntry {
    pub(super) fn stored(self) -> Arc<StoredEntry> {
        match self {
            Self::Accepted(entry) => Arc::new(StoredEntry::accepted(&entry)),
            Self::Stored(entry) => entry,
        }
    }
}

/// An entry, and how much of the history of its files is kept.
pub(super) struct StoredEntry {
    files: String,
    retention: Retention,
    at_ms: u64,
    generation: u64,
    content: EntryContent,
}

enum EntryContent {
    Accepted {
        state: StoredState,
        cause: GenerationCause,
        is_edit: bool,
    },
    /// The diagnostics as text, and their report.
    Refused(String, Option<String>),
}

impl StoredEntry {
    fn of(context: &EntryContext, generation: u64, content: EntryContent) -> Self {
        let (files, retention) = (rows::name_of(&context.files), context.retention);
        Self { files, retention, at_ms: millis(context.at), generation, content }
    }

    fn accepted(entry: &AcceptedEntry) -> Self {
        let AcceptedEntry { context, cause, now, before } = entry;
        let state = state(context, now, before.as_ref());
        let is_edit = before.as_ref().is_some_and(|before| before.generation == now.generation);
        let content = EntryContent::Accepted { state, cause: *cause, is_edit };
        Self::of(context, now.generation, content)
    }

    /// `None` if nothing is recorded of a refusal.
    pub(super) fn refused(entry: &RefusedEntry) -> Option<Self> {
        let RefusedEntry { context, generation, diagnostics } = entry;
        let mode = context.retention.mode;
        let kept = StoredDiagnostics::of(diagnostics, mode)?;
        let report = (mode == HistoryMode::Full).then(|| stored_report(diagnostics.report()).into_owned());
        Some(Self::of(context, *generation, EntryContent::Refused(kept.to_text(), report)))
    }

    /// The number of an accepted generation in its process.
    pub(super) fn accepted_generation(&self) -> Option<u64> {
        match &self.content {
            EntryContent::Accepted { .. } => Some(self.generation),
            EntryContent::Refused(..) => None,
        }
    }

    /// Writes it, and removes what is too old. `began_ms` is when this process began to change the files.
    pub(super) fn write(&self, tx: &Transaction<'_>, began_ms: u64) -> Result<(), StoreError> {
        let Self { files, at_ms, generation, .. } = self;
        match &self.content {
            EntryContent::Accepted { state, cause, is_edit, .. } => {
                let newest = rows::newest(tx, files)?;
                let new = rows::NewRow { files, at_ms: *at_ms, generation: *generation, cause: *cause };
                write(tx, newest.as_ref(), &new, state, (*is_edit, began_ms))?;
            }
            EntryContent::Refused(diagnostics, report) => {
                rows::refuse(tx, (files, *at_ms, *generation), (diagnostics, report.as_deref()))?;
            }
        }
        pruning::prune(tx, files, &self.retention)
    }
}

/// Adds a row or changes the newest one, as the core decides.
fn write(
    tx: &Transaction<'_>,
    newest: Option<&Generation>,
    new: &rows::NewRow<'_>,
    kept: &StoredState,
    (is_edit, began_ms): (bool, u64),
) -> Result<(), StoreError> {
    match (record_action(newest, kept, new.cause, is_edit, began_ms), newest) {
        (RecordAction::Nothing, _) => Ok(()),
        (RecordAction::Replace, Some(newest)) => rows::replace(tx, new.files, newest.number, kept),
        (RecordAction::SetCause, Some(newest)) => rows::name(tx, newest.number, new.cause),
        (RecordAction::Add | RecordAction::Replace | RecordAction::SetCause, newest) => {
            let is_known = kept.changes != Changes::Unknown;
            let changes = match newest.filter(|_| !is_known) {
                Some(newest) => difference(&newest.state, kept, &[]).changes,
                None => kept.changes.clone(),
            };
            rows::add(tx, new, &StoredState { changes, ..kept.clone() })
        }
    }
}

/// What is stored of a generation, with its changes to the one before it.
fn state(context: &EntryContext, now: &GenerationView, before: Option<&GenerationView>) -> StoredState {
    let root = now.written.clone();
    let changes = before.map(|before| diff(&before.written, &root));
    let is_secret = |key: &Key, value: &Value| {
        now.keys.is_secret(key, value) || before.is_some_and(|before| before.keys.is_secret(key, value))
    };
    let sources = now.sources.iter().map(|source| {
        let path = absolute(Path::new(source.name())).unwrap_or_else(|_| source.name().into());
        (path.to_string_lossy().into_owned(), Arc::clone(source))
    });
    let sources: Vec<_> = sources.collect();
    let accepted =
        AcceptedConfig { root: &root, sources: &sources, changes: changes.as_deref(), is_secret: &is_secret };
    accepted.stored(context.retention.mode).unwrap_or_else(|| StoredState {
        fingerprint: root.fingerprint().to_string(),
        changes: Changes::Unknown,
        resolved: None,
        sources: Vec::new(),
    })
}
