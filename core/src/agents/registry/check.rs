//! Names and gates of a configuration, with the place of every mistake: of a merged tree, and of typed settings, which know no
//! places by themselves.
//!
//! The tree may be wrong in other ways too: what is not of the type it should be is left to the schema.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::{NameTable, RegistryError, UnknownName, gate_errors};
use crate::agents::{GateSettings, ModelConfig, QualityGateConfig, Stage};
use crate::text::count;
use crate::tree::{Code, Diagnostic, Key, Origin, Value, in_report_order};

/// Checks the names of the models and the gates of a configuration tree.
///
/// Returns every finding in the order of reports: `name/duplicate` for a name that two models have, or a model
/// that a gate names twice; `name/unknown` for a gate's name that no model has; `gate/agent-count`; `gate/quorum` for a
/// quorum that a gate has too few agents for.
pub fn check_names(root: &Value) -> Vec<Diagnostic> {
    let (names, mut findings) = Names::of_tree(root);
    // Where the models are no table at all, that is the mistake, and no gate is to blame.
    let has_models = root.member("models").is_none_or(|models| models.as_table().is_some());
    for stage in Stage::ALL.into_iter().filter(|_| has_models) {
        findings.extend(Gate::of_tree(root, stage).into_iter().flat_map(|gate| gate.check(&names)));
    }
    in_report_order(findings)
}

/// The place of the value at a key, where the tree is known and has one.
pub(crate) fn place<'t>(root: Option<&'t Value>, key: &Key) -> Option<&'t Origin> {
    root?.get(key).map(Value::origin)
}

/// The names of models, borrowed from where they are written: of two models with one name the first in report order has it.
pub(crate) struct Names<'t>(BTreeMap<&'t str, Name<'t>>);

struct Name<'t> {
    /// The canonical name of its model.
    model: &'t str,
    origin: Option<&'t Origin>,
}

/// An alias that a model claims.
struct Claim<'t> {
    alias: &'t str,
    model: &'t str,
    /// Where it stands among the aliases of the model.
    index: usize,
    origin: Option<&'t Origin>,
}

impl<'t> Names<'t> {
    /// The names of a tree, and a finding for each that is claimed again.
    pub(crate) fn of_tree(root: &'t Value) -> (Self, Vec<Diagnostic>) {
        let models = || root.member("models").and_then(Value::as_table).into_iter().flatten();
        let claims = models().flat_map(|(model, entry)| {
            let aliases = entry.member("aliases").and_then(Value::as_array).into_iter().flatten();
            aliases.enumerate().filter_map(|(index, value)| {
                Some(Claim { alias: value.as_str()?, model, index, origin: Some(value.origin()) })
            })
        });
        Self::of(models().map(|(model, entry)| (model.as_str(), Some(entry.origin()))), claims.collect())
    }

    /// The same of typed models, with the places of a tree.
    pub(crate) fn of_models(
        models: &'t BTreeMap<String, ModelConfig>,
        root: Option<&'t Value>,
    ) -> (Self, Vec<Diagnostic>) {
        let claims = models.iter().flat_map(|(model, entry)| {
            entry.aliases.iter().enumerate().map(move |(index, alias)| {
                let origin = place(root, &alias_key(model, index));
                Claim { alias, model, index, origin }
            })
        });
        let canonical = models.keys().map(|model| (model.as_str(), place(root, &Key::of(["models", model]))));
        Self::of(canonical, claims.collect())
    }

    fn of(
        models: impl Iterator<Item = (&'t str, Option<&'t Origin>)>,
        mut claims: Vec<Claim<'t>>,
    ) -> (Self, Vec<Diagnostic>) {
        claims.sort_by(|a, b| {
            let places = match (a.origin, b.origin) {
                (Some(a), Some(b)) => a.report_order(b),
                (a, b) => a.is_some().cmp(&b.is_some()),
            };
            places.then_with(|| (a.model, a.index).cmp(&(b.model, b.index)))
        });
        let mut names: BTreeMap<_, _> =
            models.map(|(model, origin)| (model, Name { model, origin })).collect();
        let mut findings = Vec::new();
        for claim in claims {
            if let Some(holder) = names.get(claim.alias) {
                findings.push(claim.refused(holder));
                continue;
            }
            names.insert(claim.alias, Name { model: claim.model, origin: claim.origin });
        }
        (Self(names), findings)
    }

    /// The model of a canonical name or alias.
    pub(crate) fn resolve(&self, name: &str) -> Result<&'t str, UnknownName> {
        // Only a mistake needs every name at hand.
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

impl Claim<'_> {
    /// The finding that the name is taken.
    fn refused(&self, holder: &Name<'_>) -> Diagnostic {
        let Self { alias, model, .. } = self;
        let first = holder.model;
        let message = match (first == *model, first == *alias) {
            (true, true) => format!("`{alias}` is the canonical name already"),
            (true, false) => format!("`{alias}` is an alias of `{first}` already"),
            (false, true) => format!("`{alias}` is an alias of `{model}`, and a model of its own"),
            (false, false) => format!("`{alias}` is an alias of `{first}` and of `{model}`"),
        };
        let found = Diagnostic::error(Code::NameDuplicate, alias_key(model, self.index), message);
        located(found.help(keep_one("other", holder.origin)), self.origin)
    }
}

