//! Whether the arguments of a provider can be handed over, and whether they say what they should.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::expand::{MODEL, PROMPT, SPEC, near_misses};
use super::plan::{Agent, Request};
use crate::agents::{Provider, ProviderConfig, StdinMode};
use crate::tree::{Code, Diagnostic, Key};

/// The longest argument that a system takes, in bytes: Linux counts its end with it (`MAX_ARG_STRLEN`, 32 pages of 4096).
const LONGEST: usize = 131_071;

/// What is wrong or odd about the arguments of the providers that the agents use, each provider once.
pub(super) fn check(
    providers: &BTreeMap<Provider, ProviderConfig>,
    agents: &[Agent],
    request: &Request,
) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (provider, settings) in providers {
        let agents: Vec<&Agent> = agents.iter().filter(|agent| agent.provider == provider.name()).collect();
        if agents.is_empty() {
            continue;
        }
        let used = Used { provider: *provider, settings, agents, request };
        if settings.command.contains('\0') {
            findings.push(has_nul(Key::of(["providers", provider.name(), "command"])));
        }
        for (index, argument) in settings.args.iter().enumerate() {
            findings.extend(used.odd(index, argument));
            findings.extend(used.with_nul(index, argument));
            findings.extend(used.too_long(index, argument));
            findings.extend(used.like_an_option(index, argument));
        }
        findings.extend(used.without_prompt());
    }
    findings
}

/// A provider with its agents of a gate: at least one.
struct Used<'g> {
    provider: Provider,
    settings: &'g ProviderConfig,
    agents: Vec<&'g Agent>,
    request: &'g Request,
}

impl Used<'_> {
    fn args(&self) -> Key {
        Key::of(["providers", self.provider.name(), "args"])
    }

    /// What is nearly a placeholder.
    fn odd(&self, index: usize, argument: &str) -> Vec<Diagnostic> {
        let finding = |(written, meant): (&str, &str)| {
            let message = format!("`{written}` stays as it is");
            Diagnostic::warning(Code::ProviderPlaceholder, self.args().element(index), message)
                .help(format!("did you mean `{meant}`?"))
        };
        near_misses(argument).into_iter().map(finding).collect()
    }

    /// NUL in the argument, or in what it is made of.
    fn with_nul(&self, index: usize, argument: &str) -> Vec<Diagnostic> {
        let key = self.args().element(index);
        let mut findings = Vec::new();
        let asked = [
            (
                PROMPT,
                &self.request.prompt,
                Code::GatePrompt,
                "the prompt",
                format!("remove it, or {}", self.by_stdin()),
            ),
            (SPEC, &self.request.spec, Code::GateSpec, "the id of the specification", "remove it".into()),
        ];
        for (placeholder, text, code, what, help) in asked {
            if argument.contains(placeholder) && text.contains('\0') {
                let message = format!(
                    "{what} has a NUL character, which no argument can hold, and {key} is made of it"
                );
                findings.push(Diagnostic::error(code, Key::root(), message).help(help));
            }
        }
        for agent in self.agents.iter().filter(|agent| argument.contains(MODEL) && agent.model.contains('\0'))
        {
            findings.push(has_nul(Key::of(["models", agent.name.as_str(), "model"])));
        }
        if argument.contains('\0') {
            findings.push(has_nul(key));
        }
        findings
    }

    /// An argument that is too long for the first agent for which it is.
    fn too_long(&self, index: usize, argument: &str) -> Option<Diagnostic> {
        let length = |agent: &&Agent| Some((agent.name.clone(), agent.command.args.get(index)?.len()));
        let (name, bytes) = self.agents.iter().filter_map(length).find(|(_, bytes)| *bytes > LONGEST)?;
        let message =
            format!("the argument for `{name}` has {bytes} bytes, and the system takes {LONGEST} at most");
        let help = if argument.contains(PROMPT) { self.by_stdin() } else { "shorten it".into() };
        Some(Diagnostic::error(Code::ProviderArgument, self.args().element(index), message).help(help))
    }

    /// A text that makes an option of an argument that begins with its placeholder. After `--` nothing is one (POSIX, Utility
    /// Syntax Guideline 10).
    fn like_an_option(&self, index: usize, argument: &str) -> Option<Diagnostic> {
        let before = self.settings.args.get(..index)?;
        if argument.starts_with('-') || before.iter().any(|earlier| earlier == "--") {
            return None;
        }
        let begins = |agent: &&Agent| agent.command.args.get(index).is_some_and(|text| text.starts_with('-'));
        let agent = self.agents.iter().find(|agent| begins(agent))?;
        let (name, provider, key) = (&agent.name, self.provider, self.args().element(index));
        let message = format!("the argument for `{name}` begins with `-`, and may be taken for an option");
        let by_stdin =
            if argument.contains(PROMPT) { format!(", or {}", self.by_stdin()) } else { "".into() };
        let help = format!("put \"--\" before it in {} where {provider} knows that{by_stdin}", self.args());
        Some(Diagnostic::warning(Code::ProviderOptionLike, key, message).help(help))
    }

    /// A prompt that reaches nobody.
    fn without_prompt(&self) -> Option<Diagnostic> {
        let (args, provider) = (self.args(), self.provider);
        if self.settings.stdin == StdinMode::Prompt
            || self.settings.args.iter().any(|argument| argument.contains(PROMPT))
        {
            return None;
        }
        let message = format!("the prompt does not reach the agents of {provider}");
        let help = format!("put {PROMPT} into {args}, or set providers.{provider}.stdin = \"prompt\"");
        Some(Diagnostic::warning(Code::ProviderPromptUnused, args, message).help(help))
    }

    /// The way of a prompt that no argument can hold.
    fn by_stdin(&self) -> String {
        let (args, provider) = (self.args(), self.provider);
        format!(
            "set providers.{provider}.stdin = \"prompt\" and take {PROMPT} out of {args}: the prompt then comes \
             through the standard input"
        )
    }
}

fn has_nul(key: Key) -> Diagnostic {
    Diagnostic::error(Code::ProviderArgument, key, "a NUL character, which no argument can hold")
        .help("remove it")
}
