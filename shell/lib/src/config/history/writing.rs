//! Writes the entries of a history in their order, on a thread of its own, and again after a failure.

use std::collections::BTreeSet;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use speckit_core::config::history::{Backlog, MAX_WAITING};
use speckit_core::{Code, Diagnostic, Key};

use super::entry::{StoredEntry, WaitingEntry};
use super::journal::{JournalEvent, JournalObserver};
use crate::os::clock;
use crate::store::{Store, StoreError, StoreOptions, SynchronousMode};
use crate::sync::{Monitor, Mutex};

/// The timeout for a lock of another process.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the event of a publication waits for its entry.
const RECORD_WAIT: Duration = Duration::from_millis(50);

/// The database of a history, and the entries that wait for it.
pub(super) struct HistoryWriter {
    pub(super) path: PathBuf,
    pub(super) synchronous: SynchronousMode,
    /// When the process, or the recorded command, began to change the files, in milliseconds since 1970-01-01T00:00:00Z.
    pub(super) began_ms: u64,
    started: Instant,
    /// `None` while it cannot be opened.
    store: Mutex<Option<Store>>,
    observer: Mutex<Option<JournalObserver>>,
    queue: Monitor<EntryQueue>,
    /// The newest generation of this process that is in the database; 0 for none.
    recorded: AtomicU64,
}

#[derive(Default)]
struct EntryQueue {
    backlog: Backlog<WaitingEntry>,
    /// The generations whose entries are announced once they are written.
    announced: BTreeSet<u64>,
    /// Whether a thread writes.
    is_running: bool,
    /// Each entry gets one more attempt, until one fails.
    is_closing: bool,
    /// An outcome is reported to the observer.
    is_reporting: bool,
    /// The last failure; `None` after a success.
    failure: Option<StoreError>,
}

impl EntryQueue {
    fn is_settled(&self) -> bool {
        self.backlog.is_empty() && !self.is_reporting
    }
}

impl HistoryWriter {
    pub(super) fn new(path: PathBuf, synchronous: SynchronousMode, began_ms: u64) -> Self {
        Self {
            path,
            synchronous,
            began_ms,
            started: clock::now(),
            store: Mutex::default(),
            observer: Mutex::default(),
            queue: Monitor::default(),
            recorded: AtomicU64::new(0),
        }
    }

    pub(super) fn attach(&self, observer: JournalObserver) {
        *self.observer.lock() = Some(observer);
    }

    /// The open database.
    ///
    /// # Errors
    /// The last failure.
    pub(super) fn opened(&self) -> Result<Store, StoreError> {
        self.store().ok_or_else(|| {
            let what = || "nothing is recorded yet".into();
            self.queue.lock().failure.clone().unwrap_or_else(|| StoreError::Absent { what: what() })
        })
    }

    fn store(&self) -> Option<Store> {
        self.store.lock().clone()
    }

    /// Opens the database before there is an entry.
    pub(super) fn prepare(&self) -> Result<(), Diagnostic> {
        self.open().map(drop).map_err(|error| {
            self.queue.lock().backlog.report_failure();
            unavailable_because(&error)
        })
    }

    /// Whether a generation of this process is in the database.
    fn has(&self, generation: u64) -> bool {
        self.recorded.load(Ordering::Relaxed) >= generation
    }

    /// Waits for a moment until a generation is in the database, or an attempt to write has failed. Returns whether it is there.
    pub(super) fn has_soon(&self, generation: u64) -> bool {
        let failures = self.queue.lock().backlog.failures();
        let has = self.queue.wait_for(RECORD_WAIT, |queue| match self.has(generation) {
            true => Some(true),
            false => (queue.backlog.failures() > failures).then_some(false),
        });
        has.unwrap_or(false)
    }

    /// Reports a generation once it is in the database, or at once.
    pub(super) fn announce(&self, generation: u64) {
        let mut queue = self.queue.lock();
        if !self.has(generation) {
            queue.announced.insert(generation);
            return;
        }
        drop(queue);
        self.report(JournalEvent::Recorded { generation });
    }

    /// Adds an entry for [`HistoryWriter::run`].
    pub(super) fn add(&self, entry: WaitingEntry) {
        let mut queue = self.queue.lock();
        queue.backlog.add(entry);
        queue.is_running = true;
        drop(queue);
        self.queue.notify_all();
    }

    /// The thread for [`HistoryWriter::run`] could not be started.
    pub(super) fn not_started(&self, error: StoreError) {
        let mut queue = self.queue.lock();
        queue.is_running = false;
        queue.failure = Some(error.clone());
        let is_reported = queue.backlog.report_failure();
        drop(queue);
        if !is_reported {
            self.report(JournalEvent::Warning(unwritten_because(&error)));
        }
    }

