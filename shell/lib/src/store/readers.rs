//! The connections that read: one for each who reads at the same time, kept for the next.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use super::connection::{Guard, open_reader};
use super::error::StoreError;
use super::options::StoreOptions;
use super::transaction::Transaction;
use crate::sync::Monitor;

/// How many read at the same time; whoever comes then waits. SQLite keeps the file of a closed connection open while others
/// of the process are, so that more would cost files for good.
const MOST: usize = 32;

/// The reading side of a store.
pub(super) struct Readers {
    options: StoreOptions,
    pool: Monitor<Pool>,
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
        Self { options, pool: Monitor::default() }
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
        let transaction = Transaction::read(&reader.connection)?;
        reader.guard.around(|| read(&transaction)).0
    }

    /// Waits for a place; gives a connection where one is idle.
    fn take(&self) -> Option<Reader> {
        let idle = self.pool.wait_for(Duration::MAX, |pool| {
            (pool.used < MOST || DEPTH.get() > 0).then(|| {
                pool.used += 1;
                pool.idle.pop()
            })
        });
        DEPTH.set(DEPTH.get() + 1);
        idle.flatten()
    }
}

/// A place while it is read from.
struct Reading<'a> {
    readers: &'a Readers,
    reader: Option<Reader>,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        let reader = self.reader.take().filter(|reader| reader.connection.is_autocommit());
        DEPTH.set(DEPTH.get().saturating_sub(1));
        let mut pool = self.readers.pool.lock();
        pool.used -= 1;
        pool.idle.extend(reader);
        drop(pool);
        self.readers.pool.notify_one();
    }
}
