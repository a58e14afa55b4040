//! The transaction that a closure works in, and what becomes of it.

use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use rusqlite::Connection;

use super::error::StoreError;

/// A transaction of a [`Store`](super::Store): a connection for statements. It is begun and ended by the store; a closure that
/// wants to take everything back returns an error.
#[derive(Debug)]
pub struct Transaction<'a> {
    connection: &'a Connection,
}

impl<'a> Transaction<'a> {
    /// Begins one that sees the database as it is at this moment.
    pub(super) fn read(connection: &'a Connection) -> Result<Self, StoreError> {
        Self::begin(connection, "BEGIN -- of the store")
    }

    /// Begins one that has the lock of the writer.
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

/// What is not committed is rolled back.
impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if !self.is_autocommit() {
            // Whatever made a rollback necessary is reported; who keeps the connection looks whether it succeeded.
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

/// Runs a statement that begins or ends something. The cache of statements knows it by its text: with its comment no closure
/// finds it there.
pub(super) fn control(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// Something that is to be done in a transaction, perhaps more than once until it is committed.
pub(super) trait Work: Send + 'static {
    type Output: Send + 'static;

    fn run(&mut self, transaction: &Transaction<'_>) -> Result<Self::Output, StoreError>;

    /// What was run last is committed.
    fn committed(&mut self) {}

    /// What was run last is rolled back.
    fn undone(&mut self) {}
}

impl<T, F> Work for F
where
    T: Send + 'static,
    F: FnMut(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
{
    type Output = T;

    fn run(&mut self, transaction: &Transaction<'_>) -> Result<T, StoreError> {
        self(transaction)
    }
}

/// What a closure came to: its result, or its panic.
pub(super) type Outcome<T> = thread::Result<Result<T, StoreError>>;

/// Runs code of a caller on a thread that others need as well: its panic ends here, and nobody is told.
pub(super) fn contained(run: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(run));
}
