//! What is done while a gate runs.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::event::Event;
use super::plan::Plan;
use super::run::{Attempt, Run};
use crate::seed::Seed;

/// What a machine is told. Agents are counted from 0 in the order of the plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Time has passed.
    Due,
    /// An attempt that was to start has started: there was room for it.
    Begun {
        /// Whose.
        agent: usize,
    },
    /// An attempt is over.
    Ended {
        /// Whose.
        agent: usize,
        /// What came of it.
        attempt: Attempt,
    },
    /// The gate is called off: whoever runs is asked to end, nobody begins.
    Cancel,
    /// Whoever runs is killed at once.
    Kill,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Start an attempt as soon as there is room, and say [`Input::Begun`].
    Start {
        /// Whose.
        agent: usize,
        /// Which, counted from 1.
        attempt: u32,
    },
    /// Ask an attempt to end, in peace; one that has not begun does not begin. [`Input::Ended`] follows.
    Stop {
        /// Whose.
        agent: usize,
    },
    /// End an attempt at once. [`Input::Ended`] follows.
    Kill {
        /// Whose.
        agent: usize,
    },
    /// Tell whoever listens.
    Tell(Event),
    /// The gate is over; the last action.
    Finish(Run),
}

/// Runs one gate: starts, tries again, counts. Times are those since the gate began.
///
/// Equal plans, seeds and inputs give equal actions.
#[derive(Clone, Debug)]
pub struct Machine {
    plan: Plan,
    seed: Seed,
    started_at: Duration,
    is_cancelled: bool,
}

impl Machine {
    /// A gate that begins at this time since 1970-01-01T00:00:00Z, and its first actions. Waits are drawn from the seed, with
    /// a label for each agent.
    pub fn begin(plan: Plan, seed: Seed, started_at: Duration) -> (Self, Vec<Action>) {
        (Self { plan, seed, started_at, is_cancelled: false }, Vec::new())
    }

    /// What is to be done, in this order.
    pub fn step(&mut self, now: Duration, input: Input) -> Vec<Action> {
        let _ = (now, input, &self.plan, self.seed, self.started_at, self.is_cancelled, String::new());
        Vec::new()
    }

    /// When to say [`Input::Due`].
    pub fn next_deadline(&self) -> Option<Duration> {
        None
    }
}
