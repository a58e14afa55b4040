//! Converts the old form of the configuration, `[[agents]]`, to the new form, `[models]`.
//!
//! Old files can still be loaded: [`migrate_layer`] converts a layer before it is merged, and every value keeps its
//! origin in the old file. [`migrate_text`] rewrites the file itself, and changes only the agents. Both agree: the layer
//! of the rewritten text equals the converted layer of the old one.
//!
//! The name of an agent becomes the canonical name of its model, and an alias where the two differ. Provider and tier
//! are inferred from the model unless the agent has them. A command becomes that of the provider if all its agents have
//! the same one.

#[cfg(feature = "edit")]
mod edits;
mod infer;
#[cfg(feature = "edit")]
mod migration;
mod plan;

use alloc::format;
use alloc::vec::Vec;

#[cfg(feature = "edit")]
pub use migration::{Migration, migrate_text};

use crate::config::Layer;
use crate::config::resolve::Migrated;
use crate::text::count;
use crate::tree::{Code, Diagnostic, Key, Kind, Origin, Table, Text, Value, in_report_order};
pub(crate) use plan::is_left_out;
use plan::{KEPT, MigrationPlan, OldAgent, entries, plan};

/// Converts a layer of the first form; `None` if the layer has no `[[agents]]`.
///
/// The warnings are `migrate/v1` at the first agent, `migrate/key` for each key that is left out, and `migrate/command`
/// for a command that cannot become the provider's.
///
/// # Errors
/// Every agent that cannot become a model, in the order of reports: `migrate/agent` for a missing or wrong key,
/// `migrate/name`, `migrate/provider`, and `name/duplicate` for a name that exists already.
///
/// ```
/// use speckit_core::{LayerKind, Source};
/// use speckit_core::app::migrate::migrate_layer;
/// use speckit_core::config::source::{Language, parse};
/// let text = "[[agents]]\nname = \"Claude-Opus\"\nmodel = \"claude-opus-4\"\n";
/// let layer = parse(&Source::document(LayerKind::File, "old.toml", text), Language::Toml)?;
/// let (layer, warnings) = migrate_layer(&layer).unwrap()?;
/// let model = layer.root().get(&"models.claude_opus".parse().unwrap()).unwrap();
/// assert_eq!(model.member("provider").unwrap().as_str(), Some("anthropic"));
/// assert_eq!(warnings[0].code, "migrate/v1");
/// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
/// ```
pub fn migrate_layer(layer: &Layer) -> Option<Result<Migrated, Vec<Diagnostic>>> {
    let root = layer.root();
    let agents = entries(root)?;
    Some(plan(root).map(|plan| {
        let first = agents.as_array().and_then(|agents| agents.first()).unwrap_or(agents);
        let name = first.origin().source().name();
        let models = plan.agents.len();
        let message = format!("the old form `[[agents]]` is read as `[models]` ({})", count(models, "model"));
        let mut warnings = Vec::from([Diagnostic::warning(Code::MigrateV1, Key::of(["agents"]), message)
            .help(format!("run `speckit migrate {name} --write`"))
            .at(first.origin())]);
        warnings.extend(plan.warnings.iter().cloned());
        (Layer::new(convert(root, agents, &plan)), in_report_order(warnings))
    }))
}

/// The tree with models instead of agents.
fn convert(root: &Value, agents: &Value, plan: &MigrationPlan<'_>) -> Value {
    let mut members = root.as_table().cloned().unwrap_or_default();
    members.remove("agents");
    if !plan.agents.is_empty() {
        let models = plan.agents.iter().map(|agent| (agent.canonical.clone(), model_of(agent)));
        add(&mut members, "models", models, agents.origin());
    }
    for (provider, command) in &plan.commands {
        let present = root.member("providers").and_then(|providers| providers.member(provider));
        let mut settings = present.and_then(Value::as_table).cloned().unwrap_or_default();
        settings.insert("command".into(), (*command).clone());
        let origin = present.map_or(command.origin(), Value::origin).clone();
        let settings = Value::new(Kind::Table(settings), origin);
        add(&mut members, "providers", [((*provider).into(), settings)], command.origin());
    }
    Value::new(Kind::Table(members), root.origin().clone())
}

/// Adds entries to a table of the root, which is created with the origin `otherwise` if it is missing.
fn add(root: &mut Table, name: &str, entries: impl IntoIterator<Item = (Text, Value)>, otherwise: &Origin) {
    let present = root.get(name);
    let origin = present.map_or(otherwise, Value::origin).clone();
    let mut members = present.and_then(Value::as_table).cloned().unwrap_or_default();
    members.extend(entries);
    root.insert(name.into(), Value::new(Kind::Table(members), origin));
}

/// The model that an agent becomes. Inferred values have the origin of the value that they are inferred from.
fn model_of(agent: &OldAgent<'_>) -> Value {
    let kept = |name: &&str| agent.entry.member(name).map(|value| ((*name).into(), value.clone()));
    let mut members: Table = KEPT.iter().filter_map(kept).collect();
    let inferred = |text: &str| Value::new(Kind::String(text.into()), agent.model.origin().clone());
    if let Some(provider) = agent.inferred_provider {
        members.insert("provider".into(), inferred(provider));
    }
    if let Some(tier) = agent.inferred_tier {
        members.insert("tier".into(), inferred(tier.name()));
    }
    if let Some(old) = agent.alias {
        let present = agent.entry.member("aliases");
        let others = present.and_then(Value::as_array).into_iter().flatten().cloned();
        let origin = present.unwrap_or(old).origin().clone();
        if present.is_none_or(|aliases| aliases.as_array().is_some()) {
            let all: Vec<Value> = core::iter::once(old.clone()).chain(others).collect();
            members.insert("aliases".into(), Value::array(all, origin));
        }
    }
    Value::new(Kind::Table(members), agent.entry.origin().clone())
}

#[cfg(test)]
mod tests;
