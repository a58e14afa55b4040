//! The default models, providers and rules.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use once_cell::race::OnceBox;

use crate::agents::{ModelConfig, OutputMode, ProviderConfig, StdinMode, Tier, names};
use crate::config::source::{Language, parse};
use crate::policy::PolicyConfig;
use crate::retry::RetryOverrides;
use crate::tree::typed::from_value;
use crate::tree::{LayerKind, Source};

/// The embedded defaults, as TOML.
pub(super) const DEFAULTS: &str = include_str!("defaults.toml");

pub(super) fn shipped_models() -> BTreeMap<String, ModelConfig> {
    [
        ("gemini", "google", "gemini-2.5-pro", Tier::High, Vec::new()),
        ("gemini_flash", "google", "gemini-2.5-flash", Tier::Low, names(["gemini-flash"])),
        ("claude", "anthropic", "claude-sonnet-4-5", Tier::High, Vec::new()),
        ("claude_haiku", "anthropic", "claude-haiku-4-5", Tier::Low, names(["claude-haiku"])),
        ("gpt_pro", "openai", "gpt-5-pro", Tier::High, names(["gpt-pro"])),
        ("gpt_codex", "openai", "gpt-5-codex", Tier::Medium, names(["gpt-codex"])),
    ]
    .map(|(name, provider, model, tier, aliases)| {
        (name.into(), ModelConfig { provider: provider.into(), model: model.into(), tier, aliases })
    })
    .into()
}

pub(super) fn shipped_providers() -> BTreeMap<String, ProviderConfig> {
    [
        (
            "openai",
            ("codex", names(["exec", "--skip-git-repo-check", "--json", "--model", "{model}", "-"])),
            "OPENAI_API_KEY",
            (OutputMode::Jsonl, "/item/text", "/error"),
        ),
        (
            "anthropic",
            ("claude", names(["--print", "--output-format", "json", "--model", "{model}"])),
            "ANTHROPIC_API_KEY",
            (OutputMode::Json, "/result", "/is_error"),
        ),
        (
            "google",
            ("gemini", names(["--skip-trust", "--output-format", "json", "--model", "{model}"])),
            "GEMINI_API_KEY",
            (OutputMode::Json, "/response", "/error"),
        ),
    ]
    .map(|(provider, (command, args), api_key_env, (output, answer_at, error_at))| {
        let config = ProviderConfig {
            command: command.into(),
            args,
            api_key_env: Some(api_key_env.into()),
            login: None,
            credentials: ProviderConfig::credentials(),
            token_env: None,
            stdin: StdinMode::Prompt,
            retryable_exits: ProviderConfig::retryable_exits(),
            output,
            answer_at: Some(answer_at.into()),
            error_at: Some(error_at.into()),
            failure_patterns: Vec::new(),
            retry: RetryOverrides::default(),
        };
        (provider.into(), config)
    })
    .into()
}

/// The settings of the policy with the shipped rules, which only the embedded defaults spell out. They are parsed once, without the
/// tables above them.
pub(super) fn shipped_policy() -> PolicyConfig {
    static POLICY: OnceBox<PolicyConfig> = OnceBox::new();
    POLICY.get_or_init(|| Box::new(parsed_policy())).clone()
}

fn parsed_policy() -> PolicyConfig {
    let text = DEFAULTS.find("\n[policy]\n").and_then(|start| DEFAULTS.get(start..)).unwrap_or_default();
    let source = Source::document(LayerKind::Defaults, "defaults.toml", text);
    let defaults = parse(&source, Language::Toml).ok();
    let policy = defaults.as_ref().and_then(|defaults| defaults.root().member("policy"));
    // The defaults are embedded and tested: reading them does not fail.
    policy.and_then(|policy| from_value(policy).ok()).unwrap_or_default()
}
