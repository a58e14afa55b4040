//! Checks the names and gates of a merged tree, or of deserialized settings, whose origins come from a tree if there is one.
//!
//! Values of a wrong type are ignored; the schema rejects them.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::origins::{located, origin_of};
use super::{NameTable, RegistryError, UnknownName, gate_errors, model_check};
use crate::agents::{GateSettings, ModelConfig, OrchestratorConfig, Stage};
use crate::text::count;
use crate::tree::{Code, Diagnostic, Key, Origin, Value, in_report_order};

/// Checks the models and the gates of a configuration tree.
///
/// Returns the diagnostics in the order of reports: `name/duplicate` for a name of two models, or a model that is twice in a gate;
/// `name/unknown` for a name in a gate that no model has, or for a provider without settings; `provider/model-id` for an id
/// that no agent can be started with; `gate/agent-count`; `gate/quorum` for a quorum above the number of agents.
pub fn check_names(root: &Value) -> Vec<Diagnostic> {
    let (names, mut diagnostics) = ModelNames::of_tree(root);
    // If the models are not a table, that is the only error to report.
    let has_models = root.member("models").is_none_or(|models| models.as_table().is_some());
    for stage in Stage::ALL.into_iter().filter(|_| has_models) {
        diagnostics.extend(GateList::of_tree(root, stage).into_iter().flat_map(|gate| gate.check(&names)));
    }
    diagnostics.extend(model_check::check_tree(root));
    in_report_order(diagnostics)
}

/// The names of models. Of two models with the same name, the first in the order of reports keeps it.
pub(crate) struct ModelNames<'t>(BTreeMap<&'t str, ModelName<'t>>);

struct ModelName<'t> {
    /// The canonical name of the model.
    model: &'t str,
    origin: Option<&'t Origin>,
}

/// An alias in the list of a model.
struct AliasEntry<'t> {
    alias: &'t str,
    model: &'t str,
    /// Its index in the list.
    index: usize,
    origin: Option<&'t Origin>,
}

impl<'t> ModelNames<'t> {
    /// The names of a tree, and a diagnostic for each duplicate.
    pub(crate) fn of_tree(root: &'t Value) -> (Self, Vec<Diagnostic>) {
        let models = || root.member("models").and_then(Value::as_table).into_iter().flatten();
        let all_aliases = models().flat_map(|(model, entry)| {
            let aliases = entry.member("aliases").and_then(Value::as_array).into_iter().flatten();
            aliases.enumerate().filter_map(|(index, value)| {
                Some(AliasEntry { alias: value.as_str()?, model, index, origin: Some(value.origin()) })
            })
        });
        Self::of(models().map(|(model, entry)| (model.as_str(), Some(entry.origin()))), all_aliases.collect())
    }

    /// As [`ModelNames::of_tree`], for deserialized models.
    pub(crate) fn of_models(
        models: &'t BTreeMap<String, ModelConfig>,
        root: Option<&'t Value>,
    ) -> (Self, Vec<Diagnostic>) {
        let all_aliases = models.iter().flat_map(|(model, entry)| {
            entry.aliases.iter().enumerate().map(move |(index, alias)| {
                let origin = origin_of(root, &alias_key(model, index));
                AliasEntry { alias, model, index, origin }
            })
        });
        let canonical =
            models.keys().map(|model| (model.as_str(), origin_of(root, &Key::of(["models", model]))));
        Self::of(canonical, all_aliases.collect())
    }

    fn of(
        models: impl Iterator<Item = (&'t str, Option<&'t Origin>)>,
        mut aliases: Vec<AliasEntry<'t>>,
    ) -> (Self, Vec<Diagnostic>) {
        aliases.sort_by(|a, b| {
            let order = match (a.origin, b.origin) {
                (Some(a), Some(b)) => a.report_order(b),
                (a, b) => a.is_some().cmp(&b.is_some()),
            };
            order.then_with(|| (a.model, a.index).cmp(&(b.model, b.index)))
        });
        let mut names: BTreeMap<_, _> =
            models.map(|(model, origin)| (model, ModelName { model, origin })).collect();
        let mut diagnostics = Vec::new();
        for alias in aliases {
            if let Some(owner) = names.get(alias.alias) {
                diagnostics.push(alias.duplicate(owner));
                continue;
            }
            names.insert(alias.alias, ModelName { model: alias.model, origin: alias.origin });
        }
        (Self(names), diagnostics)
    }

