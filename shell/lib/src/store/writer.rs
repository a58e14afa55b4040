//! The one connection that writes: used by whoever finds it free, else by a thread that commits in groups.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is the door to the writing thread, which it joins"
)]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;

use super::connection::Guard;
use super::error::StoreError;
use super::options::StoreOptions;
use super::polling::Polling;
use super::queue::{Job, Queue, QueuedWrite, Ran, Reply};
use super::transaction::{Outcome, Transaction, Work, contained, control};
use crate::os::clock;
use crate::sync::{Monitor, Mutex};

/// How many writes one transaction holds at most.
const MOST_IN_GROUP: usize = 1024;
/// How long a transaction takes further writes in, so that other processes get their turn.
const LONGEST_GROUP: Duration = Duration::from_millis(10);
/// How long after a group those who were in it are waited for.
const LINGER: Duration = Duration::from_micros(200);

/// The writing side of a store. Dropping it does what waits, and joins the thread.
pub(super) struct Writer {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    options: StoreOptions,
    connection: Mutex<Connection>,
    guard: Arc<Guard>,
    /// The thread whose closure runs: the address of a variable of its own; 0 where none does.
    running: AtomicUsize,
    /// The thread that serves the queue, in the same way. It also drops what callers gave it, and may wait for nothing there.
    serving: AtomicUsize,
    queue: Monitor<Queue>,
    /// Writes went through the queue of late: whoever comes joins them rather than commit alone.
    is_contended: AtomicBool,
}

impl Writer {
    pub(super) fn new(connection: Connection, guard: Arc<Guard>, options: StoreOptions) -> Self {
        let shared = Shared {
            options,
            connection: Mutex::new(connection),
            guard,
            running: AtomicUsize::new(0),
            serving: AtomicUsize::new(0),
            queue: Monitor::default(),
            is_contended: AtomicBool::new(false),
        };
        Self { shared: Arc::new(shared), thread: Mutex::default() }
    }

    /// Writes: on this thread where the connection is free, else in a group.
    pub(super) fn write<W: Work>(&self, work: W) -> Result<W::Output, StoreError> {
        self.shared.refuse_nested()?;
        if self.shared.serving.load(Ordering::Relaxed) == this_thread() {
            return Err(StoreError::Nested);
        }
        let (sender, receiver) = oneshot::channel();
        if let Some(job) = self.shared.run_here(QueuedWrite::boxed(work, Reply::Channel(sender))) {
            self.push(job)?;
        }
        result_of(receiver.recv())
    }

    /// Writes in a group, without holding up the caller: [`result_of`] what is received.
    pub(super) fn submit<W: Work>(
        &self,
        work: W,
    ) -> Result<oneshot::Receiver<Outcome<W::Output>>, StoreError> {
        let (sender, receiver) = oneshot::channel();
        self.submit_with(work, Reply::Channel(sender))?;
        Ok(receiver)
    }

    /// Writes in a group, without holding up the caller.
    pub(super) fn submit_with<W: Work>(&self, work: W, reply: Reply<W::Output>) -> Result<(), StoreError> {
        self.shared.refuse_nested()?;
        self.push(QueuedWrite::boxed(work, reply))
    }

    /// Leaves a job to the thread, which is started where there is none.
    fn push(&self, job: Box<dyn Job>) -> Result<(), StoreError> {
        let mut thread = self.thread.lock();
        if thread.is_none() {
            let shared = Arc::clone(&self.shared);
            let started = thread::Builder::new().name("speckit-store".into()).spawn(move || shared.serve());
            *thread = Some(started.map_err(|error| StoreError::Thread { reason: error.to_string() })?);
        }
        drop(thread);
        let mut queue = self.shared.queue.lock();
        queue.jobs.push_back(job);
        // It is lowered under the same lock.
        self.shared.is_contended.store(true, Ordering::Relaxed);
        drop(queue);
        self.shared.queue.notify_all();
        Ok(())
    }
}

