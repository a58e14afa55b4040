//! Checks of the arguments of providers.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::expand::{MODEL, PROMPT, SPEC, near_misses};
use super::plan::{Agent, Request};
use crate::agents::{ProviderConfig, StdinMode};
use crate::tree::{Code, Diagnostic, Key};

/// The longest argument that a system takes, in bytes: Linux counts its end with it (`MAX_ARG_STRLEN`, 32 pages of 4096).
const LONGEST: usize = 131_071;

/// Diagnostics about the arguments of each provider that the agents use.
pub(super) fn check(
    providers: &BTreeMap<String, ProviderConfig>,
    agents: &[Agent],
    request: &Request,
) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for (provider, settings) in providers {
        let agents: Vec<&Agent> = agents.iter().filter(|agent| agent.provider == *provider).collect();
        if agents.is_empty() {
            continue;
        }
        let used = UsedProvider { provider, settings, agents, request };
        if settings.command.contains('\0') {
            diagnostics.push(has_nul(Key::of(["providers", provider, "command"])));
        }
        for (index, argument) in settings.args.iter().enumerate() {
            diagnostics.extend(used.misspelled_placeholders(index, argument));
            diagnostics.extend(used.nul_characters(index, argument));
            diagnostics.extend(used.too_long(index, argument));
            diagnostics.extend(used.option_like(index, argument));
        }
        diagnostics.extend(used.unused_prompt());
    }
    diagnostics
}

/// A provider with its agents in the gate, at least one.
struct UsedProvider<'g> {
    provider: &'g str,
    settings: &'g ProviderConfig,
    agents: Vec<&'g Agent>,
    request: &'g Request,
}

impl UsedProvider<'_> {
    fn args(&self) -> Key {
        Key::of(["providers", self.provider, "args"])
    }

    /// Misspelled placeholders.
    fn misspelled_placeholders(&self, index: usize, argument: &str) -> Vec<Diagnostic> {
        let diagnostic = |(written, meant): (&str, &str)| {
            let message = format!("`{written}` is not replaced");
            Diagnostic::warning(Code::ProviderPlaceholder, self.args().element(index), message)
                .help(format!("did you mean `{meant}`?"))
        };
        near_misses(argument).into_iter().map(diagnostic).collect()
    }

    /// NUL in the argument, or in a text that is inserted into it.
    fn nul_characters(&self, index: usize, argument: &str) -> Vec<Diagnostic> {
        let key = self.args().element(index);
        let mut diagnostics = Vec::new();
        let inserted = [
            (
                PROMPT,
                &self.request.prompt,
                Code::GatePrompt,
                "the prompt",
                format!("remove it, or {}", self.by_stdin()),
            ),
            (SPEC, &self.request.spec, Code::GateSpec, "the id of the specification", "remove it".into()),
        ];
        for (placeholder, text, code, what, help) in inserted {
            if argument.contains(placeholder) && text.contains('\0') {
                let message = format!("{what} has a NUL character, which {key} cannot hold");
                diagnostics.push(Diagnostic::error(code, Key::root(), message).help(help));
            }
        }
        for agent in self.agents.iter().filter(|agent| argument.contains(MODEL) && agent.model.contains('\0'))
        {
            diagnostics.push(has_nul(Key::of(["models", agent.name.as_str(), "model"])));
        }
        if argument.contains('\0') {
            diagnostics.push(has_nul(key));
        }
        diagnostics
    }

    /// An argument that is too long for the first agent for which it is.
    fn too_long(&self, index: usize, argument: &str) -> Option<Diagnostic> {
        let length = |agent: &&Agent| Some((agent.name.clone(), agent.command.args.get(index)?.len()));
        let (name, bytes) = self.agents.iter().filter_map(length).find(|(_, bytes)| *bytes > LONGEST)?;
        let message =
            format!("the argument for `{name}` has {bytes} bytes, and the system allows at most {LONGEST}");
        let help = if argument.contains(PROMPT) { self.by_stdin() } else { "shorten it".into() };
        Some(Diagnostic::error(Code::ProviderArgument, self.args().element(index), message).help(help))
    }

    /// An inserted text that makes the argument look like an option. After `--` nothing is an option (POSIX, Utility Syntax
    /// Guideline 10).
    fn option_like(&self, index: usize, argument: &str) -> Option<Diagnostic> {
        let before = self.settings.args.get(..index)?;
        if argument.starts_with('-') || before.iter().any(|earlier| earlier == "--") {
            return None;
        }
        let begins = |agent: &&Agent| agent.command.args.get(index).is_some_and(|text| text.starts_with('-'));
        let agent = self.agents.iter().find(|agent| begins(agent))?;
        let (name, provider, key) = (&agent.name, self.provider, self.args().element(index));
        let message =
            format!("the argument for `{name}` begins with `-`, so the command may read it as an option");
        let by_stdin =
            if argument.contains(PROMPT) { format!(", or {}", self.by_stdin()) } else { "".into() };
        let help = format!(
            "put \"--\" before it in {} if the command of {provider} supports that{by_stdin}",
            self.args()
        );
        Some(Diagnostic::warning(Code::ProviderOptionLike, key, message).help(help))
    }

    /// A prompt that no agent receives.
    fn unused_prompt(&self) -> Option<Diagnostic> {
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

    /// The fix for a prompt that no argument can hold: standard input.
    fn by_stdin(&self) -> String {
        let (args, provider) = (self.args(), self.provider);
        format!(
            "set providers.{provider}.stdin = \"prompt\" and remove {PROMPT} from {args}, to pass the prompt through \
             standard input"
        )
    }
}

fn has_nul(key: Key) -> Diagnostic {
    Diagnostic::error(Code::ProviderArgument, key, "an argument cannot hold a NUL character")
        .help("remove it")
}
