//! The door to processes: each in a group of its own, ended with all that it has started.

use std::sync::Arc;

use speckit_core::gate::Ending;

use super::guard::Guard;
use super::{Hear, Job, Orders, Processes, Running, unheard};

/// Runs processes, each in a group of its own, and leaves none behind.
#[derive(Clone, Debug, Default)]
pub struct ProcessManager {
    guard: Option<Arc<Guard>>,
}

impl ProcessManager {
    /// Runs processes that nobody ends if this one is killed (SIGKILL).
    pub fn new() -> Self {
        Self::default()
    }

    /// Has every group known to a guard, which ends it if this process is killed.
    #[must_use]
    pub fn guarded_by(mut self, guard: Arc<Guard>) -> Self {
        self.guard = Some(guard);
        self
    }
}

impl Processes for ProcessManager {
    fn run(&self, _: Job, _: Hear, _: Orders) -> Running {
        Box::pin(async move { unheard(Ending::Cancelled) })
    }
}