/// The result of a write that was waited for; a panic of its closure goes on here.
pub(super) fn result_of<T>(received: Result<Outcome<T>, oneshot::RecvError>) -> Result<T, StoreError> {
    // Every job is answered before it is dropped.
    let outcome = received.unwrap_or(Ok(Err(StoreError::RolledBack)));
    outcome.unwrap_or_else(|panic| resume_unwind(panic))
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.queue.lock().is_closing = true;
        self.shared.queue.notify_all();
        let thread = self.thread.lock().take();
        // A closure may hold the last handle: the thread then ends by itself.
        if let Some(thread) = thread.filter(|handle| handle.thread().id() != thread::current().id()) {
            // It has no code of its own that could panic.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn refuse_nested(&self) -> Result<(), StoreError> {
        if self.running.load(Ordering::Relaxed) == this_thread() { Err(StoreError::Nested) } else { Ok(()) }
    }

    /// Runs a job on the thread of its caller, where nobody uses the connection and nobody waits for it. Gives the job back
    /// where it has to wait.
    fn run_here(&self, mut job: Box<dyn Job>) -> Option<Box<dyn Job>> {
        if self.is_contended.load(Ordering::Relaxed) {
            return Some(job);
        }
        let Some(connection) = self.connection.try_lock() else { return Some(job) };
        let done = self.once(&connection, &mut *job);
        // What it owns may write when it is dropped.
        drop(connection);
        match done {
            Ok(()) => job.finish(&self.options.path),
            Err(error) if error.is_retryable() => return Some(job),
            Err(error) => job.abort(Ok(error.of(&self.options.path))),
        }
        None
    }

    /// Runs closures: statements that end the transaction are refused, and so are writes of this thread. Says whether the
    /// transaction is still there.
    fn guarded<T>(&self, run: impl FnOnce() -> T) -> (T, bool) {
        self.running.store(this_thread(), Ordering::Relaxed);
        let ran = self.guard.around(run);
        self.running.store(0, Ordering::Relaxed);
        ran
    }

    /// What the thread does: a group for as long as there are writes.
    fn serve(&self) {
        self.serving.store(this_thread(), Ordering::Relaxed);
        let mut last = 0;
        while let Some(first) = self.next(last) {
            let connection = self.connection.lock();
            last = self.group(&connection, first, last);
        }
    }

    /// Waits for a write. `None` when the store is being dropped and nothing is left to do.
    ///
    /// After a group, those who were in it are likely to come back: for a moment whoever comes still joins the queue.
    fn next(&self, last: usize) -> Option<Box<dyn Job>> {
        let lingering = if last > 1 { LINGER } else { Duration::ZERO };
        let next = self.queue.wait_for(lingering, Queue::next).or_else(|| {
            self.queue.wait_for(Duration::MAX, |queue| {
                let next = queue.next();
                self.is_contended.store(next.is_some(), Ordering::Relaxed);
                next
            })
        });
        next.flatten()
    }

    /// The oldest that is still wanted.
    fn pop(&self) -> Option<Box<dyn Job>> {
        loop {
            let job = self.queue.lock().jobs.pop_front()?;
            if !job.is_withdrawn() {
                return Some(job);
            }
            // Without the lock: with it may go the last handle of the store, which closes the queue.
            discard(job);
        }
    }

    /// Writes the first job and those that wait, in one transaction. Where that is lost, all of them run again, each alone:
    /// those that failed too, since they may have failed for what another one wrote. Gives how many there were.
    fn group(&self, connection: &Connection, first: Box<dyn Job>, last: usize) -> usize {
        let Some((first, transaction)) = self.patiently(first, |_| Transaction::write(connection)) else {
            return 0;
        };
        let mut done: Vec<(Box<dyn Job>, Ran)> = Vec::with_capacity(last);
        let until = clock::now() + LONGEST_GROUP;
        let mut next = Some(first);
        let mut is_whole = true;
        while let Some(mut job) = next {
            let ran = self.in_savepoint(&transaction, &mut *job);
            is_whole = ran.is_some();
            done.push((job, ran.unwrap_or(Ran::Well)));
            let is_full = !is_whole || done.len() >= MOST_IN_GROUP || clock::now() >= until;
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
        for (mut job, ran) in done {
            match ran {
                _ if !is_committed => {
                    job.undone();
                    again.push(job);
                }
                Ran::Well => {
                    job.committed();
                    job.finish(&self.options.path);
                }
                Ran::Badly => job.finish(&self.options.path),
                Ran::Busy(_) => again.push(job),
            }
        }
        // When all that is committed is answered: they begin with what it made of the values in memory.
        again.into_iter().for_each(|job| self.single(connection, job));
        count
    }

    /// Runs a job that has a transaction to itself, again and again while other processes are in its way.
    fn single(&self, connection: &Connection, job: Box<dyn Job>) {
        if let Some((job, ())) = self.patiently(job, |job| self.once(connection, job)) {
            job.finish(&self.options.path);
        }
    }

    /// Tries something for a job, again and again while other processes are in its way. `None` where its time ran out, which it
    /// is answered, or nobody waits for it any more.
    fn patiently<T>(
        &self,
        mut job: Box<dyn Job>,
        mut attempt: impl FnMut(&mut dyn Job) -> Result<T, StoreError>,
    ) -> Option<(Box<dyn Job>, T)> {
        let mut polling = Polling::new();
        loop {
            let attempted = attempt(&mut *job);
            if job.is_withdrawn() {
                discard(job);
                return None;
            }
            let error = match attempted {
                Ok(done) => return Some((job, done)),
                Err(error) => error,
            };
            let since = job.since();
            // The deadline is code of the caller.
            match catch_unwind(AssertUnwindSafe(|| polling.wait(&self.options, error, since))) {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => job.abort(Ok(error)),
                Err(panic) => job.abort(Err(panic)),
            }
            return None;
        }
    }

    /// Runs a job in a transaction of its own. An error says that it is to be run again, or that it cannot be committed.
    fn once(&self, connection: &Connection, job: &mut dyn Job) -> Result<(), StoreError> {
        let transaction = Transaction::write(connection)?;
        let (ran, is_whole) = self.guarded(|| job.run(&transaction));
        let ended = match ran {
            Ran::Well if is_whole => transaction.commit().map(|()| job.committed()),
            Ran::Well => Err(StoreError::RolledBack),
            Ran::Busy(error) => Err(error),
            Ran::Badly => {
                job.undone();
                return Ok(());
            }
        };
        if ended.is_err() {
            job.undone();
        }
        ended
    }

    /// Runs a job so that it can be rolled back without the others. `None` where the transaction is lost, or can no longer
    /// be relied on.
    fn in_savepoint(&self, transaction: &Transaction<'_>, job: &mut dyn Job) -> Option<Ran> {
        control(transaction, "SAVEPOINT speckit_write -- of the store").ok()?;
        let (ran, is_whole) = self.guarded(|| job.run(transaction));
        if !is_whole {
            return None;
        }
        if ran != Ran::Well {
            job.undone();
            control(transaction, "ROLLBACK TO speckit_write -- of the store").ok()?;
        }
        control(transaction, "RELEASE speckit_write -- of the store").ok()?;
        Some(ran)
    }
}

/// Drops a job that is not wanted any more, with what its caller gave to it.
fn discard(job: Box<dyn Job>) {
    contained(|| drop(job));
}

/// A number that no other thread has at the same time, and that is not 0.
fn this_thread() -> usize {
    thread_local!(static PLACE: u8 = const { 0 });
    PLACE.with(|place| std::ptr::from_ref(place).addr())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use crate::store::Store;

    /// Panics when it is dropped, unless something panics already.
    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(thread::panicking(), "dropped");
        }
    }

    use super::*;

    fn store(folder: &tempfile::TempDir) -> Store {
        let store = Store::open(folder.path().join("a.db")).unwrap();
        store.write(|tx| Ok(tx.execute_batch("CREATE TABLE t (n INTEGER)")?)).unwrap();
        store
    }

    #[test]
    fn what_a_closure_owns_may_panic_when_it_is_dropped_and_everybody_is_answered() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        let (hold, held) = channel::<()>();
        let submit = |number: i64| {
            let bomb = (number == 1).then(|| Bomb);
            let reply = store.inner.writer.submit(move |tx: &Transaction<'_>| {
                let _ = &bomb;
                Ok(tx.execute("INSERT INTO t VALUES (?1)", [number])?)
            });
            reply.unwrap()
        };
        let first = store.inner.writer.submit(move |_: &Transaction<'_>| {
            // The others queue meanwhile, and come into the same transaction.
            Ok(held.recv().is_err())
        });
        let replies: Vec<_> = (0..4).map(submit).collect();
        drop(hold);
        assert_eq!(result_of(first.unwrap().recv()), Ok(true));
        let answers: Vec<_> = replies.into_iter().map(|reply| result_of(reply.recv())).collect();
        assert_eq!(answers, [Ok(1), Ok(1), Ok(1), Ok(1)]);
        let rows: i64 =
            store.read(|tx| Ok(tx.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?)).unwrap();
        assert_eq!(rows, 4);
        assert_eq!(store.write(|tx| Ok(tx.execute("INSERT INTO t VALUES (9)", [])?)), Ok(1));
    }
}
