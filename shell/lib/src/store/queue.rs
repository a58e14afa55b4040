//! The queue of writes for the writing thread.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;

use super::error::StoreError;
use super::transaction::{ClosureOutcome, Transaction, WriteOperation, contained};
use crate::instrumentation::operation::{Operation, OperationTimer};
use crate::os::clock;

/// A waiting write.
pub(super) trait PendingWrite: Send {
    /// When its caller began to wait.
    fn since(&self) -> Instant;

    /// Whether its caller no longer waits, and it has not begun.
    fn is_withdrawn(&self) -> bool;

    /// Runs it; the outcome is kept until it ends.
    fn run(&mut self, transaction: &Transaction<'_>) -> WriteResult;

    /// Its changes are committed.
    fn committed(&mut self);

    /// Its changes are rolled back. It may run again.
    fn rolled_back(&mut self);

    /// Ends with its outcome; an error about the file gets this path.
    fn finish(self: Box<Self>, path: &Path);

    /// Ends without its outcome: with an error, or with a panic of the caller's code outside of a run.
    fn abort(self: Box<Self>, cause: Result<StoreError, Box<dyn Any + Send>>);
}

/// How a run of a write ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WriteResult {
    /// It succeeded.
    Succeeded,
    /// It failed, or panicked.
    Failed,
    /// Another process holds the lock.
    Busy(StoreError),
}

/// A [`WriteOperation`] with the receiver of its outcome.
pub(super) struct QueuedWrite<W: WriteOperation> {
    operation: W,
    since: Instant,
    outcome: Option<ClosureOutcome<W::Output>>,
    /// The waiting caller, who withdraws the write by dropping the receiver.
    reply: oneshot::Sender<ClosureOutcome<W::Output>>,
    was_begun: bool,
    timer: OperationTimer,
}

impl<W: WriteOperation> QueuedWrite<W> {
    pub(super) fn boxed(
        operation: W,
        reply: oneshot::Sender<ClosureOutcome<W::Output>>,
    ) -> Box<dyn PendingWrite> {
        let timer = OperationTimer::start(Operation::StoreWrite);
        Box::new(Self { operation, since: clock::now(), outcome: None, reply, was_begun: false, timer })
    }

    /// Sends the outcome. The caller's code that runs here may panic.
    fn end(self, outcome: ClosureOutcome<W::Output>) {
        let Self { operation, reply, timer, .. } = self;
        let is_ok = matches!(outcome, Ok(Ok(_)));
        contained(|| timer.finish(is_ok));
        contained(|| drop(reply.send(outcome)));
        contained(|| drop(operation));
    }
}

impl<W: WriteOperation> PendingWrite for QueuedWrite<W> {
    fn since(&self) -> Instant {
        self.since
    }

    fn is_withdrawn(&self) -> bool {
        !self.was_begun && self.reply.is_closed()
    }

    fn run(&mut self, transaction: &Transaction<'_>) -> WriteResult {
        self.was_begun = true;
        let before = self.outcome.take();
        contained(|| drop(before));
        let outcome = catch_unwind(AssertUnwindSafe(|| self.operation.run(transaction)));
        let ran = match &outcome {
            Ok(Ok(_)) => WriteResult::Succeeded,
            Ok(Err(error)) if error.is_retryable() => WriteResult::Busy(error.clone()),
            Ok(Err(_)) | Err(_) => WriteResult::Failed,
        };
        self.outcome = Some(outcome);
        ran
    }

    fn committed(&mut self) {
        contained(|| self.operation.committed());
    }

    fn rolled_back(&mut self) {
        contained(|| self.operation.rolled_back());
    }

    fn finish(mut self: Box<Self>, path: &Path) {
        let outcome = self.outcome.take().unwrap_or(Ok(Err(StoreError::RolledBack)));
        self.end(outcome.map(|result| result.map_err(|error| error.of(path))));
    }

    fn abort(self: Box<Self>, cause: Result<StoreError, Box<dyn Any + Send>>) {
        self.end(cause.map(Err));
    }
}

/// The waiting writes, oldest first.
#[derive(Default)]
pub(super) struct WriteQueue {
    pub(super) writes: VecDeque<Box<dyn PendingWrite>>,
    /// The store is being dropped: the thread finishes the queue and ends.
    pub(super) is_closing: bool,
}

impl WriteQueue {
    /// The next write; `Some(None)` at the end of a closing queue.
    pub(super) fn next(&mut self) -> Option<Option<Box<dyn PendingWrite>>> {
        let write = self.writes.pop_front();
        (write.is_some() || self.is_closing).then_some(write)
    }
}
