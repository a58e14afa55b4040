//! Records generations and refusals in the database, and reads the last good generation.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use speckit_core::config::history;
use speckit_core::config::history::{
    Changes, Generation, RecordAction, StoredDiagnostics, StoredState, difference, record_action,
};
use speckit_core::store::HistoryMode;
use speckit_core::tree::diff::diff;
use speckit_core::{Code, Diagnostic, Key, Value};

use super::{History, rows};
use crate::config::history::journal::{
    AcceptedEntry, EntryContext, GenerationView, LastGood, RefusedEntry, WarnFn,
};
use crate::os::clock;
use crate::os::clock::millis;
use crate::os::documents::{absolute, exists};
use crate::store::{Store, StoreError, StoreOptions, SynchronousMode, Transaction};
use crate::sync::Mutex;

/// The timeout for a lock of another process.
const PATIENCE: Duration = Duration::from_secs(5);

/// Records accepted and refused configurations in a database, which is opened at its first use.
pub(crate) struct SqliteJournal {
    path: PathBuf,
    synchronous: SynchronousMode,
    /// When the process, or the recorded command, started, since 1970-01-01T00:00:00Z.
    began: Duration,
    store: OnceLock<Option<Store>>,
    warnings: Arc<WriteWarnings>,
}

/// Emits the warning about failed writes once for each run of failures.
#[derive(Default)]
struct WriteWarnings {
    warn: Mutex<Option<WarnFn>>,
    is_reported: AtomicBool,
}

impl WriteWarnings {
    fn emit(&self, diagnostic: Diagnostic) {
        if let Some(warn) = &*self.warn.lock() {
            warn(diagnostic);
        }
    }

    fn failed(&self, reason: &str) {
        if !self.is_reported.swap(true, Ordering::Relaxed) {
            let message = format!("what is accepted and refused is not recorded: {reason}");
            let help = "reloads go on; this warning is not repeated before a write succeeds again";
            self.emit(Diagnostic::warning(Code::HistoryUnwritten, Key::root(), message).help(help));
        }
    }

    fn succeeded(&self) {
        self.is_reported.store(false, Ordering::Relaxed);
    }
}

impl SqliteJournal {
    pub(crate) fn new(path: impl Into<PathBuf>, synchronous: SynchronousMode) -> Self {
        Self {
            path: path.into(),
            synchronous,
            began: clock::since_epoch(),
            store: OnceLock::new(),
            warnings: Arc::default(),
        }
    }

    /// Sets when the process began to change the files.
    pub(crate) fn since(mut self, began: Duration) -> Self {
        self.began = began;
        self
    }

    /// The database; opens it at the first call.
    fn store(&self) -> Result<&Store, Diagnostic> {
        let mut unavailable = None;
        let store = self.store.get_or_init(|| {
            let options = StoreOptions::new(&self.path).synchronous(self.synchronous).deadline(PATIENCE);
            // Deleted texts may contain secrets.
            let options = options.secure_delete(true);
            options.open().map_err(|error| unavailable = Some(unavailable_because(&error))).ok()
        });
        let again =
            || Diagnostic::warning(Code::HistoryUnavailable, Key::root(), "the history is not available");
        store.as_ref().ok_or_else(|| unavailable.unwrap_or_else(again))
    }

    /// Writes later, on another thread, and prunes in the same transaction.
    fn later<F>(&self, context: &EntryContext, mut write: F)
    where
        F: FnMut(&Transaction<'_>, &str) -> Result<(), StoreError> + Send + 'static,
    {
        let is_new = self.store.get().is_none();
        let store = match self.store() {
            Ok(store) => store,
            // Reported only when opening failed.
            Err(unavailable) if is_new => return self.warnings.emit(unavailable),
            Err(_) => return,
        };
        let (files, max) = (rows::name_of(&context.files), context.retention.generations);
        let warnings = Arc::clone(&self.warnings);
        let submitted = store.write_later(
            move |tx| {
                write(tx, &files)?;
                rows::prune(tx, &files, max)
            },
            move |outcome| match outcome {
                Ok(Ok(())) => warnings.succeeded(),
                Ok(Err(error)) => warnings.failed(&error.to_string()),
                Err(_) => warnings.failed("it panicked"),
            },
        );
        if let Err(error) = submitted {
            self.warnings.failed(&error.to_string());
        }
    }
}

impl SqliteJournal {
    pub(crate) fn prepare(&self) -> Result<(), Diagnostic> {
        self.store().map(drop)
    }

