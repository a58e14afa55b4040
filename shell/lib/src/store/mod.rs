//! A SQLite database that survives contention and crashes.
//!
//! SQLite has one writer at a time, so a [`Store`] writes through one connection. A caller uses it on its own thread while
//! it is free; under contention callers queue for a thread that commits many of their closures in one transaction, each in its
//! own savepoint, so that one that fails is rolled back alone. Readers have their own connections and never wait for writers.
//!
//! ```
//! use speckit::store::{Store, StoreError};
//! # let folder = tempfile::tempdir().unwrap();
//! let store = Store::open(folder.path().join("app.db"))?;
//! store.write(|tx| Ok(tx.execute_batch("CREATE TABLE notes (text TEXT NOT NULL)")?))?;
//! let id = store.write(|tx| {
//!     tx.execute("INSERT INTO notes VALUES (?1)", ["buy milk"])?;
//!     Ok(tx.last_insert_rowid())
//! })?;
//! let text: String = store.read(|tx| Ok(tx.query_row("SELECT text FROM notes WHERE rowid = ?1", [id], |row| row.get(0))?))?;
//! assert_eq!(text, "buy milk");
//! # Ok::<(), StoreError>(())
//! ```
//!
//! The file belongs to the store: its `user_version`, its `application_id`, the tables whose names begin with `config_`, `store_` and
//! `bench_`, and the tables `consensus_runs` and `agent_outputs`; add your own. The database of another program is rejected. Open one
//! store for a file in a process: a second one waits for it as for another process.
//!
//! Do not move, replace or delete an open file (<https://sqlite.org/howtocorrupt.html>). If that happens, the next write fails
//! with [`StoreError::Replaced`], unless it follows another write within 50 µs; a series of such writes fails after 250 µs. What was committed before is in the file that was open, wherever that is now. The store
//! cannot be used any more: drop it, and open the path again.
//!
//! A closure that returns an error or panics is rolled back; [`StoreError::refused`] carries an error of your own to the caller. A closure may run more than once: after another process held the
//! lock, or after another closure ended the common transaction. So it should have no effects outside the database;
//! [`Store::update`] changes a value in memory together with it. It must not wait for another thread that writes to the same
//! store, since that waits for it.

use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::{Params, Row, Statement};

use crate::os::documents::DatabaseState;
use crate::os::{clock, documents};

mod check;
mod checkpoint;
mod connection;
mod copy;
mod error;
mod migrations;
mod mirror;
mod open_file;
mod options;
mod polling;
mod queue;
mod readers;
mod reading;
mod scheduler;
mod stats;
mod transaction;
mod vacuum;
mod writer;

pub use check::{StoreFinding, check_file};
pub use copy::{Backup, DatabaseCopy, Restored, restore};
pub use error::{Refusal, StoreError};
pub use mirror::Mirror;
pub use options::StoreOptions;
pub use reading::unread_log;
pub use rusqlite;
pub use scheduler::VacuumScheduler;
pub use speckit_core::store::{HistoryMode, StoreConfig, SynchronousMode};
pub use stats::{StoreStats, TableStats, VacuumRecord};
pub use transaction::Transaction;
pub use vacuum::{VacuumOutcome, VacuumProgress};

use open_file::{OpenFile, refuse_orphaned_log};
use polling::Polling;
use readers::ReaderPool;
use writer::{Writer, result_of};

/// A SQLite database for many threads and processes. A clone is a pointer.
///
/// Dropping the last one finishes the queued writes: up to the deadline, where another process holds the lock.
#[derive(Clone)]
pub struct Store {
    inner: Arc<StoreInner>,
}

struct StoreInner {
    /// The number of the store in this process, from 1.
    number: u64,
    options: StoreOptions,
    /// Dropped before the writer, whose connection is then the last one.
    readers: ReaderPool,
    /// `None` in a store that only reads.
    writer: Option<Writer>,
}

