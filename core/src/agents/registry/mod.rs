//! The registry of models: canonical names, aliases, and the gates that use them.

mod check;
mod model_check;
mod name_check;
mod names;
mod origins;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

pub use check::check_names;
pub(crate) use check::{GateList, ModelNames};
pub(crate) use model_check::check_model;
pub use name_check::NameCheck;
pub use names::{NameError, NameTable, UnknownName};
pub(crate) use origins::origin_of;

use crate::agents::{GateSettings, ModelConfig, Stage};
use crate::text::count;
use crate::tree::Text;

/// The models of a configuration by canonical name or alias.
///
/// ```
/// use speckit_core::app::AppConfig;
/// use speckit_core::agents::ModelRegistry;
/// let registry = ModelRegistry::from_config(&AppConfig::default()).unwrap();
/// assert_eq!(registry.resolve("gpt-codex")?.name(), "gpt_codex");
/// let unknown = registry.resolve("claud").unwrap_err();
/// assert!(unknown.to_string().starts_with("unknown name `claud`; did you mean `claude`? the models are claude, "));
/// # Ok::<(), speckit_core::agents::RegistryError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelRegistry {
    names: NameTable,
    models: BTreeMap<Text, ModelEntry>,
    max_agents: usize,
}

/// A model under its canonical name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelEntry {
    name: Text,
    config: ModelConfig,
}

impl ModelEntry {
    /// The canonical name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Provider, model, tier and aliases.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }
}

/// Why names are rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// No model has the name.
    #[error("{}; {}", .0, .0.help())]
    Unknown(UnknownName),
    /// The names of the models conflict.
    #[error("{0}")]
    Names(NameError),
    /// A gate has no agent, or more than allowed.
    #[error("{}, expected 1 to {max}", count(*.found, "agent"))]
    AgentCount {
        /// How many it has.
        found: usize,
        /// How many it may have: `orchestrator.max_agents`.
        max: usize,
    },
    /// A gate names one model twice.
    #[error("{}", repeated_message(.canonical, .second))]
    RepeatedAgent {
        /// The model.
        canonical: String,
        /// Its first name in the gate.
        first: String,
        /// Its second name in the gate.
        second: String,
    },
    /// The gate of a stage is invalid.
    #[error("gate `{stage}`: {error}")]
    Gate {
        /// The stage.
        stage: Stage,
        /// The error.
        error: Box<Self>,
    },
}

impl ModelRegistry {
    /// The registry of a configuration.
    ///
    /// # Errors
    /// All errors: first of the names of the models, then of each gate in the order of stages.
    pub fn from_config<'a>(settings: impl Into<GateSettings<'a>>) -> Result<Self, Vec<RegistryError>> {
        let settings = settings.into();
        let aliases = settings
            .models
            .iter()
            .flat_map(|(name, model)| model.aliases.iter().map(|alias| (alias.as_str(), name.as_str())));
        let (names, errors) = NameTable::with_errors(settings.models.keys().map(String::as_str), aliases);
        let mut errors: Vec<_> = errors.into_iter().map(RegistryError::Names).collect();
        let entries = settings.models.iter().map(|(name, model)| {
            let name = Text::new(name);
            (name.clone(), ModelEntry { name, config: model.clone() })
        });
        let max_agents = settings.orchestrator.max_agents as usize;
        let registry = Self { names, models: entries.collect(), max_agents };
        for stage in Stage::ALL {
            if let Err(gate) = registry.validate_quality_gate(settings.quality_gates.agents(stage)) {
                errors.extend(
                    gate.into_iter().map(|error| RegistryError::Gate { stage, error: Box::new(error) }),
                );
            }
        }
        if errors.is_empty() { Ok(registry) } else { Err(errors) }
    }

    /// The model of a canonical name or alias. Names are case-sensitive.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] with what exists and the nearest name.
    pub fn resolve(&self, name: &str) -> Result<&ModelEntry, RegistryError> {
        let canonical = self.names.resolve(name).map_err(RegistryError::Unknown)?;
        self.models.get(canonical).ok_or_else(|| RegistryError::Unknown(self.names.unknown(name)))
    }

    /// The models of a gate, in the order of its names.
    ///
    /// # Errors
    /// A wrong number of agents, then each unknown or repeated name, in their order.
    pub fn validate_quality_gate<N: AsRef<str>>(
        &self,
        agents: &[N],
    ) -> Result<Vec<&ModelEntry>, Vec<RegistryError>> {
        let names = agents.iter().map(|name| Some(name.as_ref()));
        let errors = gate_errors(names, self.max_agents, |name| self.names.resolve(name));
        if errors.is_empty() {
            return agents
                .iter()
                .map(|name| self.resolve(name.as_ref()).map_err(|error| [error].into()))
                .collect();
        }
        Err(errors.into_iter().map(|(_, error)| error).collect())
    }

    /// The canonical names, sorted.
    pub fn list_available(&self) -> impl Iterator<Item = &str> {
        self.names.canonical()
    }
}

