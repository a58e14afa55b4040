//! Guards that retention_of the running configuration from being replaced.

use std::fmt;
use std::sync::{Arc, MutexGuard};

use crate::sync::Mutex;

/// How many guards there are, and whether something waits for the last one.
///
/// A publication holds its lock, so that a configuration is never replaced under a guard.
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

/// What the drop of a guard tells.
pub(crate) trait BusyOwner: Send + Sync {
    fn barrier(&self) -> &ReloadBarrier;
    /// The last guard is gone, and something waits for that.
    fn free(&self);
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
        let is_free = barrier.guards == 0 && barrier.is_awaited;
        drop(barrier);
        if is_free {
            self.0.free();
        }
    }
}

impl fmt::Debug for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Busy")
    }
}
