//! Runs gates.

use std::sync::Arc;

use speckit_core::gate::{Event, Plan, Request, Run};
use speckit_core::redact::Masks;
use speckit_core::{AppConfig, Diagnostic, Seed, Stage};

use super::{ProcessManager, Processes};
use crate::Shell;

/// Runs the agents of gates in parallel. A copy is a pointer: gates of all copies share the room for agents and the circuit
/// breakers of the providers.
#[derive(Clone)]
pub struct AsyncOrchestrator {
    processes: Arc<dyn Processes>,
    seed: Option<Seed>,
    masks: Arc<Masks>,
}

/// Why a gate could not run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GateError {
    /// The configuration, or what was asked, keeps it from running: every reason.
    #[error("{}", .0.iter().map(|one| one.message.as_str()).collect::<Vec<_>>().join("; "))]
    Refused(Vec<Diagnostic>),
}

impl AsyncOrchestrator {
    /// Runs real processes, at most so many at the same time over all gates.
    pub fn new(max_concurrent: usize) -> Self {
        Self::with(ProcessManager::new(), max_concurrent)
    }

    /// Runs what these give.
    pub fn with(processes: impl Processes, max_concurrent: usize) -> Self {
        let _ = max_concurrent;
        Self { processes: Arc::new(processes), seed: None, masks: Arc::default() }
    }

    /// Draws the waits of retries from this seed, so that they can be foretold.
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Masks these secrets in what agents write, before anybody is told.
    #[must_use]
    pub fn masking(mut self, masks: Masks) -> Self {
        self.masks = Arc::new(masks);
        self
    }

    /// Begins a gate. It runs while [`GateRun::finish`] is awaited.
    pub fn begin(&self, plan: Plan) -> GateRun {
        let _ = (&self.processes, self.seed, &self.masks, plan);
        GateRun {}
    }

    /// Runs a gate to its end.
    pub async fn run(&self, plan: Plan) -> Run {
        self.begin(plan).finish().await
    }

    /// Runs the gate of a stage as the configuration is now; reloads wait until it is over.
    ///
    /// # Errors
    /// [`GateError::Refused`] with everything that keeps it from running.
    pub async fn run_stage(
        &self,
        shell: &Shell<AppConfig>,
        stage: Stage,
        request: &Request,
    ) -> Result<Run, GateError> {
        let _busy = shell.busy();
        let (plan, _) = Plan::of(&shell.current(), stage, request).map_err(GateError::Refused)?;
        Ok(self.run(plan).await)
    }
}

/// A gate that runs. Dropping it kills its agents.
#[derive(Debug)]
#[must_use = "it runs while `finish` is awaited"]
pub struct GateRun {}

impl GateRun {
    /// What happens from now on. Any number may listen; none holds the gate up.
    pub fn events(&self) -> GateEvents {
        GateEvents {}
    }

    /// How to call it off from elsewhere.
    pub fn control(&self) -> GateControl {
        GateControl {}
    }

    /// Runs it to its end.
    #[expect(clippy::unused_async, reason = "skeleton")]
    pub async fn finish(self) -> Run {
        std::process::exit(70)
    }
}

/// Calls a gate off. Copies are of the same gate.
#[derive(Clone, Debug)]
pub struct GateControl {}

impl GateControl {
    /// Asks every agent to end, in peace, and starts none.
    pub fn cancel(&self) {}

    /// Kills every agent.
    pub fn kill(&self) {}
}

/// What happens in a gate, to one listener: an iterator that waits for the next event, and ends with the gate.
///
/// A listener that does not read holds nobody up: lines of agents are dropped once 1024 events wait, and
/// [`Event::Missed`] says how many. Other events are never dropped.
#[derive(Debug)]
pub struct GateEvents {}

impl Iterator for GateEvents {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        None
    }
}
