//! The pool of connections for reading.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use rusqlite::Connection;

use super::connection::{TransactionGuard, open_reader};
use super::error::StoreError;
use super::options::StoreOptions;
use super::transaction::Transaction;
use crate::sync::{Monitor, Mutex};

/// At most this many reads run at the same time; others wait. SQLite keeps the file of a closed connection open while other
/// connections of the process use that file. So each further connection would cost a file descriptor for ever.
const MAX_READS: usize = 32;

/// The reading side of a store.
pub(super) struct ReaderPool {
    options: StoreOptions,
    /// The lower ones are preferred, so that there are no more connections than reads at the same time.
    slots: [Slot; MAX_READS],
    /// The idle connections of nested reads that found every slot taken.
    nested: Mutex<Vec<ReaderConnection>>,
    /// How many threads wait for a slot.
    waiting: AtomicUsize,
    slot_freed: Monitor<()>,
}

/// A place for a connection, locked while a read uses it. It has two cache lines of its own, because processors fetch them in pairs
/// and threads use neighbouring slots at the same time.
#[derive(Default)]
#[repr(align(128))]
struct Slot(Mutex<Option<ReaderConnection>>);

/// A connection, and what keeps statements from ending its transactions.
struct ReaderConnection {
    connection: Connection,
    guard: Arc<TransactionGuard>,
}

thread_local! {
    /// The depth of nested reads of this thread: a nested one does not wait, since it would wait for itself.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// The slot of the last read of this thread. It is most likely free again, and no other thread has changed its cache lines.
    static LAST_SLOT: Cell<usize> = const { Cell::new(0) };
}

impl ReaderPool {
    pub(super) fn new(options: StoreOptions) -> Self {
        Self {
            options,
            slots: Default::default(),
            nested: Mutex::default(),
            waiting: AtomicUsize::new(0),
            slot_freed: Monitor::default(),
        }
    }

    /// Reads in one transaction, which is a snapshot of the database.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with_connection(|reader| {
            let transaction = Transaction::read(&reader.connection)?;
            reader.guard.around(|| read(&transaction)).0
        })
    }

    /// Runs a single statement, which SQLite gives a snapshot of its own.
    pub(super) fn run_statement<T>(
        &self,
        run: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with_connection(|reader| reader.guard.around(|| run(&reader.connection)).0)
    }

    fn with_connection<T>(
        &self,
        run: impl FnOnce(&ReaderConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut place = self.take();
        let reader = match place.reader() {
            Some(reader) => reader,
            empty => empty.insert(self.open()?),
        };
        run(reader)
    }

    fn open(&self) -> Result<ReaderConnection, StoreError> {
        let guard = Arc::new(TransactionGuard::default());
        let connection = open_reader(&self.options.path, &self.options, &guard)?;
        Ok(ReaderConnection { connection, guard })
    }

    /// Takes a place in the pool; waits for a slot, unless this read is within another one.
    fn take(&self) -> PoolPlace<'_> {
        let is_nested = DEPTH.get() > 0;
        let slot = self.free_slot().or_else(|| if is_nested { None } else { self.wait_for_slot() });
        let reader = match slot {
            Some(slot) => HeldReader::InSlot(slot),
            None => HeldReader::Nested(self.nested.lock().pop()),
        };
        DEPTH.set(DEPTH.get() + 1);
        PoolPlace { reader, end: EndOfRead(self) }
    }

    fn free_slot(&self) -> Option<MutexGuard<'_, Option<ReaderConnection>>> {
        let free = |index: usize| self.slots.get(index)?.0.try_lock();
        free(LAST_SLOT.get()).or_else(|| {
            (0..MAX_READS).find_map(|index| {
                let slot = free(index)?;
                LAST_SLOT.set(index);
                Some(slot)
            })
        })
    }

    fn wait_for_slot(&self) -> Option<MutexGuard<'_, Option<ReaderConnection>>> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        // Either this thread finds the slot that another one frees, or that one finds that this thread waits.
        fence(Ordering::SeqCst);
        let slot = self.slot_freed.wait_for(Duration::MAX, |()| self.free_slot());
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        slot
    }
}

/// The connection of a read, or the empty place for one.
enum HeldReader<'a> {
    InSlot(MutexGuard<'a, Option<ReaderConnection>>),
    Nested(Option<ReaderConnection>),
}

/// A place in the pool while it is in use.
struct PoolPlace<'a> {
    reader: HeldReader<'a>,
    /// Dropped when the slot is free.
    end: EndOfRead<'a>,
}

impl PoolPlace<'_> {
    fn reader(&mut self) -> &mut Option<ReaderConnection> {
        match &mut self.reader {
            HeldReader::InSlot(slot) => slot,
            HeldReader::Nested(reader) => reader,
        }
    }
}

impl Drop for PoolPlace<'_> {
    fn drop(&mut self) {
        // A connection whose transaction did not end is closed.
        let reader = self.reader().take_if(|reader| !reader.connection.is_autocommit());
        drop(reader);
        if let HeldReader::Nested(reader) = &mut self.reader {
            self.end.0.nested.lock().extend(reader.take());
        }
    }
}

/// Counts a read as over, and wakes a thread that waits for its slot.
struct EndOfRead<'a>(&'a ReaderPool);

impl Drop for EndOfRead<'_> {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get().saturating_sub(1));
        fence(Ordering::SeqCst);
        if self.0.waiting.load(Ordering::Relaxed) > 0 {
            // A thread that holds the lock has not begun to wait, and may have looked for a slot too early.
            drop(self.0.slot_freed.lock());
            self.0.slot_freed.notify_one();
        }
    }
}
