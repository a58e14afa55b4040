//! The explanations of keys: which layer set the value.

use speckit_core::Key;
use speckit_core::config::explain::{Explanation, explain};
use speckit_core::config::resolve::{Inputs, Rules};
use speckit_core::config::source::{Environment, Override};
use speckit_tests::golden;

use crate::{application, defaults_and, resolve};

const FILE: &str = "\
[hot_reload]
debounce_ms = 1_500
watch_paths = [\"prompts\", \"config.toml\"]

[retry]
jitter = \"none\"

[validation]
strict_schema = false

[providers.openai]
api_key = \"hunter2-planted\"
";

/// Defaults, a file, an environment and overrides with different values.
fn inputs() -> Inputs {
    Inputs {
        documents: defaults_and("config.toml", FILE),
        environment: Environment::of([
            ("SPECKIT_HOT_RELOAD__DEBOUNCE_MS", "5000"),
            ("SPECKIT_HOT_RELOAD__WATCH_PATHS", "rules,prompts"),
            ("SPECKIT_PROVIDERS__OPENAI__API_KEY", "hunter2-planted-too"),
        ]),
        overrides: vec![
            Override::assignment("retry.jitter=equal").unwrap(),
            Override::Unset { key: "orchestrator.grace_s".into() },
        ],
        ..Inputs::default()
    }
}

/// The explanation that `explain KEY` prints.
pub(crate) fn explain_key(key: &str) -> Explanation {
    let rules = application();
    let checked = resolve(&rules, &inputs()).unwrap();
    let key: Key = key.parse().unwrap();
    let facts = rules.schema().and_then(|schema| schema.facts(&key));
    let variable = variable(&rules, &checked, &key);
    explain(
        checked.merged(),
        &key,
        facts.as_ref(),
        &|key, value| rules.keys().is_secret(key, value),
        variable.as_deref(),
    )
    .unwrap()
}

fn variable(rules: &Rules, checked: &speckit_core::config::resolve::Checked, key: &Key) -> Option<String> {
    rules.keys().variable_names(Some(checked.merged().root()))?.variable(key)
}

#[test]
fn the_winning_variable_is_named() {
    golden!("config/explain", "a_variable_wins", explain_key("hot_reload.debounce_ms").to_text());
}

#[test]
fn an_override_shadows_a_file_and_the_defaults() {
    golden!("config/explain", "an_override_wins", explain_key("retry.jitter").to_text());
}

#[test]
fn an_unchanged_default_wins() {
    golden!("config/explain", "a_default_wins", explain_key("store.path").to_text());
}

#[test]
fn a_removed_key_names_the_override_that_removed_it() {
    golden!("config/explain", "a_key_is_removed", explain_key("orchestrator.grace_s").to_text());
}

#[test]
fn a_key_that_is_not_set_shows_the_facts_of_the_schema() {
    golden!("config/explain", "a_key_is_not_set", explain_key("orchestrator.agree_on").to_text());
}

#[test]
fn a_secret_is_explained_without_its_value() {
    let text = explain_key("providers.openai.api_key").to_text();
    assert!(!text.contains("hunter2"), "{text}");
    golden!("config/explain", "a_secret", text);
}

#[test]
fn a_table_shows_the_part_of_each_layer() {
    golden!("config/explain", "a_table", explain_key("hot_reload").to_text());
    let text = explain_key("providers.openai").to_text();
    assert!(!text.contains("hunter2"), "{text}");
    golden!("config/explain", "a_table_with_a_secret", text);
}

#[test]
fn a_joined_list_shows_the_part_of_each_layer() {
    golden!("config/explain", "a_union_of_lists", explain_key("hot_reload.watch_paths").to_text());
}
