//! Writes that wait for the writing thread, and those who wait for them.

use std::any::Any;
use std::collections::VecDeque;
use std::future::Future;
use std::panic::resume_unwind;
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::error::StoreError;
use super::transaction::{Outcome, Work, attempt, contained};
use crate::os::clock;

/// A write that waits.
pub(super) trait Job: Send {
    /// When somebody began to wait for it.
    fn since(&self) -> Instant;

    /// Whether nobody waits for it any more, and it has not begun.
    fn is_withdrawn(&self) -> bool;

    /// Runs it once more; what it came to is kept until it ends.
    fn run(&mut self, connection: &Connection) -> Ran;

    /// What it did is rolled back. It may be run again.
    fn undone(&mut self);

    /// What it did is committed, or it is over with this error.
    fn end(self: Box<Self>, ended: Result<(), StoreError>);

    /// It is over with what it came to by itself, which is rolled back; where that is about the file, it is said of this one.
    fn fail(self: Box<Self>, path: &Path);

    /// It is over with a panic of its caller's code outside of a run.
    fn panic(self: Box<Self>, panic: Box<dyn Any + Send>);
}

/// Drops a job that is not wanted any more, with what its caller gave to it.
pub(super) fn discard(job: Box<dyn Job>) {
    contained(|| drop(job));
}

/// What a run of a job came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ran {
    /// It succeeded.
    Well,
    /// It failed, or panicked.
    Badly,
    /// It met a lock of another process.
    Busy(StoreError),
}

/// A [`Work`] that waits, with the one who waits for it.
pub(super) struct Errand<W: Work> {
    work: W,
    since: Instant,
    outcome: Option<Outcome<W::Output>>,
    reply: Arc<Reply<W::Output>>,
    was_begun: bool,
}

impl<W: Work> Errand<W> {
    pub(super) fn new(work: W, reply: Arc<Reply<W::Output>>) -> Self {
        Self { work, since: clock::now(), outcome: None, reply, was_begun: false }
    }
}

impl<W: Work> Job for Errand<W> {
    fn since(&self) -> Instant {
        self.since
    }

    fn is_withdrawn(&self) -> bool {
        !self.was_begun && self.reply.lock().is_withdrawn
    }

    fn run(&mut self, connection: &Connection) -> Ran {
        self.was_begun = true;
        let before = self.outcome.take();
        contained(|| drop(before));
        let outcome = attempt(&mut self.work, connection);
        let ran = match &outcome {
            Ok(Ok(_)) => Ran::Well,
            Ok(Err(error)) if error.is_retryable() => Ran::Busy(error.clone()),
            Ok(Err(_)) | Err(_) => Ran::Badly,
        };
        self.outcome = Some(outcome);
        ran
    }

    fn undone(&mut self) {
        contained(|| self.work.undone());
    }

    fn end(mut self: Box<Self>, ended: Result<(), StoreError>) {
        let outcome = match ended {
            Ok(()) => {
                contained(|| self.work.committed());
                self.came_to()
            }
            Err(error) => Ok(Err(error)),
        };
        self.tell(outcome);
    }

    fn fail(mut self: Box<Self>, path: &Path) {
        let outcome = self.came_to().map(|result| result.map_err(|error| error.of(path)));
        self.tell(outcome);
    }

    fn panic(self: Box<Self>, panic: Box<dyn Any + Send>) {
        self.tell(Err(panic));
    }
}

impl<W: Work> Errand<W> {
    fn came_to(&mut self) -> Outcome<W::Output> {
        self.outcome.take().unwrap_or(Ok(Err(StoreError::RolledBack)))
    }

    /// Tells whoever waits. Wakers, and what is dropped here, are code of the caller too.
    fn tell(self: Box<Self>, outcome: Outcome<W::Output>) {
        contained(|| self.reply.give(outcome));
        contained(|| drop(self));
    }
}

