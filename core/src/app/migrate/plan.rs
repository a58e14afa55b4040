//! The models and commands that old agents become: decided once, for the layer and for the text.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::infer::{canonical_name, provider_of, tier_of};
use crate::agents::Tier;
use crate::app::AppConfig;
use crate::tree::{Code, Diagnostic, Key, Segment, Text, Value, in_report_order};

/// The new form of the agents of one file.
pub(super) struct MigrationPlan<'t> {
    /// The agents, in order.
    pub(super) agents: Vec<OldAgent<'t>>,
    /// The commands that all agents of a provider have, where they differ from the shipped ones.
    pub(super) commands: BTreeMap<&'t str, &'t Value>,
    /// About the keys and commands that are left out.
    pub(super) warnings: Vec<Diagnostic>,
}

/// One entry of `[[agents]]`.
pub(super) struct OldAgent<'t> {
    pub(super) entry: &'t Value,
    pub(super) canonical: Text,
    /// The old name, where it becomes a new alias.
    pub(super) alias: Option<&'t Value>,
    pub(super) model: &'t Value,
    /// `None` if the entry has a provider.
    pub(super) inferred_provider: Option<&'static str>,
    /// `None` if the entry has a tier.
    pub(super) inferred_tier: Option<Tier>,
}

/// The keys of an entry that stay as they are.
pub(super) const KEPT: [&str; 4] = ["provider", "model", "tier", "aliases"];

/// Whether a key of an entry has a counterpart in the new form.
pub(super) fn is_migrated(name: &str) -> bool {
    KEPT.contains(&name) || name == "name" || name == "command"
}

/// The entries of `[[agents]]`, or `None` if there is no such list.
pub(super) fn entries(root: &Value) -> Option<&Value> {
    root.member("agents").filter(|agents| agents.as_array().is_some())
}

fn error(code: Code, key: Key, message: String, place: &Value) -> Diagnostic {
    Diagnostic::error(code, key, message).at(place.origin())
}

/// # Errors
/// Every reason why the agents cannot become models, in the order of reports.
pub(super) fn plan(root: &Value) -> Result<MigrationPlan<'_>, Vec<Diagnostic>> {
    let (mut errors, mut warnings, mut agents) = (Vec::new(), Vec::new(), Vec::new());
    let mut by_provider: BTreeMap<&str, Vec<(Key, &Value)>> = BTreeMap::new();
    for (index, entry) in entries(root).and_then(Value::as_array).into_iter().flatten().enumerate() {
        let key = Key::of(["agents"]).element(index);
        match agent(&key, entry) {
            Err(more) => errors.extend(more),
            Ok((agent, provider)) => {
                if let Some((provider, command)) = provider.zip(entry.member("command")) {
                    by_provider.entry(provider).or_default().push((key.child("command"), command));
                }
                agents.push(agent);
            }
        }
        for (name, value) in entry.as_table().into_iter().flatten().filter(|(name, _)| !is_migrated(name)) {
            let message = format!("`{name}` is not part of the new form and is left out");
            let warning = Diagnostic::warning(Code::MigrateKey, key.child(name.clone()), message);
            warnings.push(warning.at(value.origin()));
        }
    }
    for name in ["models", "providers"] {
        if let Some(value) = root.member(name).filter(|value| value.as_table().is_none()) {
            let message = format!("expected a table, found {}", value.type_name());
            errors.push(error(Code::MigrateAgent, Key::of([name]), message, value));
        }
    }
    errors.extend(duplicates(root, &agents));
    let mut commands = BTreeMap::new();
    for (provider, given) in &by_provider {
        match common_command(root, provider, given) {
            Ok(command) => commands.extend(command.map(|command| (*provider, command))),
            Err(warning) => warnings.push(*warning),
        }
    }
    if errors.is_empty() {
        Ok(MigrationPlan { agents, commands, warnings: in_report_order(warnings) })
    } else {
        Err(in_report_order(errors))
    }
}