/// The gate of a stage as it is written.
pub(crate) struct Gate<'t> {
    stage: Stage,
    origin: Option<&'t Origin>,
    /// Its elements; `None` for one that is no text.
    agents: Vec<(Option<&'t str>, Option<&'t Origin>)>,
    quorum: Option<(usize, Option<&'t Origin>)>,
}

impl<'t> Gate<'t> {
    /// The gate of a tree, where it is a list. A quorum or a number of agents that the schema refuses is left to it.
    pub(crate) fn of_tree(root: &'t Value, stage: Stage) -> Option<Self> {
        let gate = root.get(&gate_key(stage))?;
        let agents: Vec<_> =
            gate.as_array()?.iter().map(|agent| (agent.as_str(), Some(agent.origin()))).collect();
        let allowed = QualityGateConfig::AGENTS;
        let quorum = root.get(&quorum_key(stage)).filter(|_| allowed.contains(&agents.len()));
        let quorum = quorum.and_then(|value| {
            let asked = usize::try_from(value.as_number()?.as_i64()?).ok()?;
            allowed.contains(&asked).then_some((asked, Some(value.origin())))
        });
        Some(Self { stage, origin: Some(gate.origin()), agents, quorum })
    }

    /// The gate of typed settings, which no schema need have seen, with the places of a tree.
    pub(crate) fn of_settings(settings: &GateSettings<'t>, root: Option<&'t Value>, stage: Stage) -> Self {
        let key = gate_key(stage);
        let agents = settings.quality_gates.agents(stage).iter().enumerate();
        let quorum = settings.orchestrator.quorum.get(&stage);
        Self {
            stage,
            origin: place(root, &key),
            agents: agents
                .map(|(index, name)| (Some(name.as_str()), place(root, &key.element(index))))
                .collect(),
            quorum: quorum.map(|asked| (*asked as usize, place(root, &quorum_key(stage)))),
        }
    }

    /// Its names, as far as they are texts.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'t str> {
        self.agents.iter().filter_map(|(name, _)| *name)
    }

    /// What is wrong with its names, in their order, and with its quorum.
    pub(crate) fn check(&self, names: &Names<'_>) -> Vec<Diagnostic> {
        let key = gate_key(self.stage);
        let agents = self.agents.iter().map(|(name, _)| *name);
        let mut findings = Vec::new();
        for (index, error) in gate_errors(agents, |name| names.resolve(name)) {
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
                    (Code::GateAgentCount, error.to_string(), format!("name a model; there are {all}"))
                }
                _ => {
                    let most = QualityGateConfig::AGENTS;
                    let help = format!("keep the {} that matter most", most.end());
                    (Code::GateAgentCount, error.to_string(), help)
                }
            };
            let agent = index.and_then(|index| Some((index, self.agents.get(index)?.1)));
            let (key, origin) =
                agent.map_or((key.clone(), self.origin), |(index, origin)| (key.element(index), origin));
            findings.push(located(Diagnostic::error(code, key, message).help(help), origin));
        }
        findings.extend(self.unreachable_quorum());
        findings
    }

    /// A quorum that the gate has too few agents for, or of none.
    fn unreachable_quorum(&self) -> Option<Diagnostic> {
        let (asked, origin) = self.quorum?;
        let agents = self.agents.len();
        if (1..=agents).contains(&asked) || agents == 0 {
            return None;
        }
        let (key, gate) = (quorum_key(self.stage), gate_key(self.stage));
        let at = |key: &Key, origin: Option<&Origin>| match origin {
            Some(origin) => format!("{key} ({origin})"),
            None => key.to_string(),
        };
        let help = match asked {
            0 => format!(
                "ask for 1 to {agents}, or leave the key out: two thirds, rounded up, are the quorum then"
            ),
            _ => format!(
                "lower {} to {agents} at most, or name more agents in {}",
                at(&key, origin),
                at(&gate, self.origin)
            ),
        };
        let message = format!("a quorum of {asked}, and {gate} has {}", count(agents, "agent"));
        Some(located(Diagnostic::error(Code::GateQuorum, key, message).help(help), origin))
    }
}

fn located(found: Diagnostic, origin: Option<&Origin>) -> Diagnostic {
    match origin {
        Some(origin) => found.at(origin),
        None => found,
    }
}

