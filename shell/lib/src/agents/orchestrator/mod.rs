//! Runs gates.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use speckit_core::Diagnostic;
use speckit_core::agents::gate::{Plan, Request, Run};
use speckit_core::agents::{GateSettings, Stage};
use speckit_core::config::redact::Masks;
use speckit_core::retry::Seed;
use tokio::sync::Semaphore;

use super::{ProcessManager, Processes};
use crate::Config;
use crate::os::entropy;
use breakers::Breakers;

mod attempt;
mod breakers;
mod control;
mod drop_on_abort;
mod events;
mod masking;
mod run;
mod stage;
mod tasks;

pub use control::GateControl;
pub use run::GateRun;
pub use stage::StagePlan;

/// Runs the agents of gates in parallel. Clones share the limit of concurrent agents and the circuit breakers of the providers.
///
/// A gate runs at most as many agents at the same time as its plan allows, and all gates together at most as many as the orchestrator
/// allows.
///
/// The circuit breaker of a provider opens for 30 s when half of its last 100 agents (at least 10) failed at their first attempt with
/// a retryable exit. Agents that would start meanwhile end as
/// [`Ending::CircuitOpen`](speckit_core::agents::gate::Ending::CircuitOpen); agents that have started are retried. Only exits count: an
/// agent that was not started, was killed or was cancelled does not.
///
/// ```no_run
/// use speckit_core::agents::gate::Request;
/// use speckit::agents::{AsyncOrchestrator, Stage};
/// use speckit::app::ConfigLoader;
///
/// # async fn gate() -> Result<(), Box<dyn std::error::Error>> {
/// let config = ConfigLoader::new("speckit.toml").open()?;
/// let orchestrator = AsyncOrchestrator::new(config.load().orchestrator.max_concurrent as usize);
/// let request = Request { spec: "SPEC-1".into(), prompt: "Is the plan complete?".into() };
/// let gate = orchestrator.begin_stage(&config, Stage::Plan, &request)?;
/// let events = gate.events();
/// let printer = std::thread::spawn(move || events.for_each(|event| println!("{event}")));
/// let run = gate.finish().await;
/// printer.join().unwrap();
/// assert!(run.is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AsyncOrchestrator {
    resources: Arc<Resources>,
    seed: Option<Seed>,
    masks: Arc<Masks>,
}

/// What all gates of an orchestrator share.
struct Resources {
    processes: Box<dyn Processes>,
    permits: Semaphore,
    breakers: Breakers,
}

/// Why a gate could not run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GateError {
    /// The configuration or the request is wrong: every reason.
    #[error("{}", .0.iter().map(|one| one.message.as_str()).collect::<Vec<_>>().join("; "))]
    Refused(Vec<Diagnostic>),
}

impl GateError {
    /// The errors and warnings, in the order of reports.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Refused(diagnostics) => diagnostics,
        }
    }
}

impl AsyncOrchestrator {
    /// Runs real processes, at most `max_concurrent` (at least 1) at the same time over all gates.
    pub fn new(max_concurrent: usize) -> Self {
        Self::with(ProcessManager::new(), max_concurrent)
    }

    /// As [`new`](Self::new), with other processes.
    pub fn with(processes: impl Processes, max_concurrent: usize) -> Self {
        let resources = Resources {
            processes: Box::new(processes),
            permits: Semaphore::new(max_concurrent.clamp(1, Semaphore::MAX_PERMITS)),
            breakers: Breakers::default(),
        };
        Self { resources: Arc::new(resources), seed: None, masks: Arc::default() }
    }

    /// Draws the waits of retries from this seed.
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Masks these secrets in everything that agents write.
    #[must_use]
    pub fn masking(mut self, masks: Masks) -> Self {
        self.masks = Arc::new(masks);
        self
    }

    /// Prepares a gate. It runs while [`GateRun::finish`] is awaited.
    pub fn begin(&self, plan: Plan) -> GateRun {
        let seed = self.seed.unwrap_or_else(entropy::seed);
        GateRun::new(plan, seed, Arc::clone(&self.resources), Arc::clone(&self.masks))
    }

    /// Prepares the gate of a stage with the current configuration. Reloads are deferred until the gate ends or is dropped; without
    /// a watcher, the thread that ends or drops it then reads the files.
    ///
    /// The secrets of the configuration, and the API keys of all providers in the environment of this process, are masked in what
    /// agents write. Logins are not used ([`StagePlan::with_logins`]).
    ///
    /// # Errors
    /// [`GateError::Refused`] with every reason. Warnings are in [`GateRun::warnings`].
    pub fn begin_stage<T>(
        &self,
        config: &Config<T>,
        stage: Stage,
        request: &Request,
    ) -> Result<GateRun, GateError>
    where
        T: DeserializeOwned + Send + Sync + 'static,
        for<'a> GateSettings<'a>: From<&'a T>,
    {
        Ok(self.begin_planned(StagePlan::of(config, stage, request)?))
    }

    /// Prepares the gate of a [`StagePlan`], with the masks of the plan and of the orchestrator.
    pub fn begin_planned(&self, planned: StagePlan) -> GateRun {
        let StagePlan { plan, warnings, masks, source, busy } = planned;
        let masks = Arc::new(masks.with_texts_from(&self.masks));
        Self { masks, ..self.clone() }.begin(plan).held_by(busy, warnings, source)
    }

    /// Runs a gate to its end.
    ///
    /// # Panics
    /// As [`GateRun::finish`].
    pub async fn run(&self, plan: Plan) -> Run {
        self.begin(plan).finish().await
    }

    /// Runs the gate of a stage to its end. [`AsyncOrchestrator::begin_stage`] also gives its warnings and events.
    ///
    /// # Errors
    /// [`GateError::Refused`] with every reason.
    ///
    /// # Panics
    /// As [`GateRun::finish`].
    pub async fn run_stage<T>(
        &self,
        config: &Config<T>,
        stage: Stage,
        request: &Request,
    ) -> Result<Run, GateError>
    where
        T: DeserializeOwned + Send + Sync + 'static,
        for<'a> GateSettings<'a>: From<&'a T>,
    {
        Ok(self.begin_stage(config, stage, request)?.finish().await)
    }
}

impl fmt::Debug for AsyncOrchestrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let free = self.resources.permits.available_permits();
        f.debug_struct("AsyncOrchestrator").field("free", &free).finish_non_exhaustive()
    }
}
