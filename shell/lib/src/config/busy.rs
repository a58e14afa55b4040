//! Guards that keep the running configuration from being replaced.

use std::fmt;
use std::sync::{Arc, MutexGuard};

use crate::sync::Mutex;

/// How many guards there are, and whether something waits for the last one.
///
/// A publication holds its lock, so that a configuration is never replaced under a guard.
#[derive(Debug, Default)]
pub(crate) struct Gate(Mutex<Gated>);

#[derive(Debug, Default)]
pub(crate) struct Gated {
    pub(crate) guards: usize,
    pub(crate) is_awaited: bool,
}

impl Gate {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Gated> {
        self.0.lock()
    }
}

/// What the drop of a guard tells.
pub(crate) trait Guarded: Send + Sync {
    fn gate(&self) -> &Gate;
    /// The last guard is gone, and something waits for that.
    fn free(&self);
}

/// Keeps the running configuration as it is until it is dropped (see [`Config::busy`](crate::Config::busy)).
#[must_use = "the configuration may be replaced as soon as the guard is dropped"]
pub struct Busy(Arc<dyn Guarded>);

impl Busy {
    pub(crate) fn of(shared: Arc<dyn Guarded>) -> Self {
        shared.gate().lock().guards += 1;
        Self(shared)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut gate = self.0.gate().lock();
        gate.guards -= 1;
        let is_free = gate.guards == 0 && gate.is_awaited;
        drop(gate);
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
