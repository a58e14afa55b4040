//! What becomes of the agents of an old file: decided once, for the layer and for the text.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::infer::{canonical_name, provider_of, tier_of};
use crate::agents::{Provider, Tier};
use crate::app::AppConfig;
use crate::tree::{Code, Diagnostic, Key, Segment, Text, Value, in_report_order};

/// What becomes of the agents of one file.
pub(super) struct Plan<'t> {
    /// The agents in their order.
    pub(super) agents: Vec<Agent<'t>>,
    /// The programs that the agents of a provider agree on, where they are not the shipped ones.
    pub(super) commands: BTreeMap<Provider, &'t Value>,
    /// What is left out, and why.
    pub(super) warnings: Vec<Diagnostic>,
}

/// One entry of `[[agents]]`.
pub(super) struct Agent<'t> {
    pub(super) entry: &'t Value,
    pub(super) canonical: Text,
    /// The old name, where it is not the canonical one.
    pub(super) alias: Option<&'t Value>,
    pub(super) model: &'t Value,
    /// `None` where the entry says it itself.
    pub(super) inferred_provider: Option<Provider>,
    /// `None` where the entry says it itself.
    pub(super) inferred_tier: Option<Tier>,
}

/// The keys of an entry that stay as they are.
pub(super) const KEPT: [&str; 4] = ["provider", "model", "tier", "aliases"];

/// Tells whether a key of an entry has a place in the new form.
pub(super) fn is_migrated(name: &str) -> bool {
    KEPT.contains(&name) || name == "name" || name == "command"
}

/// The entries of `[[agents]]`, or `None` where there is no such list.
pub(super) fn entries(root: &Value) -> Option<&Value> {
    root.member("agents").filter(|agents| agents.as_array().is_some())
}

/// # Errors
/// Every reason why the agents cannot become models, in the order of reports.
pub(super) fn plan(root: &Value) -> Result<Plan<'_>, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let mut warnings = Vec::new();
    let mut agents = Vec::new();
    let mut by_provider: BTreeMap<Provider, Vec<(Key, &Value)>> = BTreeMap::new();
    for (index, entry) in entries(root).and_then(Value::as_array).into_iter().flatten().enumerate() {
        let key = Key::of(["agents"]).element(index);
        match agent(&key, entry) {
            Err(found) => errors.extend(found),
            Ok((agent, provider)) => {
                if let Some((provider, command)) = provider.zip(entry.member("command")) {
                    by_provider.entry(provider).or_default().push((key.child("command"), command));
                }
                agents.push(agent);
            }
        }
        for (name, value) in entry.as_table().into_iter().flatten() {
            if !is_migrated(name) {
                let message = format!("`{name}` has no place in the new form and is left out");
                warnings.push(
                    Diagnostic::warning(Code::MigrateKey, key.child(name.clone()), message)
                        .at(value.origin()),
                );
            }
        }
    }
    for name in ["models", "providers"] {
        if let Some(value) = root.member(name).filter(|value| value.as_table().is_none()) {
            let message = format!("expected a table, found {}", value.type_name());
            errors.push(Diagnostic::error(Code::MigrateAgent, Key::of([name]), message).at(value.origin()));
        }
    }
    errors.extend(taken_twice(root, &agents));
    let mut commands = BTreeMap::new();
    for (provider, given) in &by_provider {
        match agreed(root, *provider, given) {
            Ok(command) => drop(command.map(|command| commands.insert(*provider, command))),
            Err(warning) => warnings.push(*warning),
        }
    }
    if errors.is_empty() {
        Ok(Plan { agents, commands, warnings: in_report_order(warnings) })
    } else {
        Err(in_report_order(errors))
    }
}

