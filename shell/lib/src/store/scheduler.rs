//! Scheduled vacuums: one thread that sleeps until the next may be due.
#![expect(clippy::disallowed_methods, reason = "this module starts and joins the thread of the vacuums")]

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use speckit_core::store::vacuum::MIN_INTERVAL;

use super::Store;
use super::error::StoreError;
use super::vacuum::{Vacuum, VacuumOutcome, claim_if_due};
use crate::sync::Mutex;

/// Vacuums a [`Store`], at most once in an interval, until it is dropped.
///
/// It checks at once and then once in an interval, and runs [`Store::vacuum`] if at least 1 MiB and a tenth of the pages
/// are free and no vacuum has begun within the interval. The database records vacuums, so that only one of many processes
/// runs one. Dropping the scheduler stops a vacuum between two steps and joins the thread.
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
    shared: Arc<SchedulerState>,
    /// `None` while it is dropped.
    intervals: Option<Sender<Duration>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct SchedulerState {
    is_stopping: AtomicBool,
    checks: AtomicU64,
    latest: Mutex<Option<Result<VacuumOutcome, StoreError>>>,
}

impl VacuumScheduler {
    /// Starts the thread, which has a handle of the store. An interval below 10 ms counts as 10 ms.
    ///
    /// # Errors
    /// [`StoreError::Thread`] if the thread cannot be started.
    pub fn start(store: &Store, interval: Duration) -> Result<Self, StoreError> {
        let shared = Arc::new(SchedulerState::default());
        let (intervals, changed) = channel();
        let worker = VacuumWorker { store: store.clone(), shared: Arc::clone(&shared) };
        let thread = thread::Builder::new().name("speckit-vacuum".into());
        let thread = thread.spawn(move || worker.run(interval, &changed));
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

    /// How many bytes a vacuum would free now.
    ///
    /// # Errors
    /// Why the database cannot be read.
    pub fn savings(&self) -> Result<u64, StoreError> {
        self.store.savings()
    }

    /// How often it has checked whether a vacuum is due.
    pub fn checks(&self) -> u64 {
        self.shared.checks.load(Ordering::Relaxed)
    }

    /// The result of the last vacuum of this scheduler, or why the last check failed; `None` before the first.
    pub fn latest(&self) -> Option<Result<VacuumOutcome, StoreError>> {
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
            // The thread has no code that could panic.
            let _ = thread.join();
        }
    }
}

/// The thread.
struct VacuumWorker {
    store: Store,
    shared: Arc<SchedulerState>,
}

impl VacuumWorker {
    /// Checks, and checks again after the wait or a change of the interval.
    fn run(self, mut interval: Duration, changed: &Receiver<Duration>) {
        loop {
            let wait = self.check(interval);
            match changed.recv_timeout(wait) {
                Ok(changed) => interval = changed,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Runs a vacuum if one is due. Returns the wait until the next check.
    fn check(&self, interval: Duration) -> Duration {
        let wait = interval.max(MIN_INTERVAL);
        let mut stop = |_| match self.shared.is_stopping.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        self.shared.checks.fetch_add(1, Ordering::Relaxed);
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
