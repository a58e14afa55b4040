//! What is said of a `--set` or `--unset` that cannot be followed.

use speckit_core::config::resolve::Inputs;
use speckit_core::config::source::Override;
use speckit_tests::golden;

use crate::{application, defaults_and, report, written};

fn set(key: &str, text: &str) -> Override {
    Override::Set { key: key.into(), text: text.into() }
}

fn over_defaults(overrides: Vec<Override>) -> String {
    report(
        &application(),
        &Inputs { documents: defaults_and("config.toml", ""), overrides, ..Inputs::default() },
    )
}

#[test]
fn a_key_that_is_none_is_refused() {
    let text = over_defaults(vec![
        set("hot_reload..mode", "poll"),
        set("", "poll"),
        set("\"hot_reload", "poll"),
        set("quality_gates.plan[0]", "claude"),
        set("quality_gates.plan[first]", "claude"),
        Override::Unset { key: "retry.".into() },
    ]);
    golden!("config/overrides", "keys_that_are_none", text);
}

#[test]
fn a_text_of_the_wrong_type_is_refused_with_the_forms_that_are_right() {
    let text = over_defaults(vec![
        set("hot_reload.debounce_ms", "2s"),
        set("hot_reload.enabled", "maybe"),
        set("providers.openai.retryable_exits", "75;76"),
        set("retry", "fast"),
    ]);
    golden!("config/overrides", "texts_of_the_wrong_type", text);
}

#[test]
fn what_the_schema_refuses_is_shown_at_its_override() {
    let text = over_defaults(vec![
        set("hot_reload.debounce_ms", "100"),
        set("hot_relaod.mode", "poll"),
        set("auth.corporate.client_secret", "hunter2-planted"),
        Override::Unset { key: "models.claude.tier".into() },
    ]);
    assert!(!text.contains("hunter2"), "{text}");
    golden!("config/overrides", "values_that_the_schema_refuses", text);
}

#[test]
fn an_assignment_without_a_sign_shows_how_it_is_written() {
    let found = Override::assignment("hot_reload.mode poll").unwrap_err();
    golden!("config/overrides", "an_assignment_without_a_sign", written(&[found], &Default::default()));
}
