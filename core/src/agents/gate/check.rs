//! What keeps a gate from running beside its names and its arguments.

use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use super::plan::Request;
use crate::agents::ModelConfig;
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

/// A model whose provider has no settings.
pub(super) fn provider_missing(name: &str, model: &ModelConfig) -> Diagnostic {
    let provider = model.provider.name();
    let message = format!("there are no settings for the provider of `{name}`");
    Diagnostic::error(Code::ProviderMissing, Key::of(["providers", provider]), message)
        .help(format!("add a table [providers.{provider}] with command and args"))
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
