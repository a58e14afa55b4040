//! Writes that wait for the writing thread.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;

use super::error::StoreError;
use super::transaction::{Outcome, Transaction, Work, contained};
use crate::os::clock;

/// A write that waits.
pub(super) trait Job: Send {
    /// When somebody began to wait for it.
    fn since(&self) -> Instant;

    /// Whether nobody waits for it any more, and it has not begun.
    fn is_withdrawn(&self) -> bool;

    /// Runs it once more; its outcome is kept until it ends.
    fn run(&mut self, transaction: &Transaction<'_>) -> Ran;

    /// What it did is committed.
    fn committed(&mut self);

    /// What it did is rolled back. It may be run again.
    fn undone(&mut self);

    /// Ends with its outcome; an error that is about the file names this one.
    fn finish(self: Box<Self>, path: &Path);

    /// Ends without its outcome: with an error, or with a panic of its caller's code outside of a run.
    fn abort(self: Box<Self>, cause: Result<StoreError, Box<dyn Any + Send>>);
}

/// How a run of a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ran {
    /// It succeeded.
    Well,
    /// It failed, or panicked.
    Badly,
    /// It met a lock of another process.
    Busy(StoreError),
}

/// Who gets the outcome of a write.
pub(super) enum Reply<T> {
    /// A caller who waits, and who withdraws the write by dropping the receiver.
    Channel(oneshot::Sender<Outcome<T>>),
    /// A function that is called on the writing thread.
    Callback(Box<dyn FnOnce(Outcome<T>) + Send>),
}

/// A [`Work`] that waits.
pub(super) struct QueuedWrite<W: Work> {
    work: W,
    since: Instant,
    outcome: Option<Outcome<W::Output>>,
    reply: Reply<W::Output>,
    was_begun: bool,
}

impl<W: Work> QueuedWrite<W> {
    pub(super) fn boxed(work: W, reply: Reply<W::Output>) -> Box<dyn Job> {
        Box::new(Self { work, since: clock::now(), outcome: None, reply, was_begun: false })
    }

    /// What is called and dropped here is code of the caller.
    fn end(self, outcome: Outcome<W::Output>) {
        let Self { work, reply, .. } = self;
        contained(|| match reply {
            Reply::Channel(sender) => drop(sender.send(outcome)),
            Reply::Callback(call) => call(outcome),
        });
        contained(|| drop(work));
    }
}

impl<W: Work> Job for QueuedWrite<W> {
    fn since(&self) -> Instant {
        self.since
    }

    fn is_withdrawn(&self) -> bool {
        !self.was_begun && matches!(&self.reply, Reply::Channel(sender) if sender.is_closed())
    }

    fn run(&mut self, transaction: &Transaction<'_>) -> Ran {
        self.was_begun = true;
        let before = self.outcome.take();
        contained(|| drop(before));
        let outcome = catch_unwind(AssertUnwindSafe(|| self.work.run(transaction)));
        let ran = match &outcome {
            Ok(Ok(_)) => Ran::Well,
            Ok(Err(error)) if error.is_retryable() => Ran::Busy(error.clone()),
            Ok(Err(_)) | Err(_) => Ran::Badly,
        };
        self.outcome = Some(outcome);
        ran
    }

    fn committed(&mut self) {
        contained(|| self.work.committed());
    }

    fn undone(&mut self) {
        contained(|| self.work.undone());
    }

    fn finish(mut self: Box<Self>, path: &Path) {
        let outcome = self.outcome.take().unwrap_or(Ok(Err(StoreError::RolledBack)));
        self.end(outcome.map(|result| result.map_err(|error| error.of(path))));
    }

    fn abort(self: Box<Self>, cause: Result<StoreError, Box<dyn Any + Send>>) {
        self.end(cause.map(Err));
    }
}

/// The writes that wait, oldest first.
#[derive(Default)]
pub(super) struct Queue {
    pub(super) jobs: VecDeque<Box<dyn Job>>,
    /// The store is being dropped: what waits is still done, and then the thread ends.
    pub(super) is_closing: bool,
}

impl Queue {
    /// The next job; `Some(None)` where there will be no more.
    pub(super) fn next(&mut self) -> Option<Option<Box<dyn Job>>> {
        let job = self.jobs.pop_front();
        (job.is_some() || self.is_closing).then_some(job)
    }
}