    pub(crate) fn attach(&self, warn: WarnFn) {
        *self.warnings.warn.lock() = Some(warn);
    }

    pub(crate) fn accepted(&self, accepted: AcceptedEntry) {
        let AcceptedEntry { context, cause, now, before } = accepted;
        if context.retention.mode == HistoryMode::Off {
            return;
        }
        let began_ms = millis(self.began);
        let mut made: Option<StoredState> = None;
        let entry = context.clone();
        self.later(&context, move |tx, files| {
            let before = before.as_ref();
            let kept = made.get_or_insert_with(|| kept(&entry, &now, before));
            let is_edit = before.is_some_and(|before| before.generation == now.generation);
            let newest = rows::newest(tx, files)?;
            let new = rows::NewRow { files, at_ms: millis(entry.at), generation: now.generation, cause };
            write(tx, newest.as_ref(), &new, kept, (is_edit, began_ms))
        });
    }

    pub(crate) fn refused(&self, refused: RefusedEntry) {
        let RefusedEntry { context, generation, diagnostics } = refused;
        let mode = context.retention.mode;
        let Some(kept) = StoredDiagnostics::of(&diagnostics, mode) else { return };
        let report = (mode == HistoryMode::Full).then(|| diagnostics.report().to_owned());
        let (kept, at_ms) = (kept.to_text(), millis(context.at));
        self.later(&context, move |tx, files| {
            rows::refuse(tx, (files, at_ms, generation), (&kept, report.as_deref()))
        });
    }

    pub(crate) fn last_good(&self, files: &[PathBuf]) -> Result<LastGood, String> {
        let path = self.path.display();
        if !exists(&self.path) {
            return Err(format!("nothing is recorded yet in `{path}`"));
        }
        let store = self.store().map_err(|unavailable| unavailable.message)?;
        let newest = store.read(|tx| rows::newest(tx, &rows::name_of(files)));
        let newest = newest.map_err(|error| error.to_string())?;
        let newest = newest.ok_or_else(|| format!("nothing is recorded of these files in `{path}`"))?;
        let texts =
            newest.state.sources.iter().map(|source| Some((source.path.clone(), source.text.clone()?)));
        let texts: Option<Vec<_>> = texts.collect();
        match texts.filter(|_| newest.has_texts()) {
            Some(texts) => {
                Ok(LastGood { number: newest.number, accepted_at_ms: newest.accepted_at_ms, texts })
            }
            None => Err(format!(
                "of generation {} no texts are kept (store.history = \"metadata\")",
                newest.number
            )),
        }
    }

    pub(crate) fn history(&self) -> Option<History> {
        Some(History::of(self.store.get()?.clone()?))
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
        (RecordAction::Replace, Some(newest)) => rows::replace(tx, newest.number, kept),
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

/// The changes of a generation to the one before it.
fn kept(context: &EntryContext, now: &GenerationView, before: Option<&GenerationView>) -> StoredState {
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
    let accepted = history::AcceptedConfig {
        root: &root,
        sources: &sources,
        changes: changes.as_deref(),
        is_secret: &is_secret,
    };
    accepted.stored(context.retention.mode).unwrap_or_else(|| StoredState {
        fingerprint: root.fingerprint().to_string(),
        changes: Changes::Unknown,
        resolved: None,
        sources: Vec::new(),
    })
}

/// The warning that nothing is recorded.
pub(crate) fn unavailable_because(reason: &dyn std::fmt::Display) -> Diagnostic {
    let message = format!("what is accepted and refused is not recorded: {reason}");
    Diagnostic::warning(Code::HistoryUnavailable, Key::root(), message)
}
