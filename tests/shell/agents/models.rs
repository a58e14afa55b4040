//! `resolve NAME…` prints the model that a name or an alias means.

use serde_json::json;

use crate::test_dir::TestDir;

#[test]
fn aliases_and_canonical_names_resolve() {
    let result = TestDir::new().run("resolve claude-haiku gemini").succeeds().no_stderr();
    let rows: Vec<Vec<&str>> = result.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(
        rows,
        [
            ["NAME", "CANONICAL", "PROVIDER", "MODEL", "TIER"],
            ["claude-haiku", "claude_haiku", "anthropic", "claude-haiku-4-5", "low"],
            ["gemini", "gemini", "google", "gemini-2.5-pro", "high"],
        ]
    );
    let json = TestDir::new().run("resolve gpt-codex --format json").succeeds().no_stderr().json();
    let expected = json!([{"name": "gpt-codex", "canonical": "gpt_codex", "provider": "openai",
                           "model": "gpt-5-codex", "tier": "medium"}]);
    assert_eq!(json, expected);
}

#[test]
fn a_layer_can_add_an_alias() {
    let dir = TestDir::with_config("[models.tiny]\nprovider = \"openai\"\nmodel = \"t\"\ntier = \"low\"\n");
    let json = dir.run("resolve small --set models.tiny.aliases=small --format json").succeeds().json();
    assert_eq!(json[0]["canonical"], "tiny");
}

#[test]
fn an_unknown_name_exits_with_1_and_the_known_names_are_printed() {
    let result = TestDir::new().run("resolve claud gemini").exits_1();
    assert!(result.out.contains("gemini-2.5-pro"), "{}", result.out);
    result.stderr_has("`claud`").stderr_has("claude_haiku");
    TestDir::new().run("resolve Claude").exits_1().only_stderr("`Claude`");
    TestDir::new().run("resolve").exits_2().only_stderr("required");
}

#[test]
fn resolve_refuses_another_schema() {
    let dir = TestDir::new().file("s.json", "{}");
    dir.run("resolve claude --schema s.json").exits_2().only_stderr("built-in schema");
}