    /// Lets [`HistoryWriter::run`] return after one more attempt.
    pub(super) fn close(&self) {
        let mut queue = self.queue.lock();
        queue.is_closing = true;
        queue.backlog.retry();
        drop(queue);
        self.queue.notify_all();
    }

    /// Waits until every entry is written, or an attempt has failed.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        match self.wait(Duration::MAX) {
            Some(Err(Some(error))) => Err(error),
            _ => Ok(()),
        }
    }

    /// As [`HistoryWriter::flush`] for a limited time; the warning counts the entries that are not written.
    pub(super) fn flush_within(&self, patience: Duration) -> Result<(), Diagnostic> {
        let waited = self.wait(patience);
        let unwritten = self.queue.lock().backlog.unwritten();
        match waited {
            Some(Ok(())) if unwritten == 0 => Ok(()),
            Some(Err(Some(error))) => Err(not_recorded(unwritten, &error)),
            _ => Err(not_recorded(unwritten, &"the database takes too long")),
        }
    }

    /// `None` where the time is over.
    fn wait(&self, patience: Duration) -> Option<Result<(), Option<StoreError>>> {
        let mut queue = self.queue.lock();
        let failures = queue.backlog.retry();
        drop(queue);
        self.queue.notify_all();
        self.queue.wait_for(patience, |queue| match queue {
            _ if queue.is_settled() => Some(Ok(())),
            _ if queue.is_reporting => None,
            _ if queue.backlog.failures() > failures || !queue.is_running => Some(Err(queue.failure.clone())),
            _ => None,
        })
    }

    /// Writes entries until the history is closed. Then the entry that fails and those behind it are lost.
    pub(super) fn run(&self) {
        let mut attempts = WriteAttempts { writer: self, newest: None, has_lost: false };
        while let Some(entry) = self.next() {
            let entry = entry.stored();
            match catch_unwind(AssertUnwindSafe(|| attempts.write(&entry))) {
                Ok(Ok(())) => self.written(&entry),
                Ok(Err(failure)) => self.failed(entry, failure),
                // A mistake of this crate; the entry would fail again.
                Err(_) => self.queue.lock().backlog.abandoned(),
            }
            self.queue.lock().is_reporting = false;
            self.queue.notify_all();
        }
        self.queue.lock().is_running = false;
        self.queue.notify_all();
    }

    fn now(&self) -> Duration {
        clock::now().saturating_duration_since(self.started)
    }

    /// Waits for the next entry to write. `None` once the history is closed.
    fn next(&self) -> Option<WaitingEntry> {
        loop {
            let due = self.queue.lock().backlog.next_deadline();
            let wait = due.map_or(Duration::MAX, |due| due.saturating_sub(self.now()));
            let next = self.queue.wait_for(wait, |queue| match queue.backlog.take(self.now()) {
                None if queue.is_closing => Some(None),
                None => None,
                entry => Some(entry),
            });
            if let Some(next) = next {
                return next;
            }
        }
    }

    fn written(&self, entry: &StoredEntry) {
        let accepted = entry.accepted_generation();
        if let Some(generation) = accepted {
            self.recorded.store(generation, Ordering::Relaxed);
        }
        let mut queue = self.queue.lock();
        queue.is_reporting = true;
        queue.failure = None;
        let recovered = queue.backlog.written();
        let announced = accepted.filter(|generation| queue.announced.remove(generation));
        drop(queue);
        if let Some(given_up) = recovered {
            self.report(JournalEvent::Recovered);
            if given_up > 0 {
                self.report(JournalEvent::Warning(given_up_entries(given_up)));
            }
        }
        if let Some(generation) = announced {
            self.report(JournalEvent::Recorded { generation });
        }
    }

    fn failed(&self, entry: Arc<StoredEntry>, failure: WriteFailure) {
        let warning = failure.warning();
        let (WriteFailure::Unavailable(error) | WriteFailure::Unwritten(error)) = failure;
        let mut queue = self.queue.lock();
        queue.is_reporting = true;
        queue.failure = Some(error);
        let is_first = queue.backlog.failed(WaitingEntry::Stored(entry), self.now());
        drop(queue);
        if is_first {
            self.report(JournalEvent::Warning(warning));
        }
    }

    fn report(&self, event: JournalEvent) {
        if let Some(observer) = &*self.observer.lock() {
            observer(event);
        }
    }

    fn open(&self) -> Result<Store, StoreError> {
        let options = StoreOptions::new(&self.path).synchronous(self.synchronous).deadline(PATIENCE);
        // Deleted texts may contain secrets.
        let store = options.secure_delete(true).open()?;
        *self.store.lock() = Some(store.clone());
        Ok(store)
    }
}