    /// The model of a canonical name or alias.
    pub(crate) fn resolve(&self, name: &str) -> Result<&'t str, UnknownName> {
        // Only an error needs the list of all names.
        self.0.get(name).map(|found| found.model).ok_or_else(|| self.table().unknown(name))
    }

    fn table(&self) -> NameTable {
        let canonical = self.0.iter().filter(|(name, found)| **name == found.model);
        let aliases = self.0.iter().filter(|(name, found)| **name != found.model);
        NameTable::with_errors(
            canonical.map(|(name, _)| *name),
            aliases.map(|(name, found)| (*name, found.model)),
        )
        .0
    }
}

impl AliasEntry<'_> {
    /// The diagnostic that the name is taken.
    fn duplicate(&self, owner: &ModelName<'_>) -> Diagnostic {
        let Self { alias, model, .. } = self;
        let first = owner.model;
        let message = match (first == *model, first == *alias) {
            (true, true) => format!("`{alias}` is already the canonical name"),
            (true, false) => format!("`{alias}` is already an alias of `{first}`"),
            (false, true) => format!("`{alias}` is an alias of `{model}` and the name of another model"),
            (false, false) => format!("`{alias}` is an alias of both `{first}` and `{model}`"),
        };
        let found = Diagnostic::error(Code::NameDuplicate, alias_key(model, self.index), message);
        located(found.help(keep_one("other", owner.origin)), self.origin)
    }
}

/// The configured gate of a stage.
pub(crate) struct GateList<'t> {
    stage: Stage,
    origin: Option<&'t Origin>,
    /// Its elements; `None` for one that is no string.
    agents: Vec<(Option<&'t str>, Option<&'t Origin>)>,
    quorum: Option<(usize, Option<&'t Origin>)>,
    max_agents: usize,
}

impl<'t> GateList<'t> {
    /// The gate in a tree, if it is a list. A quorum or a maximum that the schema rejects is ignored, and so is the quorum of a gate
    /// with too few or too many agents.
    pub(crate) fn of_tree(root: &'t Value, stage: Stage) -> Option<Self> {
        let gate = root.get(&gate_key(stage))?;
        let agents: Vec<_> =
            gate.as_array()?.iter().map(|agent| (agent.as_str(), Some(agent.origin()))).collect();
        let within_schema = |value: &Value| {
            let number = u32::try_from(value.as_number()?.as_i64()?).ok()?;
            OrchestratorConfig::MAX_AGENTS.contains(&number).then_some(number as usize)
        };
        let max_agents = match root.get(&Key::of(["orchestrator", "max_agents"])) {
            None => OrchestratorConfig::default().max_agents as usize,
            Some(value) => within_schema(value).unwrap_or(usize::MAX),
        };
        let quorum = root.get(&quorum_key(stage)).filter(|_| (1..=max_agents).contains(&agents.len()));
        let quorum = quorum.and_then(|value| Some((within_schema(value)?, Some(value.origin()))));
        Some(Self { stage, origin: Some(gate.origin()), agents, quorum, max_agents })
    }

    /// The gate of deserialized settings, which may not have been validated by a schema.
    pub(crate) fn of_settings(settings: &GateSettings<'t>, root: Option<&'t Value>, stage: Stage) -> Self {
        let key = gate_key(stage);
        let agents = settings.quality_gates.agents(stage).iter().enumerate();
        let quorum = settings.orchestrator.quorum.get(&stage);
        Self {
            stage,
            origin: origin_of(root, &key),
            agents: agents
                .map(|(index, name)| (Some(name.as_str()), origin_of(root, &key.element(index))))
                .collect(),
            quorum: quorum.map(|agents| (*agents as usize, origin_of(root, &quorum_key(stage)))),
            max_agents: settings.orchestrator.max_agents as usize,
        }
    }