/// The way out of a name that stands twice.
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
    use crate::config::{ListStrategy, Merged};
    use crate::tree::{LayerKind, Source};

    /// One line for each finding over the defaults and a file: code, key, place, message, help.
    fn findings(text: &str) -> Vec<String> {
        findings_over(AppConfig::DEFAULTS, text)
    }

    fn findings_over(base: &str, text: &str) -> Vec<String> {
        let layer = |kind, name: &str, text: &str| {
            parse(&Source::document(kind, name, text), Language::Toml).unwrap()
        };
        let layers = [layer(LayerKind::Defaults, "base", base), layer(LayerKind::File, "app.toml", text)];
        let merged = Merged::of(&layers, &|_| ListStrategy::Replace).unwrap();
        let line = |d: &Diagnostic| {
            let place = d.origin.as_ref().unwrap();
            format!("{} {} {place}: {} ({})", d.code, d.key, d.message, d.help.as_deref().unwrap_or_default())
        };
        check_names(merged.root()).iter().map(line).collect()
    }

    #[test]
    fn the_defaults_have_no_finding() {
        assert_eq!(findings(""), [""; 0]);
    }

    #[test]
    fn every_mistake_of_the_gates_is_found_at_its_own_place() {
        let all = "claude, claude_haiku, gemini, gemini_flash, gpt_codex, gpt_pro";
        let text = "[quality_gates]\nplan = [\"claud\", \"claude_haiku\", \"claude-haiku\"]\ntasks = []\n\
                    audit = [\"claude\", 7, \"gemini\", \"zzz\", \"gpt_pro\", \"claude\"]\nunlock = \"claude\"\n";
        assert_eq!(
            findings(text),
            [
                format!(
                    "name/unknown quality_gates.plan[0] app.toml:2:9: unknown model `claud` \
                     (did you mean `claude`? there are {all})"
                ),
                "name/duplicate quality_gates.plan[2] app.toml:2:34: `claude-haiku` is `claude_haiku`, which the gate \
                 names already (keep one of them: the first is at app.toml:2:18)"
                    .to_string(),
                format!(
                    "gate/agent-count quality_gates.tasks app.toml:3:9: 0 agents, expected 1 to 5 \
                     (name a model; there are {all})"
                ),
                "gate/agent-count quality_gates.audit app.toml:4:9: 6 agents, expected 1 to 5 \
                 (keep the 5 that matter most)"
                    .to_string(),
                format!("name/unknown quality_gates.audit[3] app.toml:4:33: unknown model `zzz` (there are {all})"),
                "name/duplicate quality_gates.audit[5] app.toml:4:51: the gate names `claude` already \
                 (keep one of them: the first is at app.toml:4:10)"
                    .to_string(),
            ]
        );
    }

    #[test]
    fn a_quorum_above_the_agents_is_found_with_both_places_wherever_each_of_them_is_set() {
        let of = |places: &str, gate: &str, asked: u8, has: &str| {
            format!(
                "gate/quorum orchestrator.quorum.{gate} {places}: a quorum of {asked}, and quality_gates.{gate} has {has}"
            )
        };
        let text = "[orchestrator.quorum]\nplan = 4\ntasks = 3\naudit = 2\nunlock = 6\nvalidate = 'x'\n[quality_gates]\n\
                    audit = ['claude']\n";
        let found = findings(text);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with(&of("app.toml:2:8", "plan", 4, "3 agents")), "{found:?}");
        assert!(found[1].starts_with(&of("app.toml:4:9", "audit", 2, "1 agent")), "{found:?}");
        assert!(found[1].ends_with(
            "(lower orchestrator.quorum.audit (app.toml:4:9) to 1 at most, or name more agents in quality_gates.audit \
             (app.toml:8:9))"
        ));
    }

    #[test]
    fn a_name_that_two_models_have_is_found_with_both_places() {
        let text = "[models.sonnet]\naliases = [\"claude-sonnet\", \"claude\", \"one\", \"one\", \"sonnet\", 1]\n\
                    [models.opus]\naliases = \"none\"\n[models]\nodd = 3\n";
        let base = "[models.claude]\naliases = [\"claude-sonnet\"]\n";
        let codes = findings_over(base, text);
        assert_eq!(
            codes,
            [
                "name/duplicate models.sonnet.aliases[0] app.toml:2:12: `claude-sonnet` is an alias of `claude` and \
                 of `sonnet` (keep one of them: the other is at base:2:12)",
                "name/duplicate models.sonnet.aliases[1] app.toml:2:29: `claude` is an alias of `sonnet`, and a \
                 model of its own (keep one of them: the other is at base:1:1)",
                "name/duplicate models.sonnet.aliases[3] app.toml:2:46: `one` is an alias of `sonnet` already (keep \
                 one of them: the other is at app.toml:2:39)",
                "name/duplicate models.sonnet.aliases[4] app.toml:2:53: `sonnet` is the canonical name already \
                 (keep one of them: the other is at app.toml:1:1)",
            ]
        );
    }

    #[test]
    fn a_model_named_as_an_alias_of_a_lower_layer_is_found() {
        let found =
            findings_over("[models.gpt]\naliases = [\"codex\"]\n", "[models.codex]\nprovider = \"openai\"\n");
        assert_eq!(found.len(), 1);
        assert!(found.concat().contains("`codex` is an alias of `gpt`, and a model of its own"));
        assert!(found.concat().contains("the other is at app.toml:1:1"));
    }
}
