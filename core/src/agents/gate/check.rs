//! What keeps a gate from running, and what is odd about it.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::plan::Request;
use crate::agents::registry::NameError;
use crate::agents::{ModelEntry, ModelRegistry, OrchestratorConfig, QualityGateConfig, RegistryError, Stage};
use crate::tree::{Code, Diagnostic, Key};

/// What is wrong with the request by itself.
pub(super) fn request(request: &Request) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    if request.prompt.trim().is_empty() {
        let message = if request.prompt.is_empty() { "the prompt is empty" } else { "the prompt is blank" };
        findings.push(
            Diagnostic::error(Code::GatePrompt, Key::root(), message)
                .help("say what the agents are to do, such as with --prompt-file FILE"),
        );
    }
    if request.spec.trim().is_empty() {
        findings.push(
            Diagnostic::error(Code::GateSpec, Key::root(), "the id of the specification is empty")
                .help("name the specification, such as with --spec SPEC-1"),
        );
    }
    findings
}

/// What is wrong with a name that two models have.
pub(super) fn name(error: &NameError) -> Diagnostic {
    let (key, help) = match error {
        NameError::Duplicate { name, second, .. } => (
            Key::of(["models", second.as_str(), "aliases"]),
            format!("take `{name}` out of models.{second}.aliases"),
        ),
        NameError::UnknownTarget { unknown, .. } => (Key::of(["models"]), unknown.help()),
        NameError::Cycle { .. } => (Key::of(["models"]), "let one of them be a canonical name".into()),
    };
    Diagnostic::error(Code::NameDuplicate, key, error.to_string()).help(help)
}

/// The models that the gate of a stage names, as far as they are right, in its order.
pub(super) fn models<'r>(
    registry: &'r ModelRegistry,
    stage: Stage,
    names: &[impl AsRef<str>],
    findings: &mut Vec<Diagnostic>,
) -> Vec<&'r ModelEntry> {
    let gate = Key::of(["quality_gates", stage.name()]);
    let allowed = QualityGateConfig::AGENTS;
    if !allowed.contains(&names.len()) {
        let message = format!("{} agents, expected {} to {}", names.len(), allowed.start(), allowed.end());
        let help = match names.is_empty() {
            true => format!(
                "name a model; there are {}",
                registry.list_available().collect::<Vec<_>>().join(", ")
            ),
            false => format!("keep the {} that matter most", allowed.end()),
        };
        findings.push(Diagnostic::error(Code::GateAgentCount, gate.clone(), message).help(help));
    }
    let mut models: Vec<&ModelEntry> = Vec::with_capacity(names.len());
    for (index, name) in names.iter().map(AsRef::as_ref).enumerate() {
        let key = gate.element(index);
        match registry.resolve(name) {
            Err(RegistryError::Unknown(unknown)) => findings.push(
                Diagnostic::error(Code::NameUnknown, key, format!("unknown model `{name}`"))
                    .help(unknown.help()),
            ),
            Err(error) => findings.push(Diagnostic::error(Code::NameUnknown, key, error.to_string())),
            Ok(model) if models.iter().any(|known| known.name() == model.name()) => {
                let message = if name == model.name() {
                    format!("the gate names `{name}` already")
                } else {
                    format!("`{name}` is `{}`, which the gate names already", model.name())
                };
                findings.push(Diagnostic::error(Code::NameDuplicate, key, message).help("keep one of them"));
            }
            Ok(model) => models.push(model),
        }
    }
    models
}

/// A model whose provider has no settings.
pub(super) fn provider_missing(model: &ModelEntry) -> Diagnostic {
    let provider = model.config().provider.name();
    let message = format!("there are no settings for the provider of `{}`", model.name());
    Diagnostic::error(Code::ProviderMissing, Key::of(["providers", provider]), message)
        .help(format!("add a table [providers.{provider}] with command and args"))
}

/// Whether a gate of so many agents can reach the quorum that is asked for.
pub(super) fn quorum(orchestrator: &OrchestratorConfig, stage: Stage, agents: usize) -> Option<Diagnostic> {
    let asked = *orchestrator.quorum.get(&stage)? as usize;
    if (1..=agents).contains(&asked) || agents == 0 {
        return None;
    }
    let (key, gate) = (Key::of(["orchestrator", "quorum", stage.name()]), format!("quality_gates.{stage}"));
    let help = match asked {
        0 => format!(
            "ask for 1 to {agents}, or leave the key out: two thirds, rounded up, are the quorum then"
        ),
        _ => format!("lower {key} to {agents} at most, or name more agents in {gate}"),
    };
    let message = format!("a quorum of {asked}, and {gate} has {}", counted(agents));
    Some(Diagnostic::error(Code::GateQuorum, key, message).help(help))
}

/// The key of the answers that have to be equal.
pub(super) fn agree_on(text: &str) -> Result<Key, Diagnostic> {
    let refused = |why: &str| {
        Diagnostic::error(
            Code::GateAgreeOn,
            Key::of(["orchestrator", "agree_on"]),
            format!("`{text}` is no key: {why}"),
        )
        .help("write it as verdict, review.verdict or items[0]")
    };
    match text.parse::<Key>() {
        Ok(key) if key.is_root() => Err(refused("it is empty")),
        Ok(key) => Ok(key),
        Err(error) => Err(refused(&error.to_string())),
    }
}

fn counted(agents: usize) -> String {
    format!("{agents} agent{}", if agents == 1 { "" } else { "s" })
}
