//! The one connection for writing: callers use it while it is free, else a thread commits their writes in groups.
#![expect(clippy::disallowed_methods, reason = "this module starts and joins the writing thread")]

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;

use super::checkpoint::{Checkpoint, CheckpointMode};
use super::connection::TransactionGuard;
use super::error::StoreError;
use super::open_file::OpenFile;
use super::options::StoreOptions;
use super::queue::{PendingWrite, QueuedWrite, WriteQueue};
use super::transaction::{ClosureOutcome, WriteOperation, contained};
use crate::sync::{Monitor, Mutex};

/// How long to wait for further writes after a group.
const LINGER: Duration = Duration::from_micros(200);
/// How long nobody may write before the log is moved to the file, so that a copy of the file has what was written.
const QUIET: Duration = Duration::from_secs(1);

mod transactions;

/// The writing side of a store. Dropping it finishes the queue and joins the thread.
pub(super) struct Writer {
    shared: Arc<WriterState>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct WriterState {
    options: StoreOptions,
    file: OpenFile,
    connection: Mutex<Connection>,
    guard: Arc<TransactionGuard>,
    /// The thread whose closure runs, identified by [`this_thread`]; 0 for none.
    running: AtomicUsize,
    /// The thread that serves the queue, identified like `running`. It drops the callers' values; their destructors must not wait for a
    /// write.
    serving: AtomicUsize,
    queue: Monitor<WriteQueue>,
    /// Recent writes went through the queue: further ones join them and do not commit alone.
    is_contended: AtomicBool,
    /// How many writes ran on the threads of their callers.
    writes_here: AtomicU64,
    /// The thread has moved the log to the file, and waits for the next write of any thread.
    is_asleep: AtomicBool,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        file: OpenFile,
        guard: Arc<TransactionGuard>,
        options: StoreOptions,
    ) -> Self {
        let shared = WriterState {
            options,
            file,
            connection: Mutex::new(connection),
            guard,
            running: AtomicUsize::new(0),
            serving: AtomicUsize::new(0),
            queue: Monitor::default(),
            is_contended: AtomicBool::new(false),
            writes_here: AtomicU64::new(0),
            is_asleep: AtomicBool::new(false),
        };
        Self { shared: Arc::new(shared), thread: Mutex::default() }
    }

    /// Refuses a file that an earlier write has not found at its path.
    pub(super) fn refuse_lost(&self) -> Result<(), StoreError> {
        self.shared.file.refuse_lost()
    }

    /// Writes on this thread if the connection is free, else in a group.
    pub(super) fn write<W: WriteOperation>(&self, operation: W) -> Result<W::Output, StoreError> {
        self.shared.refuse_nested()?;
        if self.shared.serving.load(Ordering::Relaxed) == this_thread() {
            return Err(StoreError::Nested);
        }
        let (sender, receiver) = oneshot::channel();
        match self.shared.run_here(QueuedWrite::boxed(operation, sender)) {
            Some(write) => self.push(write)?,
            None => self.wrote_here(),
        }
        result_of(receiver.recv())
    }

    /// Lets the thread move the log once nobody writes.
    fn wrote_here(&self) {
        if self.shared.writes_here.fetch_add(1, Ordering::SeqCst) == 0 {
            // Without a thread, the log is moved when it is long, and at the end.
            let _ = self.start();
        } else if self.shared.is_asleep.load(Ordering::SeqCst) {
            self.shared.is_asleep.store(false, Ordering::SeqCst);
            // With the lock: the thread has not looked yet, or waits already.
            let _queue = self.shared.queue.lock();
            self.shared.queue.notify_all();
        }
    }

    /// Queues a write without blocking; [`result_of`] gives the result of the receiver.
    pub(super) fn submit<W: WriteOperation>(
        &self,
        operation: W,
    ) -> Result<oneshot::Receiver<ClosureOutcome<W::Output>>, StoreError> {
        self.shared.refuse_nested()?;
        let (sender, receiver) = oneshot::channel();
        self.push(QueuedWrite::boxed(operation, sender))?;
        Ok(receiver)
    }

    /// Starts the thread, unless it runs.
    fn start(&self) -> Result<(), StoreError> {
        let mut thread = self.thread.lock();
        if thread.is_none() {
            let shared = Arc::clone(&self.shared);
            let started = thread::Builder::new().name("speckit-store".into()).spawn(move || shared.serve());
            *thread = Some(started.map_err(|error| StoreError::Thread { reason: error.to_string() })?);
        }
        Ok(())
    }

    /// Queues a write for the thread.
    fn push(&self, write: Box<dyn PendingWrite>) -> Result<(), StoreError> {
        self.start()?;
        let mut queue = self.shared.queue.lock();
        queue.writes.push_back(write);
        // `next` resets it under the same lock.
        self.shared.is_contended.store(true, Ordering::Relaxed);
        drop(queue);
        self.shared.queue.notify_all();
        Ok(())
    }
}

/// Turns a received outcome into a result; a panic of the closure continues here.
pub(super) fn result_of<T>(received: Result<ClosureOutcome<T>, oneshot::RecvError>) -> Result<T, StoreError> {
    // Not reached: every write sends its outcome before it is dropped.
    let outcome = received.unwrap_or(Ok(Err(StoreError::RolledBack)));
    outcome.unwrap_or_else(|panic| resume_unwind(panic))
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.queue.lock().is_closing = true;
        self.shared.queue.notify_all();
        let thread = self.thread.lock().take();
        // A closure may hold the last handle: the thread cannot join itself.
        if let Some(thread) = thread.filter(|handle| handle.thread().id() != thread::current().id()) {
            // The thread catches the panics of the callers' code, and has no other code that could panic.
            let _ = thread.join();
        }
    }
}

