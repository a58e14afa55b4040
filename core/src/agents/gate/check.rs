//! Checks of a request, of providers and of `agree_on`.

use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use super::plan::Request;
use crate::agents::ModelConfig;
use crate::tree::{Code, Diagnostic, Key};

/// Diagnostics about an empty prompt or specification id.
pub(super) fn request(request: &Request) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    if request.prompt.trim().is_empty() {
        let message = if request.prompt.is_empty() { "the prompt is empty" } else { "the prompt is blank" };
        diagnostics.push(
            Diagnostic::error(Code::GatePrompt, Key::root(), message)
                .help("give the agents a task, for example with --prompt-file FILE"),
        );
    }
    if request.spec.trim().is_empty() {
        diagnostics.push(
            Diagnostic::error(Code::GateSpec, Key::root(), "the id of the specification is empty")
                .help("name the specification, for example with --spec SPEC-1"),
        );
    }
    diagnostics
}

/// A model whose provider has no settings.
pub(super) fn provider_missing(name: &str, model: &ModelConfig) -> Diagnostic {
    let provider = model.provider.name();
    let message = format!("there are no settings for the provider of `{name}`");
    Diagnostic::error(Code::ProviderMissing, Key::of(["providers", provider]), message)
        .help(format!("add a table [providers.{provider}] with command and args"))
}

/// The key of the answers that must be equal.
pub(super) fn agree_on(text: &str) -> Result<Key, Diagnostic> {
    let rejected = |why: &str| {
        Diagnostic::error(
            Code::GateAgreeOn,
            Key::of(["orchestrator", "agree_on"]),
            format!("`{text}` is not a valid key: {why}"),
        )
        .help("write a key such as verdict, review.verdict or items[0]")
    };
    match text.parse::<Key>() {
        Ok(key) if key.is_root() => Err(rejected("it is empty")),
        Ok(key) => Ok(key),
        Err(error) => Err(rejected(&error.to_string())),
    }
}
