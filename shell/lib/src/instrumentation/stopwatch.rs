//! The time since a start, and how a measured scope was left.

use std::thread;
use std::time::{Duration, Instant};

use super::event::Outcome;
use crate::os::clock;

/// Runs since its start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stopwatch {
    started: Instant,
    /// A destructor that runs during a panic may measure, too: only a new panic counts.
    was_panicking: bool,
}

impl Stopwatch {
    pub(super) fn start() -> Self {
        Self { started: clock::now(), was_panicking: thread::panicking() }
    }

    pub(super) fn elapsed(self) -> Duration {
        clock::now().saturating_duration_since(self.started)
    }

    /// The outcome of a scope that did not reach its end.
    pub(super) fn outcome_of_drop(self) -> Outcome {
        if thread::panicking() && !self.was_panicking { Outcome::Panic } else { Outcome::Early }
    }
}
