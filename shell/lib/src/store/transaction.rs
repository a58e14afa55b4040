//! The transaction of a closure, and its outcome.

use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use rusqlite::Connection;

use super::error::StoreError;

/// A transaction of a [`Store`](super::Store): a connection for statements. The store begins and ends it; a closure returns an
/// error to roll it back.
#[derive(Debug)]
pub struct Transaction<'a> {
    connection: &'a Connection,
}

impl<'a> Transaction<'a> {
    /// Begins one that reads a snapshot of the database.
    pub(super) fn read(connection: &'a Connection) -> Result<Self, StoreError> {
        Self::begin(connection, "BEGIN -- of the store")
    }

    /// Begins one that holds the write lock.
    pub(super) fn write(connection: &'a Connection) -> Result<Self, StoreError> {
        Self::begin(connection, "BEGIN IMMEDIATE -- of the store")
    }

    fn begin(connection: &'a Connection, sql: &str) -> Result<Self, StoreError> {
        control(connection, sql)?;
        Ok(Self { connection })
    }

    pub(super) fn commit(self) -> Result<(), StoreError> {
        control(&self, "COMMIT -- of the store")
    }
}

/// Rolls back unless it was committed.
impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if !self.is_autocommit() {
            // The cause of the rollback is already reported, and the pool checks whether the connection is usable.
            let _ = control(self, "ROLLBACK -- of the store");
        }
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

/// Runs a statement that begins or ends a transaction or a savepoint. Its comment keeps it apart from the statements of
/// closures in the cache.
pub(super) fn control(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// An operation that runs in a transaction, perhaps more than once until it is committed.
pub(super) trait WriteOperation: Send + 'static {
    type Output: Send + 'static;

    fn run(&mut self, transaction: &Transaction<'_>) -> Result<Self::Output, StoreError>;

    /// The last run is committed.
    fn committed(&mut self) {}

    /// The last run is rolled back.
    fn rolled_back(&mut self) {}
}

impl<T, F> WriteOperation for F
where
    T: Send + 'static,
    F: FnMut(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
{
    type Output = T;

    fn run(&mut self, transaction: &Transaction<'_>) -> Result<T, StoreError> {
        self(transaction)
    }
}

/// The outcome of a closure: its result, or its panic.
pub(super) type ClosureOutcome<T> = thread::Result<Result<T, StoreError>>;

/// Runs code of a caller on a shared thread, and ignores its panic.
pub(super) fn contained(run: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(run));
}