/// Reads one entry; the provider is the one whose program its command is.
fn agent<'t>(key: &Key, entry: &'t Value) -> Result<(Agent<'t>, Option<Provider>), Vec<Diagnostic>> {
    if entry.as_table().is_none() {
        let message = format!("expected a table, found {}", entry.type_name());
        return Err(Vec::from([Diagnostic::error(Code::MigrateAgent, key.clone(), message)
            .help("write [[agents]] with a name and a model, or a table in [models]")
            .at(entry.origin())]));
    }
    let mut errors = Vec::new();
    let mut text = |name: &str| {
        let value = entry.member(name);
        if value.and_then(Value::as_str).is_none() {
            let (key, place) = value.map_or((key.clone(), entry), |value| (key.child(name), value));
            let message = match value {
                None => format!("an agent without `{name}`"),
                Some(value) => format!("expected a string, found {}", value.type_name()),
            };
            let finding = Diagnostic::error(Code::MigrateAgent, key, message).at(place.origin());
            errors.push(finding.help(format!("write {name} = \"…\" in this agent")));
        }
        value.and_then(|value| Some((value, value.as_str()?)))
    };
    let (name, model) = (text("name"), text("model"));
    let canonical = name.map(|(value, name)| {
        canonical_name(name).ok_or_else(|| {
            let message = format!("no canonical name can be made of `{name}`");
            Diagnostic::error(Code::MigrateName, key.child("name"), message)
                .help("begin the name with a letter")
                .at(value.origin())
        })
    });
    let written = entry.member("provider");
    let provider = match (written, model) {
        (Some(written), _) => Ok(written.as_str().and_then(Provider::named)),
        (None, None) => Ok(None),
        (None, Some((value, model))) => {
            let command = entry.member("command").and_then(Value::as_str);
            provider_of(model, command).map(Some).ok_or_else(|| {
                let message = format!("no provider can be told from the model `{model}`");
                Diagnostic::error(Code::MigrateProvider, key.child("model"), message)
                    .help("add provider = \"openai\", \"anthropic\" or \"google\" to this agent")
                    .at(value.origin())
            })
        }
    };
    match (name, model, canonical, provider) {
        (Some((name, old)), Some((value, model)), Some(Ok(canonical)), Ok(provider)) => {
            let agent = Agent {
                entry,
                alias: (canonical != old && !has_alias(entry, old)).then_some(name),
                canonical,
                model: value,
                inferred_provider: provider.filter(|_| written.is_none()),
                inferred_tier: entry.member("tier").is_none().then(|| tier_of(model)),
            };
            Ok((agent, provider))
        }
        (_, _, canonical, provider) => {
            errors.extend(canonical.and_then(Result::err));
            errors.extend(provider.err());
            Err(errors)
        }
    }
}

fn has_alias(entry: &Value, name: &str) -> bool {
    let aliases = entry.member("aliases").and_then(Value::as_array);
    aliases.is_some_and(|aliases| aliases.iter().any(|alias| alias.as_str() == Some(name)))
}

/// The agents whose canonical name another agent or a model of the same file has already.
fn taken_twice(root: &Value, agents: &[Agent<'_>]) -> Vec<Diagnostic> {
    let mut taken: BTreeMap<&str, &Value> = BTreeMap::new();
    for (name, model) in root.member("models").and_then(Value::as_table).into_iter().flatten() {
        taken.insert(name, model);
    }
    let mut errors = Vec::new();
    for agent in agents {
        match taken.get(agent.canonical.as_str()) {
            None => drop(taken.insert(&agent.canonical, agent.entry)),
            Some(first) => {
                let key = Key::of(["models", agent.canonical.as_str()]);
                let message =
                    format!("the agent becomes the model `{}`, which is there already", agent.canonical);
                errors.push(
                    Diagnostic::error(Code::NameDuplicate, key, message)
                        .help(format!("keep one of them: the other is at {}", first.origin()))
                        .at(agent.entry.origin()),
                );
            }
        }
    }
    errors
}

/// The program that all agents of a provider name, if it is worth writing down.
fn agreed<'t>(
    root: &Value,
    provider: Provider,
    given: &[(Key, &'t Value)],
) -> Result<Option<&'t Value>, alloc::boxed::Box<Diagnostic>> {
    let Some((_, first)) = given.first() else { return Ok(None) };
    let key = Key::of(["providers", provider.name(), "command"]);
    let present = root.get(&key);
    let other = given.iter().find(|(_, command)| command != first);
    let unlike = match (other, present) {
        (Some((agent, other)), _) => Some((agent, *other, *first)),
        (None, Some(present)) if present != *first => {
            given.first().map(|(agent, _)| (agent, *first, present))
        }
        _ => None,
    };
    if let Some((agent, command, other)) = unlike {
        let message = format!("the agents of `{provider}` name different commands, and none becomes `{key}`");
        let help = format!("set `{key}` by hand; the other command is at {}", other.origin());
        let warning = Diagnostic::warning(Code::MigrateCommand, agent.clone(), message);
        return Err(warning.help(help).at(command.origin()).into());
    }
    let shipped: Option<String> =
        AppConfig::default().providers.remove(&provider).map(|settings| settings.command);
    let is_news =
        present.is_none() && first.as_str().is_some_and(|command| shipped.as_deref() != Some(command));
    Ok(is_news.then_some(*first))
}

/// What an agent has beside the keys that are carried over may be anything, such as a token for its program.
pub(crate) fn is_left_out(key: &Key) -> bool {
    match key.segments() {
        [Segment::Name(agents), Segment::Index(_), Segment::Name(name), ..] => {
            agents == "agents" && !is_migrated(name)
        }
        _ => false,
    }
}
