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
    pub(super) fn of(connection: &'a Connection) -> Self {
        Self { connection }
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
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

/// Runs a closure, and catches its panic.
pub(super) fn attempt<W: Work>(work: &mut W, connection: &Connection) -> Outcome<W::Output> {
    let transaction = Transaction::of(connection);
    catch_unwind(AssertUnwindSafe(|| work.run(&transaction)))
}

/// Runs code of a caller on a thread that others need as well: its panic ends here, and nobody is told.
pub(super) fn contained(run: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(run));
}
