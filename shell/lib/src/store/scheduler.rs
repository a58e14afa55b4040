//! Vacuums by themselves: one thread that sleeps until the next may be due.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is the door to the thread that makes the file smaller, which it joins"
)]

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use speckit_core::store::vacuum::LEAST_INTERVAL;

use super::Store;
use super::error::StoreError;
use super::vacuum::{Vacuum, Vacuumed, claim_if_due};
use crate::sync::Mutex;

/// Makes the file of a [`Store`] smaller, once an interval at most, as long as it lives.
///
/// It looks at once and then once an interval, and gives free pages back as [`Store::vacuum`] does where at least 1 MiB and
/// a tenth of the pages are free and nobody else has begun to within the interval: the database remembers that, so that
/// one of many processes does it. Dropping it ends it at once, between two steps, and joins its thread.
///
/// ```
/// use std::time::Duration;
/// use speckit::store::{Store, StoreError, VacuumScheduler};
/// # let folder = tempfile::tempdir().unwrap();
/// let store = Store::open(folder.path().join("app.db"))?;
/// let scheduler = VacuumScheduler::start(&store, Duration::from_secs(24 * 60 * 60))?;
/// assert_eq!(scheduler.savings()?, 0, "nothing was deleted yet");
/// # Ok::<(), StoreError>(())
/// ```
#[must_use = "dropping it ends it"]
pub struct VacuumScheduler {
    store: Store,
    shared: Arc<Shared>,
    /// `None` once it is being dropped.
    intervals: Option<Sender<Duration>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    is_stopping: AtomicBool,
    looks: AtomicU64,
    latest: Mutex<Option<Result<Vacuumed, StoreError>>>,
}

impl VacuumScheduler {
    /// Starts the thread, which has a handle of the store. An interval below 10 ms is taken as that.
    ///
    /// # Errors
    /// [`StoreError::Thread`] where the thread cannot be started.
    pub fn start(store: &Store, interval: Duration) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared::default());
        let (intervals, changed) = channel();
        let work = Work { store: store.clone(), shared: Arc::clone(&shared) };
        let thread = thread::Builder::new().name("speckit-vacuum".into());
        let thread = thread.spawn(move || work.run(interval, &changed));
        let thread = thread.map_err(|error| StoreError::Thread { reason: error.to_string() })?;
        Ok(Self { store: store.clone(), shared, intervals: Some(intervals), thread: Some(thread) })
    }

    /// Changes the interval from now on.
    pub fn set_interval(&self, interval: Duration) {
        if let Some(intervals) = &self.intervals {
            // The thread receives for as long as this sender lives.
            let _ = intervals.send(interval);
        }
    }

    /// How much shorter the file would get now, in bytes.
    ///
    /// # Errors
    /// Why the database cannot be read.
    pub fn savings(&self) -> Result<u64, StoreError> {
        self.store.savings()
    }

    /// How often it has looked whether a vacuum is due.
    pub fn looks(&self) -> u64 {
        self.shared.looks.load(Ordering::Relaxed)
    }

    /// What the last vacuum of this scheduler came to, or why the last look failed; `None` before the first.
    pub fn latest(&self) -> Option<Result<Vacuumed, StoreError>> {
        self.shared.latest.lock().clone()
    }
}

impl fmt::Debug for VacuumScheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VacuumScheduler").field("store", &self.store).field("latest", &self.latest()).finish()
    }
}

impl Drop for VacuumScheduler {
    fn drop(&mut self) {
        self.shared.is_stopping.store(true, Ordering::Relaxed);
        self.intervals = None;
        if let Some(thread) = self.thread.take() {
            // It has no code of its own that could panic.
            let _ = thread.join();
        }
    }
}

/// What the thread works with.
struct Work {
    store: Store,
    shared: Arc<Shared>,
}

impl Work {
    /// Looks, and looks again when it is time or the interval is another one.
    fn run(self, mut interval: Duration, changed: &Receiver<Duration>) {
        loop {
            let wait = self.look(interval);
            match changed.recv_timeout(wait) {
                Ok(changed) => interval = changed,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Vacuums where that is due. Gives how long it is until the next look.
    fn look(&self, interval: Duration) -> Duration {
        let wait = interval.max(LEAST_INTERVAL);
        let mut stop = |_| match self.shared.is_stopping.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        self.shared.looks.fetch_add(1, Ordering::Relaxed);
        let mut vacuum = Vacuum::of(&self.store, &mut stop);
        let result = match vacuum.short(move |tx| claim_if_due(tx, interval)) {
            Ok(Some(Ok(claim))) => vacuum.run(Some(claim)),
            Ok(Some(Err(due_in))) => return due_in,
            Ok(None) => return wait,
            Err(error) => Err(error),
        };
        *self.shared.latest.lock() = Some(result);
        wait
    }
}
