//! The connections that read: one for each who reads at the same time, kept for the next.

use std::cell::Cell;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::connection::{Guard, open_reader};
use super::error::StoreError;
use super::options::StoreOptions;
use super::transaction::Transaction;

/// How many read at the same time; whoever comes then waits. SQLite keeps the file of a closed connection open while others
/// of the process are, so that more would cost files for good.
const MOST: usize = 32;

/// The reading side of a store.
pub(super) struct Readers {
    options: StoreOptions,
    pool: Mutex<Pool>,
    returned: Condvar,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Reader>,
    /// How many are in use.
    used: usize,
}

/// A connection with what holds closures to its transaction.
struct Reader {
    connection: Connection,
    guard: Arc<Guard>,
}

thread_local! {
    /// How many reads this thread is within: one within another does not wait, since it would wait for itself.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

impl Readers {
    pub(super) fn new(options: StoreOptions) -> Self {
        Self { options, pool: Mutex::default(), returned: Condvar::new() }
    }

    /// Reads in one transaction, which sees one state of the database.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self.take();
        let mut reading = Reading { readers: self, reader: None };
        let reader = match idle {
            Some(reader) => reader,
            None => {
                let guard = Arc::new(Guard::default());
                Reader { connection: open_reader(&self.options.path, &self.options, &guard)?, guard }
            }
        };
        let reader = reading.reader.insert(reader);
        reader.connection.prepare_cached(BEGIN)?.execute([])?;
        reader.guard.around(|| read(&Transaction::of(&reader.connection))).0
    }

    /// Waits for a place; gives a connection where one is idle.
    fn take(&self) -> Option<Reader> {
        let mut pool = self.pool();
        while pool.used >= MOST && DEPTH.get() == 0 {
            pool = self.returned.wait(pool).unwrap_or_else(PoisonError::into_inner);
        }
        pool.used += 1;
        DEPTH.set(DEPTH.get() + 1);
        pool.idle.pop()
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place while it is read from. Its transaction ends with it, after a panic too.
struct Reading<'a> {
    readers: &'a Readers,
    reader: Option<Reader>,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        let reader = self.reader.take().filter(|Reader { connection, guard }| {
            guard.lower();
            let roll_back = || connection.prepare_cached(ROLLBACK).and_then(|mut end| end.execute([]));
            connection.is_autocommit() || roll_back().is_ok()
        });
        DEPTH.set(DEPTH.get().saturating_sub(1));
        let mut pool = self.readers.pool();
        pool.used -= 1;
        pool.idle.extend(reader);
        drop(pool);
        self.readers.returned.notify_one();
    }
}

// Texts that no closure finds in the cache of statements.
const BEGIN: &str = "BEGIN -- of the store";
const ROLLBACK: &str = "ROLLBACK -- of the store";
