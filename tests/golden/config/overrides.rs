//! Reports about an invalid `--set` or `--unset`.

use speckit_core::config::resolve::Inputs;
use speckit_core::config::source::Override;
use speckit_tests::golden;

use crate::{application, defaults_and, render_report, report};

fn set(key: &str, text: &str) -> Override {
    Override::Set { key: key.into(), text: text.into() }
}

fn report_over_defaults(overrides: Vec<Override>) -> String {
    report(
        &application(),
        &Inputs { documents: defaults_and("config.toml", ""), overrides, ..Inputs::default() },
    )
}

#[test]
fn an_invalid_key_is_refused() {
    let text = report_over_defaults(vec![
        set("hot_reload..mode", "poll"),
        set("", "poll"),
        set("\"hot_reload", "poll"),
        set("quality_gates.plan[9]", "claude"),
        Override::Unset { key: "quality_gates.plan[0]".into() },
        set("quality_gates.plan[first]", "claude"),
        Override::Unset { key: "retry.".into() },
    ]);
    golden!("config/overrides", "invalid_keys", text);
}

#[test]
fn an_override_of_the_wrong_type_is_refused_with_the_valid_formats() {
    let text = report_over_defaults(vec![
        set("hot_reload.debounce_ms", "2s"),
        set("hot_reload.enabled", "maybe"),
        set("providers.openai.retryable_exits", "75;76"),
        set("retry", "fast"),
    ]);
    golden!("config/overrides", "texts_of_the_wrong_type", text);
}

#[test]
fn a_schema_violation_is_reported_at_its_override() {
    let text = report_over_defaults(vec![
        set("hot_reload.debounce_ms", "100"),
        set("hot_relaod.mode", "poll"),
        set("auth.corporate.client_secret", "hunter2-planted"),
        Override::Unset { key: "models.claude.tier".into() },
    ]);
    assert!(!text.contains("hunter2"), "{text}");
    golden!("config/overrides", "schema_violations", text);
}

#[test]
fn an_assignment_without_an_equals_sign_shows_the_syntax() {
    let found = Override::assignment("hot_reload.mode poll").unwrap_err();
    golden!(
        "config/overrides",
        "an_assignment_without_an_equals_sign",
        render_report(&[found], &Default::default())
    );
}
