//! Infers the provider, the tier and the canonical name of an agent.

use alloc::string::String;

use crate::agents::Tier;
use crate::tree::Text;

/// The provider of a model id, else that of the program that runs it.
pub(super) fn provider_of(model: &str, command: Option<&str>) -> Option<&'static str> {
    let id = base_name(model).to_ascii_lowercase();
    let begins_with = |prefixes: &[&str]| prefixes.iter().any(|prefix| id.starts_with(prefix));
    // Such as `o3-mini`.
    let is_reasoning =
        id.strip_prefix('o').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if is_reasoning || begins_with(&["gpt", "chatgpt", "codex"]) {
        return Some("openai");
    } else if begins_with(&["claude", "opus", "sonnet", "haiku"]) {
        return Some("anthropic");
    } else if begins_with(&["gemini"]) {
        return Some("google");
    }
    let program = base_name(command?.split_whitespace().next()?).to_ascii_lowercase();
    match program.split('.').next()? {
        "codex" | "openai" | "coder" => Some("openai"),
        "claude" | "anthropic" => Some("anthropic"),
        "gemini" | "google" => Some("google"),
        _ => None,
    }
}

/// The tier by the words of a model id, such as `mini` or `pro`; medium without one.
pub(super) fn tier_of(model: &str) -> Tier {
    let model = base_name(model).to_ascii_lowercase();
    let has = |words: &[&str]| model.split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word));
    if has(&["flash", "haiku", "mini", "nano", "lite", "small"]) {
        Tier::Low
    } else if has(&["opus", "pro", "ultra", "max"]) {
        Tier::High
    } else {
        Tier::Medium
    }
}

/// The canonical name of an old one: lowercase words joined by single underscores.
///
/// `None` if no ASCII letter or digit is in the name, or the first is a digit.
pub(super) fn canonical_name(name: &str) -> Option<Text> {
    let mut canonical = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            canonical.push(c.to_ascii_lowercase());
        } else if !canonical.is_empty() && !canonical.ends_with('_') {
            canonical.push('_');
        }
    }
    let canonical = canonical.trim_end_matches('_');
    canonical.starts_with(|c: char| c.is_ascii_lowercase()).then(|| canonical.into())
}

/// The last part of a path, of Unix or Windows.
fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_decides_the_provider_before_the_command_does() {
        for (model, command, provider) in [
            ("gpt-4o", Some("claude"), Some("openai")),
            ("o3-mini", None, Some("openai")),
            ("openai/gpt-5", None, Some("openai")),
            ("codex-mini-latest", None, Some("openai")),
            ("Claude-Opus-4", None, Some("anthropic")),
            ("models/gemini-2.5-pro", None, Some("google")),
            ("llama-3", Some("/usr/local/bin/gemini --yolo"), Some("google")),
            ("llama-3", Some("C:\\tools\\claude.exe"), Some("anthropic")),
            ("llama-3", Some("ollama"), None),
            ("opaque", None, None),
            ("llama-3", None, None),
        ] {
            assert_eq!(provider_of(model, command), provider, "{model} {command:?}");
        }
    }

    #[test]
    fn small_words_make_a_model_low_and_large_ones_high() {
        for (model, tier) in [
            ("gemini-2.5-flash", Tier::Low),
            ("o3-mini", Tier::Low),
            ("claude-opus-4", Tier::High),
            ("gemini-2.5-pro", Tier::High),
            ("gpt-4o", Tier::Medium),
            ("claude-sonnet-4-5", Tier::Medium),
        ] {
            assert_eq!(tier_of(model), tier, "{model}");
        }
    }

    #[test]
    fn a_canonical_name_is_lowercase_words_joined_by_single_underscores() {
        for (name, canonical) in [
            ("Claude-Opus 4.1", Some("claude_opus_4_1")),
            ("  gpt__pro--", Some("gpt_pro")),
            ("gemini", Some("gemini")),
            ("größe", Some("gr_e")),
            ("4o", None),
            ("---", None),
            ("", None),
        ] {
            assert_eq!(canonical_name(name).as_deref(), canonical, "{name}");
        }
        // Otherwise an old file would be refused whose agent is named as a shipped alias.
        for (name, model) in crate::app::AppConfig::default().models {
            for alias in model.aliases {
                assert_eq!(canonical_name(&alias).as_deref(), Some(&*name));
            }
        }
    }
}
