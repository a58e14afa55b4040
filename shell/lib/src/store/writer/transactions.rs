//! The transactions of the writer: one for each write, or one for many.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use rusqlite::Connection;

use super::{WriterState, discard};
use crate::os::clock;
use crate::store::error::StoreError;
use crate::store::polling::Polling;
use crate::store::queue::{PendingWrite, WriteResult};
use crate::store::transaction::{Transaction, control};

/// The most writes of one transaction.
const MAX_IN_GROUP: usize = 1024;
/// The longest time for which a transaction accepts further writes: other processes must get the lock too.
const LONGEST_GROUP: Duration = Duration::from_millis(10);

// The comment keeps these statements apart from those of closures in the cache of statements.
const SAVEPOINT: &str = "SAVEPOINT speckit_write -- of the store";
const ROLLBACK_TO: &str = "ROLLBACK TO speckit_write -- of the store";
const RELEASE: &str = "RELEASE speckit_write -- of the store";

/// Why a write has no outcome.
pub(super) enum Unfinished {
    /// Its caller no longer waits.
    Withdrawn,
    /// The deadline has passed, or the error is permanent.
    Failed(StoreError),
    /// The deadline of the caller has panicked.
    Panicked(Box<dyn Any + Send>),
}

impl WriterState {
    /// Runs the first write and the waiting ones in one transaction. If the transaction is lost, each runs again in
    /// its own transaction, also a failed one: the changes of another write may be the cause. Returns how many writes the group had.
    pub(super) fn group(
        &self,
        connection: &Connection,
        first: Box<dyn PendingWrite>,
        previous_count: usize,
    ) -> usize {
        let mut first = first;
        let transaction = match self.retry_while_locked(connection, &mut *first, |_| self.begin(connection)) {
            Ok(transaction) => transaction,
            Err(unfinished) => {
                self.end(first, Err(unfinished));
                return 0;
            }
        };
        let mut done: Vec<(Box<dyn PendingWrite>, WriteResult)> = Vec::with_capacity(previous_count);
        let until = clock::now() + LONGEST_GROUP;
        let mut next = Some(first);
        let mut is_whole = true;
        while let Some(mut write) = next {
            let ran = self.in_savepoint(&transaction, &mut *write);
            is_whole = ran.is_some();
            // The result does not matter if the transaction is lost.
            done.push((write, ran.unwrap_or(WriteResult::Succeeded)));
            let is_full = !is_whole || done.len() >= MAX_IN_GROUP || clock::now() >= until;
            next = if is_full { None } else { self.pop() };
        }
        let count = done.len();
        let is_committed = if is_whole {
            transaction.commit().is_ok()
        } else {
            drop(transaction);
            false
        };
        let mut again = Vec::new();
        for (mut write, ran) in done {
            match ran {
                _ if !is_committed => {
                    write.rolled_back();
                    again.push(write);
                }
                WriteResult::Succeeded => {
                    write.committed();
                    write.finish(&self.options.path);
                }
                WriteResult::Failed => write.finish(&self.options.path),
                WriteResult::Busy(_) => again.push(write),
            }
        }
        // Only now: the committed writes have updated their mirrors, which these writes may read.
        again.into_iter().for_each(|write| self.single(connection, write));
        count
    }

    /// Runs a write in its own transaction, again while other processes hold the lock.
    fn single(&self, connection: &Connection, mut write: Box<dyn PendingWrite>) {
        let ended = self.repeated(connection, &mut *write);
        self.end(write, ended);
    }

    /// Runs a write in its own transaction, again while other processes hold the lock. Afterwards the write has to be
    /// [ended](Self::end).
    pub(super) fn repeated(
        &self,
        connection: &Connection,
        write: &mut dyn PendingWrite,
    ) -> Result<(), Unfinished> {
        self.retry_while_locked(connection, write, |write| self.once(connection, write))
    }

    /// Sends the outcome of a write.
    pub(super) fn end(&self, write: Box<dyn PendingWrite>, ended: Result<(), Unfinished>) {
        match ended {
            Ok(()) => write.finish(&self.options.path),
            Err(Unfinished::Withdrawn) => discard(write),
            Err(Unfinished::Failed(error)) => write.abort(Ok(error)),
            Err(Unfinished::Panicked(panic)) => write.abort(Err(panic)),
        }
    }

    /// Repeats an attempt for a write while other processes hold the lock.
    fn retry_while_locked<T>(
        &self,
        connection: &Connection,
        write: &mut dyn PendingWrite,
        mut attempt: impl FnMut(&mut dyn PendingWrite) -> Result<T, StoreError>,
    ) -> Result<T, Unfinished> {
        let mut polling = None;
        loop {
            let attempted = attempt(write);
            if write.is_withdrawn() {
                return Err(Unfinished::Withdrawn);
            }
            let error = match attempted {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let since = write.since();
            let polling = polling.get_or_insert_with(Polling::new);
            // The deadline is a closure of the caller, which may panic.
            let wait = || polling.wait(&self.options, Some(connection), error, since);
            match catch_unwind(AssertUnwindSafe(wait)) {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Err(Unfinished::Failed(error)),
                Err(panic) => return Err(Unfinished::Panicked(panic)),
            }
        }
    }

    /// Begins a transaction in the file that is at the path.
    fn begin<'a>(&self, connection: &'a Connection) -> Result<Transaction<'a>, StoreError> {
        self.file.check(connection)?;
        Transaction::write(connection)
    }

    /// Runs a write in its own transaction. `Ok` if its outcome is final, also a failed one; `Err` if it has to run again or
    /// cannot be committed.
    fn once(&self, connection: &Connection, write: &mut dyn PendingWrite) -> Result<(), StoreError> {
        let transaction = self.begin(connection)?;
        let (ran, is_whole) = self.guarded(|| write.run(&transaction));
        let ended = match ran {
            WriteResult::Succeeded if is_whole => transaction.commit().map(|()| write.committed()),
            WriteResult::Succeeded => Err(StoreError::RolledBack),
            WriteResult::Busy(error) => Err(error),
            WriteResult::Failed => {
                write.rolled_back();
                return Ok(());
            }
        };
        if ended.is_err() {
            write.rolled_back();
        }
        ended
    }

    /// Runs a write in a savepoint, to roll it back without the others. `None` if the transaction is lost or unusable.
    fn in_savepoint(
        &self,
        transaction: &Transaction<'_>,
        write: &mut dyn PendingWrite,
    ) -> Option<WriteResult> {
        control(transaction, SAVEPOINT).ok()?;
        let (ran, is_whole) = self.guarded(|| write.run(transaction));
        if !is_whole {
            return None;
        }
        if ran != WriteResult::Succeeded {
            write.rolled_back();
            control(transaction, ROLLBACK_TO).ok()?;
        }
        control(transaction, RELEASE).ok()?;
        Some(ran)
    }
}