    /// Its elements that are strings.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'t str> {
        self.agents.iter().filter_map(|(name, _)| *name)
    }

    /// Diagnostics about its names, in their order, and about its quorum.
    pub(crate) fn check(&self, names: &ModelNames<'_>) -> Vec<Diagnostic> {
        let key = gate_key(self.stage);
        let agents = self.agents.iter().map(|(name, _)| *name);
        let mut diagnostics = Vec::new();
        for (index, error) in gate_errors(agents, self.max_agents, |name| names.resolve(name)) {
            let (code, message, help) = match &error {
                RegistryError::Unknown(unknown) => {
                    (Code::NameUnknown, format!("unknown model `{}`", unknown.name), unknown.help())
                }
                RegistryError::RepeatedAgent { first, .. } => {
                    let earlier = self.agents.iter().find(|(name, _)| *name == Some(first.as_str()));
                    let help = keep_one("first", earlier.and_then(|(_, origin)| *origin));
                    (Code::NameDuplicate, error.to_string(), help)
                }
                _ if self.agents.is_empty() => {
                    let all = names.table().canonical().collect::<Vec<_>>().join(", ");
                    (Code::GateAgentCount, error.to_string(), format!("add a model; the models are {all}"))
                }
                _ => {
                    let help = format!("keep at most {}", count(self.max_agents.max(1), "agent"));
                    let is_highest = self.max_agents >= *OrchestratorConfig::MAX_AGENTS.end() as usize;
                    let raise = if is_highest { "" } else { ", or raise orchestrator.max_agents" };
                    (Code::GateAgentCount, error.to_string(), help + raise)
                }
            };
            let agent = index.and_then(|index| Some((index, self.agents.get(index)?.1)));
            let (key, origin) =
                agent.map_or((key.clone(), self.origin), |(index, origin)| (key.element(index), origin));
            diagnostics.push(located(Diagnostic::error(code, key, message).help(help), origin));
        }
        diagnostics.extend(self.unreachable_quorum());
        diagnostics
    }

    /// A quorum of 0, or above the number of agents.
    fn unreachable_quorum(&self) -> Option<Diagnostic> {
        let (quorum, origin) = self.quorum?;
        let agents = self.agents.len();
        if (1..=agents).contains(&quorum) || agents == 0 {
            return None;
        }
        let (key, gate) = (quorum_key(self.stage), gate_key(self.stage));
        let at = |key: &Key, origin: Option<&Origin>| match origin {
            Some(origin) => format!("{key} ({origin})"),
            None => key.to_string(),
        };
        let help = match quorum {
            0 => format!("set 1 to {agents}, or remove the key for the default of two thirds, rounded up"),
            _ => format!(
                "set {} to at most {agents}, or add agents to {}",
                at(&key, origin),
                at(&gate, self.origin)
            ),
        };
        let message = format!("the quorum is {quorum}, but {gate} has {}", count(agents, "agent"));
        Some(located(Diagnostic::error(Code::GateQuorum, key, message).help(help), origin))
    }
}

/// Help for a duplicate name.
fn keep_one(other: &str, origin: Option<&Origin>) -> String {
    match origin {
        Some(origin) => format!("keep one of them: the {other} is at {origin}"),
        None => "keep one of them".into(),
    }
}

fn alias_key(model: &str, index: usize) -> Key {
    Key::of(["models", model, "aliases"]).element(index)
}

fn gate_key(stage: Stage) -> Key {
    Key::of(["quality_gates", stage.name()])
}

fn quorum_key(stage: Stage) -> Key {
    Key::of(["orchestrator", "quorum", stage.name()])
}

#[cfg(test)]
#[cfg(feature = "app")]
mod tests {
    use super::*;
    use crate::app::AppConfig;
    use crate::config::source::{Language, parse};
    use crate::config::{MergeStrategy, Merged};
    use crate::tree::{LayerKind, Source};

    /// A line for each diagnostic about the defaults and a file: code, key, origin, message, help.
    fn diagnostics(text: &str) -> Vec<String> {
        diagnostics_over(AppConfig::DEFAULTS, text)
    }