/// The errors in the list of a gate: its length, then each unknown or repeated name with its index, in their order. `None`
/// stands for an element that is no string; it only counts for the length.
fn gate_errors<'a, 'm>(
    agents: impl ExactSizeIterator<Item = Option<&'a str>>,
    max: usize,
    resolve: impl Fn(&str) -> Result<&'m str, UnknownName>,
) -> Vec<(Option<usize>, RegistryError)> {
    let mut errors = Vec::new();
    // Without an agent nothing can pass, whatever the maximum is.
    let max = max.max(1);
    if !(1..=max).contains(&agents.len()) {
        errors.push((None, RegistryError::AgentCount { found: agents.len(), max }));
    }
    let mut first_names: BTreeMap<&str, &str> = BTreeMap::new();
    for (index, name) in agents.enumerate() {
        let Some(name) = name else { continue };
        match resolve(name) {
            Err(unknown) => errors.push((Some(index), RegistryError::Unknown(unknown))),
            Ok(canonical) => match first_names.get(canonical) {
                None => drop(first_names.insert(canonical, name)),
                Some(first) => {
                    let (first, second) = ((*first).into(), name.into());
                    let error = RegistryError::RepeatedAgent { canonical: canonical.into(), first, second };
                    errors.push((Some(index), error));
                }
            },
        }
    }
    errors
}

fn repeated_message(canonical: &str, second: &str) -> String {
    if second == canonical {
        return format!("the gate already has `{canonical}`");
    }
    format!("`{second}` is `{canonical}`, which the gate already has")
}

#[cfg(test)]
#[cfg(feature = "app")]
mod tests {
    use super::*;
    use crate::app::AppConfig;
    use alloc::string::ToString as _;

    #[test]
    fn all_errors_are_reported_at_once() {
        let mut config = AppConfig::default();
        config.models.get_mut("claude").unwrap().aliases.push("gemini".into());
        config.quality_gates.plan = ["claude_haiku", "claude-haiku", "gemni"].map(String::from).into();
        config.quality_gates.audit.clear();
        let errors = ModelRegistry::from_config(&config).unwrap_err();
        let texts: Vec<_> = errors.iter().map(RegistryError::to_string).collect();
        assert_eq!(
            texts,
            [
                "`gemini` is a name of `gemini` and of `claude`",
                "gate `plan`: `claude-haiku` is `claude_haiku`, which the gate already has",
                "gate `plan`: unknown name `gemni`; did you mean `gemini`? the models are claude, claude_haiku, \
                 gemini, gemini_flash, gpt_codex, gpt_pro",
                "gate `audit`: 0 agents, expected 1 to 5",
            ]
        );
    }

    #[test]
    fn the_models_of_a_gate_are_in_the_order_of_its_names() {
        let registry = ModelRegistry::from_config(&AppConfig::default()).unwrap();
        let models = registry.validate_quality_gate(&["gpt-pro", "claude"]).unwrap();
        assert_eq!(models.iter().map(|model| model.name()).collect::<Vec<_>>(), ["gpt_pro", "claude"]);
        let six = ["claude", "claude_haiku", "gemini", "gemini_flash", "gpt_codex", "gpt_pro"];
        assert_eq!(
            registry.validate_quality_gate(&six),
            Err([RegistryError::AgentCount { found: 6, max: 5 }].into())
        );
    }
}
