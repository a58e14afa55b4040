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
mod events;
mod leash;
mod masking;
mod run;
mod stage;
mod tasks;

pub use control::GateControl;
pub use run::GateRun;
pub use stage::StagePlan;

/// Runs the agents of gates in parallel. A copy is a pointer: gates of all copies share the room for agents and the circuit
/// breakers of the providers.
///
/// No gate runs more agents at the same time than its plan allows, and all gates together no more than the orchestrator does.
///
/// A provider of whose last 100 agents half failed at their first attempt in a way that another attempt may mend, and at least 10
/// are known, is left alone for 30 s: agents that would begin meanwhile end as
/// [`Ending::CircuitOpen`](speckit_core::agents::gate::Ending::CircuitOpen), and those that have begun are tried again as their gate
/// says. An exit is what counts; agents that could not be started, were killed or called off say nothing about their provider.
///
/// ```no_run
/// use speckit_core::agents::gate::Request;
/// use speckit::agents::{AsyncOrchestrator, Stage};
/// use speckit::app::ConfigLoader;
///
/// # async fn gate() -> Result<(), Box<dyn std::error::Error>> {
/// let shell = ConfigLoader::new("speckit.toml").open()?;
/// let orchestrator = AsyncOrchestrator::new(shell.load().orchestrator.max_concurrent as usize);
/// let request = Request { spec: "SPEC-1".into(), prompt: "Is the plan complete?".into() };
/// let gate = orchestrator.begin_stage(&shell, Stage::Plan, &request)?;
/// let events = gate.events();
/// let listening = std::thread::spawn(move || events.for_each(|event| println!("{event}")));
/// let run = gate.finish().await;
/// listening.join().unwrap();
/// assert!(run.is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AsyncOrchestrator {
    shared: Arc<Shared>,
    seed: Option<Seed>,
    masks: Arc<Masks>,
}

/// What all gates of an orchestrator share.
struct Shared {
    processes: Box<dyn Processes>,
    room: Semaphore,
    breakers: Breakers,
}

/// Why a gate could not run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GateError {
    /// The configuration, or what was asked, keeps it from running: every reason.
    #[error("{}", .0.iter().map(|one| one.message.as_str()).collect::<Vec<_>>().join("; "))]
    Refused(Vec<Diagnostic>),
}

impl GateError {
    /// Everything that keeps the gate from running, and the warnings about it, in the order of reports.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Refused(findings) => findings,
        }
    }
}

impl AsyncOrchestrator {
    /// Runs real processes, at most so many at the same time over all gates: at least one.
    pub fn new(max_concurrent: usize) -> Self {
        Self::with(ProcessManager::new(), max_concurrent)
    }

    /// Runs what these give.
    pub fn with(processes: impl Processes, max_concurrent: usize) -> Self {
        let shared = Shared {
            processes: Box::new(processes),
            room: Semaphore::new(max_concurrent.clamp(1, Semaphore::MAX_PERMITS)),
            breakers: Breakers::default(),
        };
        Self { shared: Arc::new(shared), seed: None, masks: Arc::default() }
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
        let seed = self.seed.unwrap_or_else(entropy::seed);
        GateRun::new(plan, seed, Arc::clone(&self.shared), Arc::clone(&self.masks))
    }

    /// Begins the gate of a stage as the configuration is now. Reloads wait until it is over, or dropped: where nobody watches,
    /// the thread that ends it or drops it reads the files then.
    ///
    /// The secrets of the configuration, and the API keys of all providers as they are in the environment of this process now, are
    /// masked in what agents write.
    ///
    /// # Errors
    /// [`GateError::Refused`] with everything that keeps it from running. What only deserves to be known is in
    /// [`GateRun::warnings`].
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

    /// Begins the gate of a stage that was planned. What its plan and the orchestrator mask is masked in what agents write.
    pub fn begin_planned(&self, planned: StagePlan) -> GateRun {
        let StagePlan { plan, warnings, masks, busy } = planned;
        let masks = Arc::new(masks.with_texts_from(&self.masks));
        Self { masks, ..self.clone() }.begin(plan).held_by(busy, warnings)
    }

    /// Runs a gate to its end.
    ///
    /// # Panics
    /// As [`GateRun::finish`].
    pub async fn run(&self, plan: Plan) -> Run {
        self.begin(plan).finish().await
    }

    /// Runs the gate of a stage as the configuration is now; reloads wait until it is over. [`AsyncOrchestrator::begin_stage`]
    /// also gives its warnings and its events.
    ///
    /// # Errors
    /// [`GateError::Refused`] with everything that keeps it from running.
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
        let free = self.shared.room.available_permits();
        f.debug_struct("AsyncOrchestrator").field("free", &free).finish_non_exhaustive()
    }
}
