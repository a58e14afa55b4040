//! Names and gates of a merged tree, with the place of every mistake.
//!
//! The tree may be wrong in other ways too: what is not of the type it should be is left to the schema.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use super::{NameTable, UnknownName};
use crate::agents::{QualityGateConfig, Stage};
use crate::tree::{Code, Diagnostic, Key, Table, Value, in_report_order};

/// Checks the names of the models and the gates of a configuration tree.
///
/// Returns every finding in the order of reports: `name/duplicate` for a name that two models have, or a model
/// that a gate names twice; `name/unknown` for a gate's name that no model has; `gate/agent-count`; `gate/quorum` for a
/// quorum that a gate has too few agents for.
pub fn check_names(root: &Value) -> Vec<Diagnostic> {
    let claims = claims(root);
    let (names, mut findings) = duplicates(root, &claims);
    // Only a mistake needs every name at hand.
    let table = || table(root, &claims);
    // Where the models are no table at all, that is the mistake, and no gate is to blame.
    let has_models = root.member("models").is_none_or(|models| models.as_table().is_some());
    for stage in Stage::ALL.into_iter().filter(|_| has_models) {
        let key = Key::of(["quality_gates", stage.name()]);
        if let Some(gate) = root.get(&key) {
            check_gate(&key, gate, &names, &table, &mut findings);
            findings.extend(unreachable_quorum(root, stage, &key, gate));
        }
    }
    in_report_order(findings)
}

/// The names of a tree, as far as they are right: of two models with one name the first in report order has it.
pub(crate) fn lenient_names(root: &Value) -> NameTable {
    table(root, &claims(root))
}

/// The names that the gate of a stage lists, as far as they are texts.
pub(crate) fn gate_agents(root: &Value, stage: Stage) -> impl Iterator<Item = &str> {
    let gate = root.member("quality_gates").and_then(|gates| gates.member(stage.name()));
    gate.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// An alias that a model claims.
struct Claim<'t> {
    alias: &'t str,
    model: &'t str,
    /// Where it stands among the aliases of the model.
    index: usize,
    value: &'t Value,
}

/// The names of a tree, borrowed from it: of two models with one name the first in report order has it.
struct Held<'t> {
    models: Option<&'t Table>,
    aliases: BTreeMap<&'t str, (&'t str, &'t Value)>,
}

impl<'t> Held<'t> {
    /// The model that has the name, and the place that gives it.
    fn get(&self, name: &str) -> Option<(&'t str, &'t Value)> {
        let model = self.models.and_then(|models| models.get_key_value(name));
        model.map(|(name, entry)| (name.as_str(), entry)).or_else(|| self.aliases.get(name).copied())
    }
}

/// Every alias of the tree, in the order of reports.
fn claims(root: &Value) -> Vec<Claim<'_>> {
    let mut claims = Vec::new();
    for (model, entry) in root.member("models").and_then(Value::as_table).into_iter().flatten() {
        let aliases = entry.member("aliases").and_then(Value::as_array).into_iter().flatten();
        for (index, value) in aliases.enumerate() {
            if let Some(alias) = value.as_str() {
                claims.push(Claim { alias, model, index, value });
            }
        }
    }
    claims.sort_by(|a, b| {
        a.value
            .origin()
            .report_order(b.value.origin())
            .then_with(|| (a.model, a.index).cmp(&(b.model, b.index)))
    });
    claims
}

