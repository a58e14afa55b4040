//! The one connection that writes: used by whoever finds it free, else by a thread that commits in groups.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is the door to the writing thread, which it joins"
)]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;

use super::connection::Guard;
use super::error::StoreError;
use super::options::StoreOptions;
use super::polling::Polling;
use super::queue::{Errand, Job, Queue, Ran, Reply, discard};
use super::transaction::{Work, attempt, contained};
use crate::os::clock;

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
    queue: Queue,
    /// Writes went through the queue of late: whoever comes joins them rather than commit alone.
    is_contended: AtomicBool,
}

/// What a write on the caller's own thread came to.
enum Alone<T> {
    Ended(Result<T, StoreError>),
    /// Another process holds the lock.
    Busy,
}

impl Writer {
    pub(super) fn new(connection: Connection, guard: Arc<Guard>, options: StoreOptions) -> Self {
        let shared = Shared {
            options,
            connection: Mutex::new(connection),
            guard,
            running: AtomicUsize::new(0),
            serving: AtomicUsize::new(0),
            queue: Queue::default(),
            is_contended: AtomicBool::new(false),
        };
        Self { shared: Arc::new(shared), thread: Mutex::default() }
    }

    /// Writes: on this thread where the connection is free, else in a group.
    pub(super) fn write<W: Work>(&self, mut work: W) -> Result<W::Output, StoreError> {
        self.shared.refuse_nested()?;
        if self.shared.serving.load(Ordering::Relaxed) == this_thread() {
            return Err(StoreError::Nested);
        }
        let alone = self.shared.free_connection().map(|connection| self.shared.alone(&connection, &mut work));
        if let Some(Alone::Ended(result)) = alone {
            // What it owns may write, or panic, when it is dropped: the connection is free again, and the write is done.
            contained(|| drop(work));
            return result;
        }
        self.submit(work)?.wait()
    }

    /// Writes in a group, without holding up the caller.
    pub(super) fn submit<W: Work>(&self, work: W) -> Result<Arc<Reply<W::Output>>, StoreError> {
        let reply = Arc::new(Reply::default());
        self.submit_with(work, Arc::clone(&reply))?;
        Ok(reply)
    }

    /// As [`Writer::submit`], with the place for the result.
    pub(super) fn submit_with<W: Work>(
        &self,
        work: W,
        reply: Arc<Reply<W::Output>>,
    ) -> Result<(), StoreError> {
        self.shared.refuse_nested()?;
        self.start()?;
        self.shared.queue.push(Box::new(Errand::new(work, reply)), &self.shared.is_contended);
        Ok(())
    }

    fn start(&self) -> Result<(), StoreError> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_none() {
            let shared = Arc::clone(&self.shared);
            let started = thread::Builder::new().name("speckit-store".into()).spawn(move || shared.serve());
            *thread = Some(started.map_err(|error| StoreError::Thread { reason: error.to_string() })?);
        }
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.queue.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A closure may hold the last handle: the thread then ends by itself.
        if let Some(thread) = thread.filter(|handle| handle.thread().id() != thread::current().id()) {
            // It has no code of its own that could panic.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection, where nobody uses it and nobody waits for it.
    fn free_connection(&self) -> Option<MutexGuard<'_, Connection>> {
        if self.is_contended.load(Ordering::Relaxed) {
            return None;
        }
        match self.connection.try_lock() {
            Ok(connection) => Some(connection),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn refuse_nested(&self) -> Result<(), StoreError> {
        if self.running.load(Ordering::Relaxed) == this_thread() { Err(StoreError::Nested) } else { Ok(()) }
    }

    /// One write in a transaction of its own.
    fn alone<W: Work>(&self, connection: &Connection, work: &mut W) -> Alone<W::Output> {
        match execute(connection, BEGIN) {
            Ok(()) => {}
            Err(error) if error.is_retryable() => return Alone::Busy,
            Err(error) => return Alone::Ended(Err(error.of(&self.options.path))),
        }
        let (outcome, is_whole) = self.guarded(|| attempt(work, connection));
        let ended = match &outcome {
            Ok(Ok(_)) if !is_whole => Err(StoreError::RolledBack),
            Ok(Ok(_)) => execute(connection, COMMIT),
            Ok(Err(error)) => Err(error.clone()),
            Err(_) => Err(StoreError::RolledBack),
        };
        if let Err(error) = ended {
            roll_back(connection);
            work.undone();
            return match outcome {
                Err(panic) => resume_unwind(panic),
                Ok(_) if error.is_retryable() => Alone::Busy,
                Ok(_) => Alone::Ended(Err(error.of(&self.options.path))),
            };
        }
        work.committed();
        Alone::Ended(outcome.unwrap_or_else(|panic| resume_unwind(panic)))
    }

    /// Runs closures: statements that end the transaction are refused, and so are writes of this thread. Tells whether the
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
            let connection = self.lock();
            last = self.group(&connection, first, last);
        }
    }

