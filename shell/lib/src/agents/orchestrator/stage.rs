//! The plan of a stage of a running configuration.

use serde::de::DeserializeOwned;
use speckit_core::Diagnostic;
use speckit_core::agents::gate::{Plan, Request};
use speckit_core::agents::{GateSettings, Stage};
use speckit_core::config::redact::Masks;

use super::GateError;
use crate::Config;
use crate::config::busy::Busy;
use crate::os::environment;

/// The plan of a stage with the current configuration, for
/// [`AsyncOrchestrator::begin_planned`](super::AsyncOrchestrator::begin_planned). Nothing has started. Reloads are deferred until
/// the plan is dropped or its gate has ended.
#[derive(Debug)]
pub struct StagePlan {
    pub(super) plan: Plan,
    pub(super) warnings: Vec<Diagnostic>,
    pub(super) masks: Masks,
    pub(super) busy: Busy,
}

impl StagePlan {
    /// The plan of a stage.
    ///
    /// # Errors
    /// [`GateError::Refused`] with every reason.
    pub fn of<T>(config: &Config<T>, stage: Stage, request: &Request) -> Result<Self, GateError>
    where
        T: DeserializeOwned + Send + Sync + 'static,
        for<'a> GateSettings<'a>: From<&'a T>,
    {
        let busy = config.busy();
        let snapshot = config.snapshot();
        let settings = GateSettings::from(&**snapshot.settings());
        let (plan, warnings) = Plan::with_origins(settings, snapshot.root_with_secrets(), stage, request)
            .map_err(GateError::Refused)?;
        let masks = config.masks().with_texts(api_keys(&settings));
        Ok(Self { plan, warnings, masks, busy })
    }

    /// The agents with their command lines and limits.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The warnings about the plan, in the order of reports.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Masks the secrets of the configuration, and the API keys of all providers in the environment of this process.
    pub fn masks(&self) -> &Masks {
        &self.masks
    }
}

/// The API keys of providers in the environment.
fn api_keys(settings: &GateSettings<'_>) -> Vec<String> {
    let variables: Vec<&str> = settings.api_key_variables().collect();
    let environment = environment::capture_wanted(&|name| variables.contains(&name));
    variables.iter().filter_map(|name| environment.text(name)).map(String::from).collect()
}
