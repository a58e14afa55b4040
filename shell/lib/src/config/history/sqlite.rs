//! Records generations and refusals in the database, and reads the last good generation.
#![expect(
    clippy::disallowed_methods,
    reason = "this module starts and joins the thread that writes the history"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use speckit_core::Diagnostic;
use speckit_core::store::HistoryMode;

use super::entry::{StoredEntry, WaitingEntry};
use super::writing::HistoryWriter;
use super::{History, rows};
use crate::config::history::journal::{AcceptedEntry, JournalObserver, LastGood, RefusedEntry};
use crate::os::clock;
use crate::os::clock::millis;
use crate::os::documents::exists;
use crate::store::{StoreError, StoreOptions, SynchronousMode, unread_log};
use crate::sync::Mutex;

/// The timeout for a lock of another process while the last good generation is read.
const PATIENCE: Duration = Duration::from_secs(5);

/// Records accepted and refused configurations in a database. Dropping it writes what waits, where that is possible.
pub(crate) struct SqliteJournal {
    writer: Arc<HistoryWriter>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl SqliteJournal {
    /// Records in the file at a path, which is opened at the first use. `began` is when the process, or the recorded command,
    /// began to change the files, since 1970-01-01T00:00:00Z.
    pub(crate) fn new(path: impl Into<PathBuf>, synchronous: SynchronousMode, began: Duration) -> Self {
        let writer = HistoryWriter::new(path.into(), synchronous, millis(began));
        Self { writer: Arc::new(writer), thread: Mutex::default() }
    }

    /// As [`SqliteJournal::new`], begun now.
    pub(crate) fn begun_now(path: impl Into<PathBuf>) -> Self {
        Self::new(path, SynchronousMode::default(), clock::since_epoch())
    }

    /// Opens the database.
    ///
    /// # Errors
    /// The warning that it cannot be opened now. Each entry tries it again.
    pub(crate) fn prepare(&self) -> Result<(), Diagnostic> {
        self.writer.prepare()
    }

    pub(crate) fn attach(&self, observer: JournalObserver) {
        self.writer.attach(observer);
    }

    /// Waits for a moment until a generation of this process is recorded. Returns whether it is.
    pub(crate) fn has_soon(&self, generation: u64) -> bool {
        self.writer.has_soon(generation)
    }

    /// Emits [`JournalEvent::Recorded`] once this generation is recorded.
    pub(crate) fn announce(&self, generation: u64) {
        self.writer.announce(generation);
    }

    pub(crate) fn accepted(&self, entry: AcceptedEntry) {
        if entry.context.retention.mode != HistoryMode::Off {
            self.add(WaitingEntry::Accepted(Box::new(entry)));
        }
    }

    pub(crate) fn refused(&self, entry: &RefusedEntry) {
        if let Some(entry) = StoredEntry::refused(entry) {
            self.add(WaitingEntry::Stored(Arc::new(entry)));
        }
    }

    /// Writes later, on the thread of the journal.
    fn add(&self, entry: WaitingEntry) {
        self.writer.add(entry);
        let mut thread = self.thread.lock();
        if thread.is_some() {
            return;
        }
        let writer = Arc::clone(&self.writer);
        match thread::Builder::new().name("speckit-history".into()).spawn(move || writer.run()) {
            Ok(started) => *thread = Some(started),
            Err(error) => {
                drop(thread);
                self.writer.not_started(StoreError::Thread { reason: error.to_string() });
            }
        }
    }

    /// Waits for a time until everything is written.
    ///
    /// # Errors
    /// The warning with the number of entries that are not written.
    pub(crate) fn flush_within(&self, patience: Duration) -> Result<(), Diagnostic> {
        self.writer.flush_within(patience)
    }

    pub(crate) fn last_good(&self, files: &[PathBuf]) -> Result<LastGood, String> {
        let path = self.writer.path.display();
        if !exists(&self.writer.path) {
            return Err(format!("nothing is recorded yet in `{path}`"));
        }
        let newest = newest(&self.writer.path, &rows::name_of(files)).map_err(|error| error.to_string())?;
        let newest = newest.ok_or_else(|| format!("nothing is recorded of these files in `{path}`"))?;
        let texts =
            newest.state.sources.iter().map(|source| Some((source.path.clone(), source.text.clone()?)));
        let texts: Option<Vec<_>> = texts.collect();
        match texts.filter(|_| newest.has_texts()) {
            Some(texts) => Ok(LastGood {
                number: newest.number,
                accepted_at_ms: newest.accepted_at_ms,
                texts,
                unread_log: unread_log(&self.writer.path),
            }),
            None => Err(format!(
                "of generation {} no texts are kept (store.history = \"metadata\")",
                newest.number
            )),
        }
    }

    pub(crate) fn history(&self) -> Option<History> {
        if self.writer.opened().is_err() {
            // The first entry opens it.
            let _ = self.writer.flush();
        }
        self.writer.opened().ok().map(|_| History::recorded(Arc::clone(&self.writer)))
    }
}

impl Drop for SqliteJournal {
    fn drop(&mut self) {
        self.writer.close();
        let thread = self.thread.lock().take();
        // The observer may hold the last handle of the configuration: the thread cannot join itself.
        if let Some(thread) = thread.filter(|handle| handle.thread().id() != thread::current().id()) {
            // It catches the panics of what it writes.
            let _ = thread.join();
        }
    }
}

/// The newest generation of these files, read without writing.
fn newest(path: &Path, files: &str) -> Result<Option<speckit_core::config::history::Generation>, StoreError> {
    StoreOptions::new(path).deadline(PATIENCE).open_to_read()?.read(|tx| rows::newest(tx, files))
}