fn table(root: &Value, claims: &[Claim<'_>]) -> NameTable {
    let models = root.member("models").and_then(Value::as_table).into_iter().flatten();
    let canonical = models.map(|(name, _)| name.as_str());
    NameTable::with_errors(canonical, claims.iter().map(|claim| (claim.alias, claim.model))).0
}

/// Who has each name, and a finding for each that is claimed again.
fn duplicates<'t>(root: &'t Value, claims: &[Claim<'t>]) -> (Held<'t>, Vec<Diagnostic>) {
    let mut findings = Vec::new();
    let models = root.member("models").and_then(Value::as_table);
    let mut held = Held { models, aliases: BTreeMap::new() };
    for claim in claims {
        let Some((holder, first)) = held.get(claim.alias) else {
            held.aliases.insert(claim.alias, (claim.model, claim.value));
            continue;
        };
        let message = match (holder == claim.model, holder == claim.alias) {
            (true, true) => format!("`{}` is the canonical name already", claim.alias),
            (true, false) => format!("`{}` is an alias of `{holder}` already", claim.alias),
            (false, true) => {
                format!("`{}` is an alias of `{}`, and a model of its own", claim.alias, claim.model)
            }
            (false, false) => {
                format!("`{}` is an alias of `{holder}` and of `{}`", claim.alias, claim.model)
            }
        };
        let key = Key::of(["models", claim.model, "aliases"]).element(claim.index);
        findings.push(
            Diagnostic::error(Code::NameDuplicate, key, message)
                .help(format!("keep one of them: the other is at {}", first.origin()))
                .at(claim.value.origin()),
        );
    }
    (held, findings)
}

fn check_gate(
    key: &Key,
    gate: &Value,
    names: &Held<'_>,
    table: &dyn Fn() -> NameTable,
    findings: &mut Vec<Diagnostic>,
) {
    let Some(agents) = gate.as_array() else { return };
    let allowed = QualityGateConfig::AGENTS;
    if !allowed.contains(&agents.len()) {
        let message = format!("{} agents, expected {} to {}", agents.len(), allowed.start(), allowed.end());
        let help = if agents.is_empty() {
            format!("name a model; there are {}", table().canonical().collect::<Vec<_>>().join(", "))
        } else {
            format!("keep the {} that matter most", allowed.end())
        };
        findings
            .push(Diagnostic::error(Code::GateAgentCount, key.clone(), message).help(help).at(gate.origin()));
    }
    let mut named: BTreeMap<&str, &Value> = BTreeMap::new();
    for (index, value) in agents.iter().enumerate() {
        let Some(name) = value.as_str() else { continue };
        match names.get(name) {
            None => findings.push(unknown_agent(key.element(index), value, &table().unknown(name))),
            Some((canonical, _)) => match named.get(canonical) {
                None => drop(named.insert(canonical, value)),
                Some(first) => {
                    let message = if name == canonical {
                        format!("the gate names `{canonical}` already")
                    } else {
                        format!("`{name}` is `{canonical}`, which the gate names already")
                    };
                    findings.push(
                        Diagnostic::error(Code::NameDuplicate, key.element(index), message)
                            .help(format!("keep one of them: the first is at {}", first.origin()))
                            .at(value.origin()),
                    );
                }
            },
        }
    }
}

/// A quorum above the number of agents, where that is one that a gate may have.
fn unreachable_quorum(root: &Value, stage: Stage, gate_key: &Key, gate: &Value) -> Option<Diagnostic> {
    let key = Key::of(["orchestrator", "quorum", stage.name()]);
    let value = root.get(&key)?;
    let asked = usize::try_from(value.as_number()?.as_i64()?).ok()?;
    let agents = gate.as_array()?.len();
    let allowed = QualityGateConfig::AGENTS;
    if asked <= agents || !allowed.contains(&asked) || !allowed.contains(&agents) {
        return None;
    }
    let noun = if agents == 1 { "agent" } else { "agents" };
    let message = format!("a quorum of {asked}, and {gate_key} has {agents} {noun}");
    let help = format!(
        "lower {key} ({}) to {agents} at most, or name more agents in {gate_key} ({})",
        value.origin(),
        gate.origin()
    );
    Some(Diagnostic::error(Code::GateQuorum, key, message).help(help).at(value.origin()))
}

fn unknown_agent(key: Key, value: &Value, unknown: &UnknownName) -> Diagnostic {
    Diagnostic::error(Code::NameUnknown, key, format!("unknown model `{}`", unknown.name))
        .help(unknown.help())
        .at(value.origin())
}

#[cfg(all(test, feature = "app"))]
mod tests {
    use super::*;
    use crate::app::AppConfig;
    use crate::config::source::{Language, parse};
    use crate::config::{ListStrategy, Merged};
    use crate::tree::{LayerKind, Source};
    use alloc::string::{String, ToString as _};

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