/// Why an entry is not written.
enum WriteFailure {
    /// The database cannot be opened.
    Unavailable(StoreError),
    Unwritten(StoreError),
}

impl WriteFailure {
    fn warning(&self) -> Diagnostic {
        match self {
            Self::Unavailable(error) => unavailable_because(error),
            Self::Unwritten(error) => unwritten_because(error),
        }
    }
}

/// The attempts of the thread to write.
struct WriteAttempts<'a> {
    writer: &'a HistoryWriter,
    /// The newest accepted entry that is written.
    newest: Option<Arc<StoredEntry>>,
    /// The file was replaced, and another one does not have the newest entry yet.
    has_lost: bool,
}

impl WriteAttempts<'_> {
    /// Writes an entry. A file that was replaced is opened again at once.
    fn write(&mut self, entry: &Arc<StoredEntry>) -> Result<(), WriteFailure> {
        let written = match self.write_once(entry) {
            Err(WriteFailure::Unwritten(StoreError::Replaced { .. })) => self.write_once(entry),
            written => written,
        };
        if written.is_ok() && entry.accepted_generation().is_some() {
            self.newest = Some(Arc::clone(entry));
        }
        written
    }

    fn write_once(&mut self, entry: &Arc<StoredEntry>) -> Result<(), WriteFailure> {
        let store = self.opened().map_err(WriteFailure::Unavailable)?;
        if self.has_lost
            && let Some(newest) = &self.newest
        {
            self.commit(&store, newest).map_err(WriteFailure::Unwritten)?;
        }
        self.has_lost = false;
        self.commit(&store, entry).map_err(WriteFailure::Unwritten)
    }

    /// The database at the path.
    fn opened(&mut self) -> Result<Store, StoreError> {
        match self.writer.store() {
            Some(store) if !store.is_lost() => return Ok(store),
            Some(_) => {
                // Closed before the path is opened again.
                *self.writer.store.lock() = None;
                self.writer.recorded.store(0, Ordering::Relaxed);
                if !mem::replace(&mut self.has_lost, true) {
                    self.writer.report(JournalEvent::Warning(replaced(&self.writer.path)));
                }
            }
            None => {}
        }
        self.writer.open()
    }

    fn commit(&self, store: &Store, entry: &Arc<StoredEntry>) -> Result<(), StoreError> {
        let (entry, began_ms) = (Arc::clone(entry), self.writer.began_ms);
        store.write(move |tx| entry.write(tx, began_ms))
    }
}

fn warning(code: Code, message: String, help: String) -> Diagnostic {
    Diagnostic::warning(code, Key::root(), message).help(help)
}

/// The warning that entries are not written now.
fn unwritten_because(reason: &StoreError) -> Diagnostic {
    let message = format!("what is accepted and refused is not recorded: {reason}");
    warning(Code::HistoryUnwritten, message, later())
}

/// The warning that the database cannot be opened.
pub(super) fn unavailable_because(reason: &dyn std::fmt::Display) -> Diagnostic {
    let message = format!("what is accepted and refused is not recorded: {reason}");
    warning(Code::HistoryUnavailable, message, later())
}

fn later() -> String {
    format!(
        "reloads go on, and the newest {MAX_WAITING} entries are recorded as soon as that is possible; this warning is not repeated before"
    )
}

fn replaced(path: &Path) -> Diagnostic {
    let message = format!("`{}` was moved, deleted or replaced while it was open", path.display());
    let help = "the file that is there now, or a new one, is used from now on, beginning with the generation in use; what was recorded before \
                is in the file that was moved";
    warning(Code::HistoryReplaced, message, help.into())
}

fn given_up_entries(entries: u64) -> Diagnostic {
    let message =
        format!("the history lacks {}, which could not be recorded in time", number_of_entries(entries));
    let help = format!("the newest {MAX_WAITING} entries wait for the database; the older ones are lost");
    warning(Code::HistoryUnwritten, message, help)
}

fn not_recorded(entries: u64, reason: &dyn std::fmt::Display) -> Diagnostic {
    let message = format!("the history lacks {}: {reason}", number_of_entries(entries));
    Diagnostic::warning(Code::HistoryUnwritten, Key::root(), message)
}

fn number_of_entries(entries: u64) -> String {
    if entries == 1 { "1 entry".into() } else { format!("{entries} entries") }
}
