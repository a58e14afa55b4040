//! The default models, providers and rules.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::agents::{ModelConfig, Provider, ProviderConfig, StdinMode, Tier, names};
use crate::config::source::{Language, parse};
use crate::policy::PolicyConfig;
use crate::tree::typed::from_value;
use crate::tree::{LayerKind, Source};

/// The embedded defaults, as TOML.
pub(super) const DEFAULTS: &str = include_str!("defaults.toml");

pub(super) fn shipped_models() -> BTreeMap<String, ModelConfig> {
    use Provider::{Anthropic, Google, OpenAi};
    [
        ("gemini", Google, "gemini-2.5-pro", Tier::High, Vec::new()),
        ("gemini_flash", Google, "gemini-2.5-flash", Tier::Low, names(["gemini-flash"])),
        ("claude", Anthropic, "claude-sonnet-4-5", Tier::High, Vec::new()),
        ("claude_haiku", Anthropic, "claude-haiku-4-5", Tier::Low, names(["claude-haiku"])),
        ("gpt_pro", OpenAi, "gpt-5-pro", Tier::High, names(["gpt-pro"])),
        ("gpt_codex", OpenAi, "gpt-5-codex", Tier::Medium, names(["gpt-codex"])),
    ]
    .map(|(name, provider, model, tier, aliases)| {
        (name.into(), ModelConfig { provider, model: model.into(), tier, aliases })
    })
    .into()
}

pub(super) fn shipped_providers() -> BTreeMap<Provider, ProviderConfig> {
    use Provider::{Anthropic, Google, OpenAi};
    [
        (OpenAi, "codex", names(["exec", "--model", "{model}", "{prompt}"]), "OPENAI_API_KEY"),
        (Anthropic, "claude", names(["--print", "--model", "{model}", "{prompt}"]), "ANTHROPIC_API_KEY"),
        (Google, "gemini", names(["--model", "{model}", "--prompt", "{prompt}"]), "GEMINI_API_KEY"),
    ]
    .map(|(provider, command, args, api_key_env)| {
        let config = ProviderConfig {
            command: command.into(),
            args,
            api_key_env: Some(api_key_env.into()),
            login: None,
            credentials: ProviderConfig::credentials(),
            token_env: None,
            stdin: StdinMode::None,
            retryable_exits: ProviderConfig::retryable_exits(),
        };
        (provider, config)
    })
    .into()
}

/// The settings of the policy with the shipped rules, which only the embedded defaults spell out.
pub(super) fn shipped_policy() -> PolicyConfig {
    let source = Source::document(LayerKind::Defaults, "defaults.toml", DEFAULTS);
    let defaults = parse(&source, Language::Toml).ok();
    let policy = defaults.as_ref().and_then(|defaults| defaults.root().member("policy"));
    // The defaults are embedded and tested: reading them does not fail.
    policy.and_then(|policy| from_value(policy).ok()).unwrap_or_default()
}