impl WriterState {
    fn refuse_nested(&self) -> Result<(), StoreError> {
        if self.running.load(Ordering::Relaxed) == this_thread() { Err(StoreError::Nested) } else { Ok(()) }
    }

    /// Runs a write on the thread of its caller if the connection is free and no write waits, also while other processes hold the
    /// lock. Returns the write if it has to queue.
    fn run_here(&self, mut write: Box<dyn PendingWrite>) -> Option<Box<dyn PendingWrite>> {
        if self.is_contended.load(Ordering::Relaxed) {
            return Some(write);
        }
        let Some(connection) = self.connection.try_lock() else { return Some(write) };
        let ended = self.repeated(&connection, &mut *write);
        // Values of the closure may write when they are dropped, so the connection is freed first.
        drop(connection);
        self.end(write, ended);
        None
    }

    /// Runs a closure: statements that end the transaction are rejected, and so are writes of this thread. Returns whether the
    /// transaction is still open.
    fn guarded<T>(&self, run: impl FnOnce() -> T) -> (T, bool) {
        self.running.store(this_thread(), Ordering::Relaxed);
        let ran = self.guard.around(run);
        self.running.store(0, Ordering::Relaxed);
        ran
    }

    /// Runs the thread: commits groups until the store is dropped and the queue is empty.
    fn serve(&self) {
        self.serving.store(this_thread(), Ordering::Relaxed);
        let mut previous_count = 0;
        while let Some(first) = self.next(previous_count) {
            let connection = self.connection.lock();
            previous_count = self.group(&connection, first, previous_count);
        }
    }

    /// Waits for a write. `None` once the store is being dropped and the queue is empty.
    ///
    /// After a group further writes are likely, so for a moment new ones still join the queue. When nobody has written for
    /// [`QUIET`], the log is moved to the file.
    fn next(&self, previous_count: usize) -> Option<Box<dyn PendingWrite>> {
        let lingering = if previous_count > 1 { LINGER } else { Duration::ZERO };
        let mut next = self.queue.wait_for(lingering, WriteQueue::next);
        let mut seen = None;
        while next.is_none() {
            let writes_here = self.writes_here.load(Ordering::SeqCst);
            let is_quiet = seen.replace(writes_here) == Some(writes_here);
            if is_quiet {
                self.move_log();
            }
            // The order of these two accesses, and of those of a caller, lets no write go unnoticed.
            self.is_asleep.store(is_quiet, Ordering::SeqCst);
            let is_woken = || is_quiet && self.writes_here.load(Ordering::SeqCst) != writes_here;
            next = self.wait(if is_quiet { Duration::MAX } else { QUIET }, is_woken);
        }
        next.flatten()
    }

    /// Waits for a write in the queue; `None` after this time, or if it is woken.
    fn wait(&self, limit: Duration, is_woken: impl Fn() -> bool) -> Option<Option<Box<dyn PendingWrite>>> {
        let ended = self.queue.wait_for(limit, |queue| {
            let next = queue.next();
            self.is_contended.store(next.is_some(), Ordering::Relaxed);
            match next {
                Some(next) => Some(Some(next)),
                None => is_woken().then_some(None),
            }
        });
        ended.flatten()
    }

    /// Moves the log to the file, as far as readers allow, unless a caller writes.
    fn move_log(&self) {
        if let Some(connection) = self.connection.try_lock() {
            // A log that cannot be moved now is moved after a later write, which fails if the disk is the reason.
            let _ = Checkpoint::run(&connection, CheckpointMode::Passive);
        }
    }

    /// The oldest write that is not withdrawn.
    fn pop(&self) -> Option<Box<dyn PendingWrite>> {
        loop {
            let write = self.queue.lock().writes.pop_front()?;
            if !write.is_withdrawn() {
                return Some(write);
            }
            // Without the lock of the queue: it may own the last handle of the store, whose drop takes that lock.
            discard(write);
        }
    }
}

/// Drops a withdrawn write with the values of its caller.
fn discard(write: Box<dyn PendingWrite>) {
    contained(|| drop(write));
}

/// A number other than 0 that no other running thread has.
fn this_thread() -> usize {
    thread_local!(static PLACE: u8 = const { 0 });
    PLACE.with(|place| std::ptr::from_ref(place).addr())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use crate::store::{Store, Transaction};

    /// Panics when it is dropped, unless the thread already panics.
    struct PanicsOnDrop;

    impl Drop for PanicsOnDrop {
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
    fn a_captured_value_that_panics_on_drop_loses_no_result() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        let (hold, held) = channel::<()>();
        let submit = |number: i64| {
            let panics = (number == 1).then(|| PanicsOnDrop);
            let reply = store.writer().unwrap().submit(move |tx: &Transaction<'_>| {
                let _ = &panics;
                Ok(tx.execute("INSERT INTO t VALUES (?1)", [number])?)
            });
            reply.unwrap()
        };
        let first = store.writer().unwrap().submit(move |_: &Transaction<'_>| {
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