/// Reads one entry, and the provider whose program its command is.
fn agent<'t>(key: &Key, entry: &'t Value) -> Result<(OldAgent<'t>, Option<&'t str>), Vec<Diagnostic>> {
    if entry.as_table().is_none() {
        let message = format!("expected a table, found {}", entry.type_name());
        let help = "write [[agents]] with a name and a model, or a table in [models]";
        return Err(Vec::from([error(Code::MigrateAgent, key.clone(), message, entry).help(help)]));
    }
    let mut errors = Vec::new();
    let mut string = |name: &str| {
        let value = entry.member(name);
        let string = value.and_then(|value| Some((value, value.as_str()?)));
        if string.is_none() {
            let diagnostic = match value {
                None => error(Code::MigrateAgent, key.clone(), format!("missing key `{name}`"), entry),
                Some(value) => {
                    let message = format!("expected a string, found {}", value.type_name());
                    error(Code::MigrateAgent, key.child(name), message, value)
                }
            };
            errors.push(diagnostic.help(format!("write {name} = \"…\" in this agent")));
        }
        string
    };
    let (name, model) = (string("name"), string("model"));
    if entry.member("command").is_some() {
        string("command");
    }
    let canonical = name.and_then(|(value, name)| {
        let canonical = canonical_name(name);
        if canonical.is_none() {
            let message = format!("`{name}` cannot become the name of a model");
            let error = error(Code::MigrateName, key.child("name"), message, value);
            errors.push(error.help("begin the name with a letter"));
        }
        canonical
    });
    let written = entry.member("provider");
    let inferred_provider = match (written, model) {
        (None, Some((_, model))) => provider_of(model, entry.member("command").and_then(Value::as_str)),
        _ => None,
    };
    if let (None, None, Some((value, model))) = (written, inferred_provider, model) {
        let message = format!("the provider of the model `{model}` is unknown");
        let help = "add provider = \"openai\", \"anthropic\", \"google\" or the name of another provider to this agent";
        errors.push(error(Code::MigrateProvider, key.child("model"), message, value).help(help));
    }
    let provider = written.map_or(inferred_provider, Value::as_str);
    match (name, model, canonical) {
        (Some((name, old)), Some((value, model)), Some(canonical)) if errors.is_empty() => {
            let agent = OldAgent {
                entry,
                alias: (canonical != old && !has_alias(entry, old)).then_some(name),
                canonical,
                model: value,
                inferred_provider,
                inferred_tier: entry.member("tier").is_none().then(|| tier_of(model)),
            };
            Ok((agent, provider))
        }
        _ => Err(errors),
    }
}

fn has_alias(entry: &Value, name: &str) -> bool {
    let aliases = entry.member("aliases").and_then(Value::as_array);
    aliases.is_some_and(|aliases| aliases.iter().any(|alias| alias.as_str() == Some(name)))
}

/// Errors about agents whose canonical name another agent or a model of the same file has already.
fn duplicates(root: &Value, agents: &[OldAgent<'_>]) -> Vec<Diagnostic> {
    let models = root.member("models").and_then(Value::as_table).into_iter().flatten();
    let mut taken: BTreeMap<&str, &Value> = models.map(|(name, model)| (name.as_str(), model)).collect();
    let mut errors = Vec::new();
    for agent in agents {
        let name = agent.canonical.as_str();
        if let Some(first) = taken.get(name) {
            let message = format!("the agent becomes the model `{name}`, which exists already");
            let help = format!("keep one of them: the other is at {}", first.origin());
            let key = Key::of(["models", name]);
            errors.push(error(Code::NameDuplicate, key, message, agent.entry).help(help));
        } else {
            taken.insert(name, agent.entry);
        }
    }
    errors
}

/// The command that all agents of a provider have, unless it is set already or is the shipped one.
///
/// # Errors
/// A warning about a command that differs from another agent's, or from the one that is set.
fn common_command<'t>(
    root: &Value,
    provider: &str,
    given: &[(Key, &'t Value)],
) -> Result<Option<&'t Value>, Box<Diagnostic>> {
    let Some((first_agent, first)) = given.first() else { return Ok(None) };
    let key = Key::of(["providers", provider, "command"]);
    let present = root.get(&key);
    let warning = |agent: &Key, command: &Value, message: String, other: &Value| {
        let help = format!("set `{key}` by hand; the other command is at {}", other.origin());
        Diagnostic::warning(Code::MigrateCommand, agent.clone(), message)
            .help(help)
            .at(command.origin())
            .into()
    };
    if let Some((agent, command)) = given.iter().find(|(_, command)| command != first) {
        let message = format!("the agents of `{provider}` have different commands; none becomes `{key}`");
        return Err(warning(agent, command, message, first));
    }
    if let Some(present) = present.filter(|present| present != first) {
        let message = format!("`{key}` is set to another command already, and stays as it is");
        return Err(warning(first_agent, first, message, present));
    }
    let shipped = AppConfig::default().providers.remove(provider).map(|settings| settings.command);
    let is_new =
        present.is_none() && first.as_str().is_some_and(|command| shipped.as_deref() != Some(command));
    Ok(is_new.then_some(*first))
}

/// Whether the migration leaves out this key of an agent. Its value may be a secret, such as a token for its program.
pub(crate) fn is_left_out(key: &Key) -> bool {
    match key.segments() {
        [Segment::Name(agents), Segment::Index(_), Segment::Name(name), ..] => {
            agents == "agents" && !is_migrated(name)
        }
        _ => false,
    }
}
