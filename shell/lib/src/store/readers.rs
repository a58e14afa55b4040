//! The pool of connections for reading.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use super::connection::{TransactionGuard, open_reader};
use super::error::StoreError;
use super::options::StoreOptions;
use super::transaction::Transaction;
use crate::sync::Monitor;

/// At most this many reads run at the same time; others wait. SQLite keeps the file of a closed connection open while other
/// connections of the process use that file. So each further connection would cost a file descriptor for ever.
const MAX_READS: usize = 32;

/// The reading side of a store.
pub(super) struct ReaderPool {
    options: StoreOptions,
    pool: Monitor<Pool>,
}

#[derive(Default)]
struct Pool {
    idle: Vec<ReaderConnection>,
    /// How many are in use.
    used: usize,
}

/// A connection, and what keeps statements from ending its transactions.
struct ReaderConnection {
    connection: Connection,
    guard: Arc<TransactionGuard>,
}

thread_local! {
    /// The depth of nested reads of this thread: a nested one does not wait, since it would wait for itself.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

impl ReaderPool {
    pub(super) fn new(options: StoreOptions) -> Self {
        Self { options, pool: Monitor::default() }
    }

    /// Reads in one transaction, which is a snapshot of the database.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self.take();
        let mut place = PoolPlace { readers: self, reader: None };
        let reader = match idle {
            Some(reader) => reader,
            None => {
                let guard = Arc::new(TransactionGuard::default());
                ReaderConnection {
                    connection: open_reader(&self.options.path, &self.options, &guard)?,
                    guard,
                }
            }
        };
        let reader = place.reader.insert(reader);
        let transaction = Transaction::read(&reader.connection)?;
        reader.guard.around(|| read(&transaction)).0
    }

    /// Waits for a place in the pool; returns an idle connection if there is one.
    fn take(&self) -> Option<ReaderConnection> {
        let idle = self.pool.wait_for(Duration::MAX, |pool| {
            (pool.used < MAX_READS || DEPTH.get() > 0).then(|| {
                pool.used += 1;
                pool.idle.pop()
            })
        });
        DEPTH.set(DEPTH.get() + 1);
        idle.flatten()
    }
}

/// A place in the pool while it is in use.
struct PoolPlace<'a> {
    readers: &'a ReaderPool,
    reader: Option<ReaderConnection>,
}

impl Drop for PoolPlace<'_> {
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
