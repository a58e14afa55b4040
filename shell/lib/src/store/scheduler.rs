//! Vacuums by themselves: one thread that sleeps until the next may be due.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is the door to the thread that makes the file smaller, which it joins"
)]

use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use speckit_core::store::vacuum::{Action, Input, Machine, Verdict, judge};

use super::Store;
use super::error::StoreError;
use super::vacuum::{Claim, Vacuum, Vacuumed, claim_if_due};
use crate::os::clock;

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
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Default)]
struct State {
    is_stopping: bool,
    /// Another interval, until the thread has taken it.
    interval: Option<Duration>,
    looks: u64,
    latest: Option<Result<Vacuumed, StoreError>>,
}

impl VacuumScheduler {
    /// Starts the thread, which has a handle of the store. An interval below 10 ms is taken as that.
    ///
    /// # Errors
    /// [`StoreError::Thread`] where the thread cannot be started.
    pub fn start(store: &Store, interval: Duration) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared::default());
        let work = Work { store: store.clone(), shared: Arc::clone(&shared), begun: clock::now() };
        let thread = thread::Builder::new().name("speckit-vacuum".into()).spawn(move || work.run(interval));
        let thread = thread.map_err(|error| StoreError::Thread { reason: error.to_string() })?;
        Ok(Self { store: store.clone(), shared, thread: Some(thread) })
    }

    /// Changes the interval from now on.
    pub fn set_interval(&self, interval: Duration) {
        self.shared.lock().interval = Some(interval);
        self.shared.bell.notify_one();
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
        self.shared.lock().looks
    }

    /// What the last vacuum of this scheduler came to, or why the last look failed; `None` before the first.
    pub fn latest(&self) -> Option<Result<Vacuumed, StoreError>> {
        self.shared.lock().latest.clone()
    }
}

impl fmt::Debug for VacuumScheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VacuumScheduler").field("store", &self.store).field("latest", &self.latest()).finish()
    }
}

impl Drop for VacuumScheduler {
    fn drop(&mut self) {
        self.shared.lock().is_stopping = true;
        self.shared.bell.notify_one();
        if let Some(thread) = self.thread.take() {
            // It has no code of its own that could panic.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// Nothing that is done under the lock can panic half way.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for something to happen, at most until then.
    fn wait(&self, until: Option<Instant>) -> Input {
        let mut state = self.lock();
        loop {
            if state.is_stopping {
                return Input::Stop;
            }
            if let Some(interval) = state.interval.take() {
                return Input::Interval(interval);
            }
            state = match until.map(|until| until.saturating_duration_since(clock::now())) {
                Some(Duration::ZERO) => return Input::Timer,
                Some(rest) => self.bell.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0,
                None => self.bell.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

/// What the thread works with.
struct Work {
    store: Store,
    shared: Arc<Shared>,
    begun: Instant,
}

impl Work {
    /// Does what the machine says, until it is to end.
    fn run(self, interval: Duration) {
        let mut machine = Machine::new(interval);
        let mut claim = None;
        let mut input = Input::Timer;
        while input != Input::Stop {
            let now = clock::now().saturating_duration_since(self.begun);
            input = match machine.step(now, input) {
                Some(Action::Look) => {
                    let verdict;
                    (verdict, claim) = self.look(machine.interval());
                    Input::Judged(verdict)
                }
                Some(Action::Vacuum) => {
                    self.vacuum(claim.take());
                    Input::Ended
                }
                // A date that no clock can hold never comes.
                None => self.shared.wait(machine.next_deadline().and_then(|at| self.begun.checked_add(at))),
            };
        }
    }

    fn look(&self, interval: Duration) -> (Verdict, Option<Claim>) {
        self.shared.lock().looks += 1;
        let mut stop = |_| self.asked();
        let mut vacuum = Vacuum::of(&self.store, &mut stop);
        match vacuum.short(move |tx| claim_if_due(tx, |found| judge(interval, found))) {
            Ok(judged) => judged.unwrap_or((Verdict::NotWorthwhile, None)),
            Err(error) => {
                self.shared.lock().latest = Some(Err(error));
                (Verdict::NotWorthwhile, None)
            }
        }
    }

    fn vacuum(&self, claim: Option<Claim>) {
        let mut stop = |_| self.asked();
        let result = Vacuum::of(&self.store, &mut stop).run(claim);
        self.shared.lock().latest = Some(result);
    }

    fn asked(&self) -> ControlFlow<()> {
        if self.shared.lock().is_stopping { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
