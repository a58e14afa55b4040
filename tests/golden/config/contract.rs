//! The fields of the JSON output that scripts rely on.

use serde_json::{Value as Json, json, to_string_pretty};
use speckit_core::config::resolve::Inputs;
use speckit_core::config::source::Environment;
use speckit_core::tree::print::origins_json;
use speckit_tests::golden;

use crate::config::explanations::explain_key;
use crate::{application, defaults_and, resolve};

fn fields(json: &Json) -> Vec<&str> {
    let mut names: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

fn is_origin(json: &Json) -> bool {
    fields(json) == ["column", "layer", "line", "name", "variable"]
}

#[test]
fn a_diagnostic_has_the_fields_of_the_contract() {
    let inputs = Inputs {
        documents: defaults_and("config.toml", "[hot_reload]\ndebounce_ms = \"5s\"\nmode = \"pol\"\n"),
        environment: Environment::of([("SPECKIT_RETRY__MAX_ATTEMPTS", "0"), ("SPECKIT_RETY", "1")]),
        ..Inputs::default()
    };
    let refused = resolve(&application(), &inputs).unwrap_err();
    let json = json!({ "ok": false, "diagnostics": refused.diagnostics() });
    for diagnostic in json["diagnostics"].as_array().unwrap() {
        assert_eq!(fields(diagnostic), ["code", "help", "key", "message", "origin", "pointer", "severity"]);
        assert!(is_origin(&diagnostic["origin"]), "{diagnostic}");
    }
    golden!("config/contract", "diagnostics", to_string_pretty(&refused.diagnostics()).unwrap());
}

#[test]
fn an_explanation_has_the_fields_of_the_contract() {
    let debounce = explain_key("hot_reload.debounce_ms");
    let json = serde_json::to_value(&debounce).unwrap();
    for name in [
        "key",
        "value",
        "winner",
        "history",
        "type",
        "default",
        "description",
        "variable",
        "reload",
        "secret",
    ] {
        assert!(json.get(name).is_some(), "{name}");
    }
    assert!(is_origin(&json["winner"]));
    for entry in json["history"].as_array().unwrap() {
        assert_eq!(fields(entry), ["decision", "origin", "raw", "value"]);
        assert!(is_origin(&entry["origin"]));
    }
    golden!("config/contract", "explanation", to_string_pretty(&debounce).unwrap());
    let secret = to_string_pretty(&explain_key("providers.openai.api_key")).unwrap();
    assert!(!secret.contains("hunter2"), "{secret}");
    golden!("config/contract", "explanation_of_a_secret", secret);
    golden!(
        "config/contract",
        "explanation_of_a_removed_key",
        to_string_pretty(&explain_key("orchestrator.grace_s")).unwrap()
    );
}

#[test]
fn each_leaf_of_the_origins_is_a_value_with_its_origin() {
    let inputs = Inputs {
        documents: defaults_and("config.toml", "[retry]\nmax_attempts = 5\n"),
        environment: Environment::of([("SPECKIT_RETRY__JITTER", "none")]),
        ..Inputs::default()
    };
    let checked = resolve(&application(), &inputs).unwrap();
    let json = serde_json::to_value(origins_json(checked.merged().root())).unwrap();
    let leaf = &json["retry"]["jitter"];
    assert_eq!(fields(leaf), ["origin", "value"]);
    assert!(is_origin(&leaf["origin"]));
    golden!("config/contract", "origins", to_string_pretty(&json["retry"]).unwrap());
}