    /// Waits for a write. `None` when the store is being dropped and nothing is left to do.
    ///
    /// After a group, those who were in it are likely to come back: for a moment whoever comes still joins the queue.
    fn next(&self, last: usize) -> Option<Box<dyn Job>> {
        let mut waiting = self.queue.lock();
        if last > 1 && waiting.jobs.is_empty() && !waiting.is_closing {
            waiting = self.queue.wait(waiting, Some(LINGER));
        }
        loop {
            if let Some(job) = waiting.jobs.pop_front() {
                return Some(job);
            }
            if waiting.is_closing {
                return None;
            }
            self.is_contended.store(false, Ordering::Relaxed);
            waiting = self.queue.wait(waiting, None);
        }
    }

    /// Writes the first job and those that wait, in one transaction. Where that is lost, all of them run again, each alone:
    /// those that failed too, since they may have failed for what another one wrote. Gives how many there were.
    fn group(&self, connection: &Connection, first: Box<dyn Job>, last: usize) -> usize {
        let Some(first) = self.begin(connection, first) else { return 0 };
        let mut done: Vec<(Box<dyn Job>, Ran)> = Vec::with_capacity(last);
        let until = clock::now() + LONGEST_GROUP;
        let mut next = Some(first);
        let mut is_whole = true;
        while let Some(mut job) = next {
            let ran = self.in_savepoint(connection, &mut *job);
            is_whole = ran.is_some();
            done.push((job, ran.unwrap_or(Ran::Well)));
            let is_full = !is_whole || done.len() >= MOST_IN_GROUP || clock::now() >= until;
            next = if is_full { None } else { self.queue.pop() };
        }
        let count = done.len();
        if is_whole && execute(connection, COMMIT).is_ok() {
            let mut busy = Vec::new();
            for (job, ran) in done {
                match ran {
                    Ran::Well => job.end(Ok(())),
                    Ran::Badly => job.fail(&self.options.path),
                    Ran::Busy(_) => busy.push(job),
                }
            }
            // When all that is committed is told: they begin with what it made of the values in memory.
            busy.into_iter().for_each(|job| self.single(connection, job));
            return count;
        }
        roll_back(connection);
        done.iter_mut().for_each(|(job, _)| job.undone());
        done.into_iter().for_each(|(job, _)| self.single(connection, job));
        count
    }

    /// Begins a transaction for a job, however long other processes keep the lock. `None` where its time ran out, which
    /// it was told, or nobody waits for it any more.
    fn begin(&self, connection: &Connection, mut job: Box<dyn Job>) -> Option<Box<dyn Job>> {
        let mut polling = Polling::new();
        loop {
            let begun = execute(connection, BEGIN);
            if job.is_withdrawn() {
                roll_back(connection);
                discard(job);
                return None;
            }
            let Err(error) = begun else { return Some(job) };
            job = self.waited(&mut polling, job, error)?;
        }
    }

