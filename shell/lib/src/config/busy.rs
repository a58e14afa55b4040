//! Guards that keep the running configuration from being replaced.

use std::fmt;
use std::sync::{Arc, MutexGuard};

use crate::sync::Mutex;

/// The number of guards, and whether a reload waits for them. A publication holds this lock, so that it never happens
/// while a guard exists.
#[derive(Debug, Default)]
pub(crate) struct ReloadBarrier(Mutex<BarrierState>);

#[derive(Debug, Default)]
pub(crate) struct BarrierState {
    pub(crate) guards: usize,
    pub(crate) is_awaited: bool,
}

impl ReloadBarrier {
    pub(crate) fn lock(&self) -> MutexGuard<'_, BarrierState> {
        self.0.lock()
    }
}

/// The configuration that a guard belongs to.
pub(crate) trait BusyOwner: Send + Sync {
    fn barrier(&self) -> &ReloadBarrier;
    /// Called when the last guard is dropped and a reload waits.
    fn resume(&self);
}

/// Keeps the running configuration as it is until it is dropped (see [`Config::busy`](crate::Config::busy)).
#[must_use = "the configuration may be replaced as soon as the guard is dropped"]
pub struct Busy(Arc<dyn BusyOwner>);

impl Busy {
    pub(crate) fn of(running: Arc<dyn BusyOwner>) -> Self {
        running.barrier().lock().guards += 1;
        Self(running)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut barrier = self.0.barrier().lock();
        barrier.guards -= 1;
        let is_last = barrier.guards == 0 && barrier.is_awaited;
        drop(barrier);
        if is_last {
            self.0.resume();
        }
    }
}

impl fmt::Debug for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Busy")
    }
}