impl Store {
    /// Opens a file. A missing one is created with its folders, readable only by its owner; see [`StoreOptions`].
    ///
    /// # Errors
    /// Why it cannot be used, and how to fix it.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        StoreOptions::new(path).open()
    }

    fn with(options: StoreOptions) -> Result<Self, StoreError> {
        if options.path.as_os_str() == ":memory:" {
            let what = "a database in memory has one connection, but a store needs several: name a file";
            return Err(StoreError::Absent { what: what.into() });
        }
        let options = options.with_absolute_path()?;
        refuse_orphaned_log(&options.path, DatabaseState::of(&options.path))?;
        documents::make_private(&options.path)
            .map_err(|error| StoreError::unopened(&options.path, &error))?;
        let guard = Arc::new(connection::TransactionGuard::default());
        let open = || {
            let connection = connection::open_writer(&options.path, &options, &guard)?;
            migrations::migrate(&connection, &options.path)?;
            Ok(connection)
        };
        let (file, connection) = patiently(&options, || OpenFile::open(&options.path, open))?;
        let writer = Writer::new(connection, file, guard, options.clone());
        Ok(Self::of(options, Some(writer)))
    }

    fn to_read(options: StoreOptions) -> Result<Self, StoreError> {
        let options = options.with_absolute_path()?;
        stats::refuse_missing(&options.path)?;
        let store = Self::of(options, None);
        store.read(|_| Ok(()))?;
        Ok(store)
    }

    fn of(options: StoreOptions, writer: Option<Writer>) -> Self {
        static STORES: AtomicU64 = AtomicU64::new(0);
        let number = STORES.fetch_add(1, Ordering::Relaxed) + 1;
        let readers = ReaderPool::new(options.clone());
        Self { inner: Arc::new(StoreInner { number, options, readers, writer }) }
    }

    fn writer(&self) -> Result<&Writer, StoreError> {
        let path = || self.path().to_path_buf();
        self.inner.writer.as_ref().ok_or_else(|| StoreError::OpenedToRead { path: path() })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.inner.options.path
    }

    /// Writes in a transaction (`BEGIN IMMEDIATE`) and returns the result of the closure, once it is committed.
    ///
    /// # Errors
    /// The error of the closure, or why it could not be committed; then nothing of it is written. [`StoreError::Busy`]
    /// where another process held the lock until the deadline, [`StoreError::Nested`] within a closure of the same store.
    ///
    /// # Panics
    /// If the closure panics; then nothing of it is written either.
    pub fn write<T, F>(&self, write: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer()?.write(write)
    }

    /// As [`Store::write`], awaited in any runtime without blocking a thread. The write is queued at once. A future that is
    /// dropped before its closure has begun writes nothing; for one that is dropped later the result is unknown.
    ///
    /// # Errors
    /// As those of [`Store::write`].
    pub fn write_async<T, F>(
        &self,
        write: F,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnMut(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let submitted = self.writer().and_then(|writer| writer.submit(write));
        async move { result_of(submitted?.await) }
    }

    /// Changes a value in memory and the database together: the value is replaced if and when the transaction is committed.
    /// Each update of a mirror starts from the result of the one before.
    ///
    /// # Errors
    /// As those of [`Store::write`].
    ///
    /// # Panics
    /// If the closure panics; then nothing has changed.
    pub fn update<V, T, F>(&self, mirror: &Mirror<V>, change: F) -> Result<T, StoreError>
    where
        V: Clone + Send + Sync + 'static,
        T: Send + 'static,
        F: FnMut(&Transaction<'_>, &mut V) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer()?.write(mirror.changed_by(self.inner.number, change)?)
    }

    /// As [`Store::update`], awaited as [`Store::write_async`] is.
    ///
    /// # Errors
    /// As those of [`Store::write`].
    pub fn update_async<V, T, F>(
        &self,
        mirror: &Mirror<V>,
        change: F,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + use<V, T, F>
    where
        V: Clone + Send + Sync + 'static,
        T: Send + 'static,
        F: FnMut(&Transaction<'_>, &mut V) -> Result<T, StoreError> + Send + 'static,
    {
        let change = mirror.changed_by(self.inner.number, change);
        let submitted = change.and_then(|change| self.writer()?.submit(change));
        async move { result_of(submitted?.await) }
    }

    /// Reads in a transaction, which is a snapshot of the committed database. It may not write.
    ///
    /// Within a closure of [`Store::write`] it does not see the changes of that closure.
    ///
    /// # Errors
    /// The error of the closure, or why the database cannot be read.
    pub fn read<T>(
        &self,
        mut read: impl FnMut(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let Some(writer) = &self.inner.writer else {
            return reading::read(&self.inner.options, read).map_err(|error| error.of(self.path()));
        };
        self.repeat_read(writer, |readers| readers.read(&mut read))
    }

    /// Reads one row with a single statement, as `rusqlite::Connection::query_row` does.
    ///
    /// SQLite gives a statement a snapshot of its own, so that it needs no transaction and is faster than [`Store::read`]. What several
    /// statements return belongs together only within one `read`. The same restrictions apply. The statement is prepared once for each connection.
    ///
    /// ```
    /// # use speckit::store::{Store, StoreError};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let store = Store::open(folder.path().join("app.db"))?;
    /// store.write(|tx| Ok(tx.execute_batch("CREATE TABLE ports (name TEXT, port INTEGER); INSERT INTO ports VALUES ('http', 80)")?))?;
    /// let port: u16 = store.query_row("SELECT port FROM ports WHERE name = ?1", ["http"], |row| row.get(0))?;
    /// assert_eq!(port, 80);
    /// # Ok::<(), StoreError>(())
    /// ```
    ///
    /// # Errors
    /// The statement fails or returns no row, or the database cannot be read.
    pub fn query_row<T>(
        &self,
        sql: &str,
        params: impl Params + Clone,
        mut convert: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.run_statement(sql, |statement| statement.query_row(params.clone(), &mut convert))
    }

    /// Reads all rows that a single statement returns, in their order; otherwise as [`Store::query_row`].
    ///
    /// # Errors
    /// The statement fails, or the database cannot be read.
    pub fn query_rows<T>(
        &self,
        sql: &str,
        params: impl Params + Clone,
        mut convert: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        self.run_statement(sql, |statement| statement.query_map(params.clone(), &mut convert)?.collect())
    }

    fn run_statement<T>(
        &self,
        sql: &str,
        mut run: impl FnMut(&mut Statement<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let Some(writer) = &self.inner.writer else {
            return self.read(|tx| Ok(run(&mut *tx.prepare_cached(sql)?)?));
        };
        self.repeat_read(writer, |readers| {
            readers.run_statement(|connection| Ok(run(&mut *connection.prepare_cached(sql)?)?))
        })
    }

    /// Repeats a read that meets a lock, until the deadline.
    fn repeat_read<T>(
        &self,
        writer: &Writer,
        mut read: impl FnMut(&ReaderPool) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        writer.refuse_lost()?;
        match read(&self.inner.readers) {
            Err(error) if error.is_retryable() => {
                patiently(&self.inner.options, || read(&self.inner.readers))
            }
            result => result.map_err(|error| error.of_read(self.path())),
        }
    }

    /// As [`Store::read`], on a blocking thread of tokio.
    ///
    /// # Errors
    /// As those of [`Store::read`].
    ///
    /// # Panics
    /// If the closure panics, and outside of a runtime of tokio.
    #[cfg(feature = "tokio")]
    pub async fn read_async<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let store = self.clone();
        let reading = tokio::task::spawn_blocking(move || store.read(read));
        match reading.await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(StoreError::refused("the runtime is shutting down")),
            },
        }
    }

    /// Whether a write has not found the file at its path.
    pub(crate) fn is_lost(&self) -> bool {
        self.inner.writer.as_ref().is_some_and(|writer| writer.refuse_lost().is_err())
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.path()).finish()
    }
}

/// A number for SQLite, at most the largest.
pub(crate) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number from SQLite that is not negative.
fn natural(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Repeats an operation while other processes hold the lock, until the deadline.
fn patiently<T>(
    options: &StoreOptions,
    mut run: impl FnMut() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let started = clock::now();
    let mut polling = Polling::new();
    loop {
        match run() {
            Ok(result) => return Ok(result),
            Err(error) => polling.wait(options, None, error, started)?,
        }
    }
}
