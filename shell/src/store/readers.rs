//! The connections that read: one for each who reads at the same time, kept for the next.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::connection::open_reader;
use super::error::StoreError;
use super::options::StoreOptions;
use super::transaction::Transaction;

/// How many connections are kept while nobody reads.
const MOST_IDLE: usize = 16;

/// The reading side of a store.
pub(super) struct Readers {
    options: StoreOptions,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(options: StoreOptions) -> Self {
        Self { options, idle: Mutex::default() }
    }

    /// Reads in one transaction, which sees one state of the database.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let connection = match self.idle().pop() {
            Some(connection) => connection,
            None => open_reader(&self.options.path, &self.options)?,
        };
        let reading = Reading { readers: self, connection: Some(connection) };
        reading.run(read)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection while it is read from. Its transaction ends with it, after a panic too.
struct Reading<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
}

impl Reading<'_> {
    fn run<T>(&self, read: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let Some(connection) = &self.connection else { return Err(StoreError::RolledBack) };
        connection.prepare_cached("BEGIN")?.execute([])?;
        read(&Transaction::of(connection))
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let is_over = connection.is_autocommit() || {
            let ended = connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]));
            ended.is_ok()
        };
        let mut idle = self.readers.idle();
        if is_over && idle.len() < MOST_IDLE {
            idle.push(connection);
        }
    }
}