    /// Runs a job that has a transaction to itself, again and again while other processes are in its way.
    fn single(&self, connection: &Connection, mut job: Box<dyn Job>) {
        let mut polling = Polling::new();
        loop {
            let error = match self.once(connection, &mut *job) {
                Ok(Ran::Well) => return job.end(Ok(())),
                Ok(Ran::Badly) => return job.fail(&self.options.path),
                Ok(Ran::Busy(error)) | Err(error) => error,
            };
            match self.waited(&mut polling, job, error) {
                Some(waited) => job = waited,
                None => return,
            }
        }
    }

    /// Waits on behalf of a job, which is told where it is over. The deadline is code of the caller.
    fn waited(&self, polling: &mut Polling, job: Box<dyn Job>, error: StoreError) -> Option<Box<dyn Job>> {
        let since = job.since();
        match catch_unwind(AssertUnwindSafe(|| polling.wait(&self.options, error, since))) {
            Ok(Ok(())) => return Some(job),
            Ok(Err(error)) => job.end(Err(error)),
            Err(panic) => job.panic(panic),
        }
        None
    }

    fn once(&self, connection: &Connection, job: &mut dyn Job) -> Result<Ran, StoreError> {
        execute(connection, BEGIN)?;
        let (ran, is_whole) = self.guarded(|| job.run(connection));
        let ended = match ran {
            Ran::Well if !is_whole => Err(StoreError::RolledBack),
            Ran::Well => execute(connection, COMMIT),
            Ran::Badly | Ran::Busy(_) => Ok(()),
        };
        if ran != Ran::Well || ended.is_err() {
            roll_back(connection);
            job.undone();
        }
        ended.map(|()| ran)
    }

    /// Runs a job so that it can be rolled back without the others. `None` where the transaction is lost, or can no longer
    /// be relied on.
    fn in_savepoint(&self, connection: &Connection, job: &mut dyn Job) -> Option<Ran> {
        execute(connection, SAVEPOINT).ok()?;
        let (ran, is_whole) = self.guarded(|| job.run(connection));
        if !is_whole {
            return None;
        }
        if ran != Ran::Well {
            job.undone();
            execute(connection, ROLLBACK_TO).ok()?;
        }
        execute(connection, RELEASE).ok()?;
        Some(ran)
    }
}

// The cache of statements knows them by their text: with these nobody else finds them there.
const BEGIN: &str = "BEGIN IMMEDIATE -- of the store";
const COMMIT: &str = "COMMIT -- of the store";
const ROLLBACK: &str = "ROLLBACK -- of the store";
const SAVEPOINT: &str = "SAVEPOINT speckit_write -- of the store";
const ROLLBACK_TO: &str = "ROLLBACK TO speckit_write -- of the store";
const RELEASE: &str = "RELEASE speckit_write -- of the store";

fn execute(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// Ends a transaction that may be over already.
fn roll_back(connection: &Connection) {
    if !connection.is_autocommit() {
        // What it fails with is the cause of the rollback, which is being told.
        let _ = execute(connection, ROLLBACK);
    }
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
            let reply = store.inner.writer.submit(move |tx: &crate::store::Transaction<'_>| {
                let _ = &bomb;
                Ok(tx.execute("INSERT INTO t VALUES (?1)", [number])?)
            });
            reply.unwrap()
        };
        let first = store.inner.writer.submit(move |_: &crate::store::Transaction<'_>| {
            // The others queue meanwhile, and come into the same transaction.
            Ok(held.recv().is_err())
        });
        let replies: Vec<_> = (0..4).map(submit).collect();
        drop(hold);
        assert_eq!(first.unwrap().wait(), Ok(true));
        let answers: Vec<_> = replies.iter().map(|reply| reply.wait()).collect();
        assert_eq!(answers, [Ok(1), Ok(1), Ok(1), Ok(1)]);
        let rows: i64 =
            store.read(|tx| Ok(tx.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?)).unwrap();
        assert_eq!(rows, 4);
        assert_eq!(store.write(|tx| Ok(tx.execute("INSERT INTO t VALUES (9)", [])?)), Ok(1));
    }
}