    fn diagnostics_over(base: &str, text: &str) -> Vec<String> {
        let layer = |kind, name: &str, text: &str| {
            parse(&Source::document(kind, name, text), Language::Toml).unwrap()
        };
        let layers = [layer(LayerKind::Defaults, "base", base), layer(LayerKind::File, "app.toml", text)];
        let merged = Merged::of(&layers, &|_| MergeStrategy::Join).unwrap();
        let line = |d: &Diagnostic| {
            let place = d.origin.as_ref().unwrap();
            format!("{} {} {place}: {} ({})", d.code, d.key, d.message, d.help.as_deref().unwrap_or_default())
        };
        check_names(merged.root()).iter().map(line).collect()
    }

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(diagnostics(""), [""; 0]);
    }

    #[test]
    fn every_error_in_a_gate_is_reported_at_its_origin() {
        let all = "claude, claude_haiku, gemini, gemini_flash, gpt_codex, gpt_pro";
        let text = "[quality_gates]\nplan = [\"claud\", \"claude_haiku\", \"claude-haiku\"]\ntasks = []\n\
                    audit = [\"claude\", 7, \"gemini\", \"zzz\", \"gpt_pro\", \"claude\"]\nunlock = \"claude\"\n";
        assert_eq!(
            diagnostics(text),
            [
                format!(
                    "name/unknown quality_gates.plan[0] app.toml:2:9: unknown model `claud` \
                     (did you mean `claude`? the models are {all})"
                ),
                "name/duplicate quality_gates.plan[2] app.toml:2:34: `claude-haiku` is `claude_haiku`, which the gate \
                 already has (keep one of them: the first is at app.toml:2:18)"
                    .to_string(),
                format!(
                    "gate/agent-count quality_gates.tasks app.toml:3:9: 0 agents, expected 1 to 5 \
                     (add a model; the models are {all})"
                ),
                "gate/agent-count quality_gates.audit app.toml:4:9: 6 agents, expected 1 to 5 \
                 (keep at most 5 agents, or raise orchestrator.max_agents)"
                    .to_string(),
                format!("name/unknown quality_gates.audit[3] app.toml:4:33: unknown model `zzz` (the models are {all})"),
                "name/duplicate quality_gates.audit[5] app.toml:4:51: the gate already has `claude` \
                 (keep one of them: the first is at app.toml:4:10)"
                    .to_string(),
            ]
        );
    }

    #[test]
    fn a_quorum_above_the_number_of_agents_is_reported_with_both_origins() {
        let of = |places: &str, gate: &str, asked: u8, has: &str| {
            format!(
                "gate/quorum orchestrator.quorum.{gate} {places}: the quorum is {asked}, but quality_gates.{gate} has {has}"
            )
        };
        let text = "[orchestrator.quorum]\nplan = 4\ntasks = 3\naudit = 2\nunlock = 101\nvalidate = 'x'\n[quality_gates]\n\
                    audit = ['claude']\n";
        let found = diagnostics(text);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with(&of("app.toml:2:8", "plan", 4, "3 agents")), "{found:?}");
        assert!(found[1].starts_with(&of("app.toml:4:9", "audit", 2, "1 agent")), "{found:?}");
        assert!(found[1].ends_with(
            "(set orchestrator.quorum.audit (app.toml:4:9) to at most 1, or add agents to quality_gates.audit \
             (app.toml:8:9))"
        ));
    }

    #[test]
    fn a_name_of_two_models_is_reported_with_both_origins() {
        let text = "[models.sonnet]\naliases = [\"claude-sonnet\", \"claude\", \"one\", \"one\", \"sonnet\", 1]\n\
                    [models.opus]\naliases = \"none\"\n[models]\nodd = 3\n";
        let base = "[models.claude]\naliases = [\"claude-sonnet\"]\n";
        let codes = diagnostics_over(base, text);
        assert_eq!(
            codes,
            [
                "name/duplicate models.sonnet.aliases[0] app.toml:2:12: `claude-sonnet` is an alias of both \
                 `claude` and `sonnet` (keep one of them: the other is at base:2:12)",
                "name/duplicate models.sonnet.aliases[1] app.toml:2:29: `claude` is an alias of `sonnet` and \
                 the name of another model (keep one of them: the other is at base:1:1)",
                "name/duplicate models.sonnet.aliases[3] app.toml:2:46: `one` is already an alias of `sonnet` (keep \
                 one of them: the other is at app.toml:2:39)",
                "name/duplicate models.sonnet.aliases[4] app.toml:2:53: `sonnet` is already the canonical name \
                 (keep one of them: the other is at app.toml:1:1)",
            ]
        );
    }
}
