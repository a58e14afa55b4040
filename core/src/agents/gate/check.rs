//! Checks of a request and of `agree_on`.

use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use super::plan::Request;
use super::run::Run;
use super::text::short;
use crate::text::count;
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

impl Run {
    /// The error about a gate whose agents could not be started, or do not mean yes although enough of them agree; `None`: it is
    /// neither.
    pub fn error(&self) -> Option<Diagnostic> {
        if self.not_started {
            let message = "no agent could be started, so none was asked";
            let help = "the reason of each agent says what is missing; run the gate again once it is there";
            return Some(Diagnostic::error(Code::GateUnstartable, Key::root(), message).help(help));
        }
        let answer = &self.decision.majority.as_ref().filter(|_| self.decision.is_refused())?.answer;
        let (ok, agents) = (self.decision.ok, count(self.decision.total, "agent"));
        let answer = short(answer);
        let message =
            format!("{ok} of {agents} answered `{answer}`, which `orchestrator.accept` does not list");
        Some(Diagnostic::error(Code::GateRefused, Key::of(["orchestrator", "accept"]), message))
    }
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
