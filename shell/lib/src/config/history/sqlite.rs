//! Generations and refusals on their way into the database.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use speckit_core::config::history;
use speckit_core::config::history::{
    Changes, Generation, RecordAction, StoredState, difference, record_action, stored_diagnostics,
};
use speckit_core::store::HistoryMode;
use speckit_core::tree::diff::diff;
use speckit_core::{Code, Diagnostic, Key};

use super::{History, rows};
use crate::config::history::journal::{Accepted, GenerationView, Journal, LastGood, Refused, Told, WarnFn};
use crate::os::clock;
use crate::os::clock::millis;
use crate::os::documents::{absolute, exists};
use crate::store::{Store, StoreError, StoreOptions, Synchronous, Transaction};
use crate::sync::Mutex;

/// How long a lock of another process is waited for: a program that ends waits for what is still to be written.
const PATIENCE: Duration = Duration::from_secs(5);

/// Keeps what is accepted and refused in a database, which is opened when there is something to retention_of.
pub(crate) struct SqliteJournal {
    path: PathBuf,
    synchronous: Synchronous,
    /// When the process began to record, since 1970-01-01T00:00:00Z.
    began: Duration,
    store: OnceLock<Option<Store>>,
    warnings: Arc<WriteWarnings>,
}

/// Says what could not be written, and says it once.
#[derive(Default)]
struct WriteWarnings {
    warn: Mutex<Option<WarnFn>>,
    is_told: AtomicBool,
}

impl WriteWarnings {
    fn tell(&self, finding: Diagnostic) {
        if let Some(warn) = &*self.warn.lock() {
            warn(finding);
        }
    }

    fn failed(&self, reason: &str) {
        if !self.is_told.swap(true, Ordering::Relaxed) {
            let message = format!("what is accepted and refused is not recorded: {reason}");
            let help = "reloads go on; this is said once, until something is recorded again";
            self.tell(Diagnostic::warning(Code::HistoryUnwritten, Key::root(), message).help(help));
        }
    }

    fn succeeded(&self) {
        self.is_told.store(false, Ordering::Relaxed);
    }
}

impl SqliteJournal {
    pub(crate) fn new(path: impl Into<PathBuf>, synchronous: Synchronous) -> Self {
        Self {
            path: path.into(),
            synchronous,
            began: clock::since_epoch(),
            store: OnceLock::new(),
            warnings: Arc::default(),
        }
    }

    /// The same, where what was done to the files began at this time.
    pub(crate) fn since(mut self, began: Duration) -> Self {
        self.began = began;
        self
    }

    /// The database, opened where it was not; `None` where it could not be.
    fn store(&self) -> Result<&Store, Diagnostic> {
        let mut unavailable = None;
        let store = self.store.get_or_init(|| {
            let options = StoreOptions::new(&self.path).synchronous(self.synchronous).deadline(PATIENCE);
            // Texts that are no longer kept may hold secrets.
            let options = options.secure_delete(true);
            options.open().map_err(|error| unavailable = Some(unavailable_because(&error))).ok()
        });
        let again =
            || Diagnostic::warning(Code::HistoryUnavailable, Key::root(), "the history is not available");
        store.as_ref().ok_or_else(|| unavailable.unwrap_or_else(again))
    }

    /// Writes later, on another thread, and prunes in the same transaction.
    fn later<F>(&self, told: &Told, mut write: F)
    where
        F: FnMut(&Transaction<'_>, &str) -> Result<(), StoreError> + Send + 'static,
    {
        let is_new = self.store.get().is_none();
        let store = match self.store() {
            Ok(store) => store,
            // It was said when it could not be opened.
            Err(unavailable) if is_new => return self.warnings.tell(unavailable),
            Err(_) => return,
        };
        let (files, most) = (rows::name_of(&told.files), told.retention.generations);
        let warnings = Arc::clone(&self.warnings);
        let submitted = store.write_later(
            move |tx| {
                write(tx, &files)?;
                rows::prune(tx, &files, most)
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

impl Journal for SqliteJournal {
    fn prepare(&self) -> Result<(), Diagnostic> {
        self.store().map(drop)
    }

    fn attach(&self, warn: WarnFn) {
        *self.warnings.warn.lock() = Some(warn);
    }

    fn accepted(&self, accepted: Accepted) {
        let Accepted { told, cause, now, before } = accepted;
        if told.retention.mode == HistoryMode::Off {
            return;
        }
        let began_ms = millis(self.began);
        let mut made: Option<StoredState> = None;
        let entry = told.clone();
        self.later(&told, move |tx, files| {
            let before = before.as_deref();
            let kept = made.get_or_insert_with(|| kept(&entry, &*now, before));
            let is_edit = before.is_some_and(|before| before.generation() == now.generation());
            let newest = rows::newest(tx, files)?;
            let new = rows::NewRow { files, at_ms: millis(entry.at), generation: now.generation(), cause };
            write(tx, newest.as_ref(), &new, kept, (is_edit, began_ms))
        });
    }

    fn refused(&self, refused: Refused) {
        let Refused { told, generation, findings } = refused;
        let json = serde_json::to_value(&*findings).unwrap_or_default();
        let Some(kept) = stored_diagnostics(&json, told.retention.mode) else { return };
        let report = (kept == json).then(|| findings.report().to_owned());
        let (kept, at_ms) = (kept.to_string(), millis(told.at));
        self.later(&told, move |tx, files| {
            rows::refuse(tx, (files, at_ms, generation), (&kept, report.as_deref()))
        });
    }

    fn last_good(&self, files: &[PathBuf]) -> Result<LastGood, String> {
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

    fn history(&self) -> Option<History> {
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
        (RecordAction::Name, Some(newest)) => rows::name(tx, newest.number, new.cause),
        (RecordAction::Add | RecordAction::Replace | RecordAction::Name, newest) => {
            let is_known = kept.changes != Changes::Unknown;
            let changes = match newest.filter(|_| !is_known) {
                Some(newest) => difference(&newest.state, kept, &[]).changes,
                None => kept.changes.clone(),
            };
            rows::add(tx, new, &StoredState { changes, ..kept.clone() })
        }
    }
}

/// What is kept of a generation extra_paths the one that ran before it.
fn kept(told: &Told, now: &dyn GenerationView, before: Option<&dyn GenerationView>) -> StoredState {
    let root = now.written();
    let changes = before.map(|before| diff(&before.written(), &root));
    let is_secret = |key: &Key| now.is_secret(key) || before.is_some_and(|before| before.is_secret(key));
    let sources = now.sources().iter().map(|source| {
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
    accepted.stored(told.retention.mode).unwrap_or_else(|| StoredState {
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