/// Where the result of a write is left, and waited for.
pub(super) struct Reply<T> {
    place: Mutex<Place<T>>,
    arrived: Condvar,
}

struct Place<T> {
    outcome: Option<Outcome<T>>,
    is_withdrawn: bool,
    waker: Option<Waker>,
    /// Takes the result, where nobody waits for it.
    takes: Option<Box<dyn FnOnce(Outcome<T>) + Send>>,
}

impl<T> Default for Reply<T> {
    fn default() -> Self {
        let place = Place { outcome: None, is_withdrawn: false, waker: None, takes: None };
        Self { place: Mutex::new(place), arrived: Condvar::new() }
    }
}

impl<T> Reply<T> {
    /// A place for a result that nobody waits for.
    pub(super) fn taken_by(takes: impl FnOnce(Outcome<T>) + Send + 'static) -> Self {
        let reply = Self::default();
        reply.lock().takes = Some(Box::new(takes));
        reply
    }

    /// Waits for the result; a panic of the closure goes on here.
    pub(super) fn wait(&self) -> Result<T, StoreError> {
        let mut place = self.lock();
        loop {
            if let Some(outcome) = place.outcome.take() {
                drop(place);
                return outcome.unwrap_or_else(|panic| resume_unwind(panic));
            }
            place = self.arrived.wait(place).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn give(&self, outcome: Outcome<T>) {
        let waker = {
            let mut place = self.lock();
            if let Some(takes) = place.takes.take() {
                drop(place);
                return takes(outcome);
            }
            place.outcome = Some(outcome);
            place.waker.take()
        };
        self.arrived.notify_one();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Place<T>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for a write without a thread; dropping it withdraws a write that has not begun.
pub(super) struct Awaited<T>(pub(super) Arc<Reply<T>>);

impl<T> Future for Awaited<T> {
    type Output = Result<T, StoreError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut place = self.0.lock();
        let Some(outcome) = place.outcome.take() else {
            place.waker = Some(context.waker().clone());
            return Poll::Pending;
        };
        drop(place);
        Poll::Ready(outcome.unwrap_or_else(|panic| resume_unwind(panic)))
    }
}

impl<T> Drop for Awaited<T> {
    fn drop(&mut self) {
        self.0.lock().is_withdrawn = true;
    }
}

/// The writes that wait, oldest first.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

#[derive(Default)]
pub(super) struct Waiting {
    pub(super) jobs: VecDeque<Box<dyn Job>>,
    /// The store is being dropped: what waits is still done, and then the thread ends.
    pub(super) is_closing: bool,
}

impl Queue {
    /// Adds a write, and raises the flag that there are some, which is lowered under the same lock.
    pub(super) fn push(&self, job: Box<dyn Job>, is_contended: &AtomicBool) {
        let mut waiting = self.lock();
        waiting.jobs.push_back(job);
        is_contended.store(true, Ordering::Relaxed);
        drop(waiting);
        self.arrived.notify_one();
    }

    /// The oldest that is still wanted.
    pub(super) fn pop(&self) -> Option<Box<dyn Job>> {
        loop {
            let job = self.lock().jobs.pop_front()?;
            if !job.is_withdrawn() {
                return Some(job);
            }
            // Without the lock: with it may go the last handle of the store, which closes the queue.
            discard(job);
        }
    }

    pub(super) fn close(&self) {
        self.lock().is_closing = true;
        self.arrived.notify_all();
    }

    /// Waits for something to happen, for so long at most.
    pub(super) fn wait<'a>(
        &self,
        waiting: MutexGuard<'a, Waiting>,
        most: Option<Duration>,
    ) -> MutexGuard<'a, Waiting> {
        match most {
            Some(most) => self.arrived.wait_timeout(waiting, most).unwrap_or_else(PoisonError::into_inner).0,
            None => self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Nothing that is done under the lock can panic half way.
    pub(super) fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
