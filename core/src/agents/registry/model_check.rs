//! Checks the provider and the id of a model.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::origins::{located, origin_of};
use crate::agents::{ModelConfig, ProviderConfig};
use crate::tree::nearest::nearest;
use crate::tree::{Code, Diagnostic, Key, Value};

/// Diagnostics about every model of a tree. A value of a wrong type is ignored, and so is every provider of a model if the
/// providers are no table.
pub(super) fn check_tree(root: &Value) -> Vec<Diagnostic> {
    let providers = root.member("providers");
    let names: Option<Vec<&str>> = match providers.map(Value::as_table) {
        None => Some(Vec::new()),
        Some(table) => table.map(|table| table.iter().map(|(name, _)| name.as_str()).collect()),
    };
    let models = root.member("models").and_then(Value::as_table).into_iter().flatten();
    let mut diagnostics = Vec::new();
    for (model, entry) in models {
        let text = |name| entry.member(name).and_then(Value::as_str);
        let provider = text("provider").zip(names.as_deref());
        diagnostics.extend(provider.and_then(|(provider, names)| unknown_provider(model, provider, names)));
        diagnostics.extend(text("model").and_then(|id| invalid_id(model, id)));
    }
    diagnostics.into_iter().map(|one| with_origin(one, Some(root))).collect()
}

/// As [`check_tree`], for one deserialized model.
pub(crate) fn check_model(
    name: &str,
    model: &ModelConfig,
    providers: &BTreeMap<String, ProviderConfig>,
    root: Option<&Value>,
) -> Vec<Diagnostic> {
    let names: Vec<&str> = providers.keys().map(String::as_str).collect();
    let found = [unknown_provider(name, &model.provider, &names), invalid_id(name, &model.model)];
    found.into_iter().flatten().map(|one| with_origin(one, root)).collect()
}

fn with_origin(diagnostic: Diagnostic, root: Option<&Value>) -> Diagnostic {
    let origin = origin_of(root, &diagnostic.key);
    located(diagnostic, origin)
}

fn unknown_provider(model: &str, provider: &str, providers: &[&str]) -> Option<Diagnostic> {
    if providers.contains(&provider) {
        return None;
    }
    let mut help = match nearest(provider, providers.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`? "),
        None => String::new(),
    };
    match providers {
        [] => help.push_str("there are no providers"),
        _ => help.push_str(&format!("the providers are {}", providers.join(", "))),
    }
    if is_provider_name(provider) {
        help.push_str(&format!("; for another one, set providers.{provider}.command"));
    } else {
        help.push_str("; the name of another one is lowercase words joined by single underscores");
    }
    let message = format!("unknown provider `{provider}`");
    let key = Key::of(["models", model, "provider"]);
    Some(Diagnostic::error(Code::NameUnknown, key, message).help(help))
}

/// Whether the schema allows a provider of this name.
fn is_provider_name(name: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.split('_').all(is_word)
}

/// An id that names no model, or that the program of the agent would read as an option.
fn invalid_id(model: &str, id: &str) -> Option<Diagnostic> {
    let message = match id {
        _ if id.trim().is_empty() => "the id of the model is empty".into(),
        _ if id.starts_with('-') => {
            format!("the id of the model begins with `-`, so an agent would read `{id}` as an option")
        }
        _ => return None,
    };
    let key = Key::of(["models", model, "model"]);
    Some(
        Diagnostic::error(Code::ProviderModelId, key, message)
            .help("write the id that the provider gives the model"),
    )
}

#[cfg(test)]
#[cfg(feature = "app")]
mod tests {
    use super::*;
    use crate::config::source::{Language, parse};
    use crate::tree::{LayerKind, Source};

    fn lines(text: &str) -> Vec<String> {
        let source = Source::document(LayerKind::File, "a.toml", text);
        let root = parse(&source, Language::Toml).unwrap().root().clone();
        let line = |d: Diagnostic| {
            format!("{} {}: {} ({})", d.code, d.origin.unwrap(), d.message, d.help.unwrap_or_default())
        };
        check_tree(&root).into_iter().map(line).collect()
    }

    #[test]
    fn a_provider_without_settings_is_reported_with_the_nearest_name_and_the_key_to_add() {
        let providers = "[providers.ollama]\n[providers.openai]\n";
        let of = |provider: &str| format!("[models.m]\nprovider = '{provider}'\n{providers}");
        assert_eq!(lines(&of("ollama")), [""; 0]);
        for (provider, help) in [
            (
                "olama",
                "did you mean `ollama`? the providers are ollama, openai; for another one, set providers.olama.command",
            ),
            ("vllm_2", "the providers are ollama, openai; for another one, set providers.vllm_2.command"),
            (
                "_x",
                "the providers are ollama, openai; the name of another one is lowercase words joined by single underscores",
            ),
            (
                "",
                "the providers are ollama, openai; the name of another one is lowercase words joined by single underscores",
            ),
        ] {
            let expected = format!("name/unknown a.toml:2:12: unknown provider `{provider}` ({help})");
            assert_eq!(lines(&of(provider)), [expected]);
        }
        let alone = lines("[models.m]\nprovider = 'x'\n");
        assert!(
            alone[0].ends_with("(there are no providers; for another one, set providers.x.command)"),
            "{alone:?}"
        );
        assert_eq!(lines("providers = 1\n[models.m]\nprovider = 'x'\n"), [""; 0]);
        assert_eq!(lines("[models.m]\nprovider = 1\nmodel = 2\n"), [""; 0]);
    }

    #[test]
    fn an_id_that_is_empty_or_begins_with_a_hyphen_is_refused() {
        for (id, is_allowed) in
            [("gpt-5", true), (" x", true), ("", false), (" ", false), ("-c", false), ("--", false)]
        {
            let found = lines(&format!("[models.m]\nmodel = '{id}'\n"));
            assert_eq!(found.is_empty(), is_allowed, "`{id}`: {found:?}");
            assert!(found.iter().all(|line| line.starts_with("provider/model-id a.toml:2:9: ")), "{found:?}");
        }
    }
}
