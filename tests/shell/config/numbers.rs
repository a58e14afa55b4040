//! Numbers are printed with the digits that were read.

use speckit::{Config, ConfigReloadEvent};
use speckit_core::tree::print::Show;

use crate::test_dir::TestDir;

const TEXT: &str = "huge = 1e400\nid = 18446744073709551617\nlong = 123456789012345678901234567890123456789012345678901234567890\n\
                    neg = -9223372036854775809\npi = 3.141592653589793238\nsmall = 1e-400\n";
const JSON: &str = "{\"huge\":1e400,\"id\":18446744073709551617,\"long\":123456789012345678901234567890123456789012345678901234567890,\
                    \"neg\":-9223372036854775809,\"pi\":3.141592653589793238,\"small\":1e-400}\n";

fn dir() -> TestDir {
    TestDir::new().file("any.schema.json", "{}").file("app.toml", TEXT).file("app.json", JSON)
}

#[test]
fn toml_and_json_keep_every_digit_of_either_language() {
    let dir = dir();
    for file in ["app.toml", "app.json"] {
        let options = format!("--schema any.schema.json --config {file}");
        assert_eq!(dir.run(&format!("show {options}")).succeeds().out, TEXT);
        assert_eq!(dir.run(&format!("show --format json {options}")).succeeds().out, JSON);
        for (key, digits) in
            [("id", "18446744073709551617"), ("pi", "3.141592653589793238"), ("small", "1e-400")]
        {
            let explained = dir.run(&format!("explain {key} --format json {options}")).succeeds().out;
            assert_eq!(explained.matches(&format!("\"value\":{digits},")).count(), 2, "{explained}");
            let origins = dir.run(&format!("show {key} --origins --format json {options}")).succeeds().out;
            assert!(origins.starts_with(&format!("{{\"value\":{digits},")), "{origins}");
        }
    }
}

#[test]
fn variables_and_overrides_keep_their_digits() {
    let schema = r#"{"properties": {"id": {"type": "integer"}, "pi": {"type": "number"}}}"#;
    let dir = TestDir::new().file("n.schema.json", schema).variable("APP_ID", "18446744073709551617");
    let command = "show --schema n.schema.json --env-prefix APP --set pi=3.141592653589793238";
    assert_eq!(dir.run(command).succeeds().out, "id = 18446744073709551617\npi = 3.141592653589793238\n");
}

#[test]
fn the_history_and_the_events_keep_every_digit() {
    let dir = dir();
    let path = dir.path("app.toml");
    let builder = Config::<serde::de::IgnoredAny>::builder().file(&path).history(dir.path("h.db"));
    let config = builder.open().unwrap();
    let mut events = config.subscribe();
    dir.write("app.toml", TEXT.replace("551617", "551618"));
    config.reload().unwrap();
    assert_eq!(config.snapshot().show(Show::Json), JSON.replace("551617", "551618"));
    let changed = events.find_map(|event| match event.event {
        ConfigReloadEvent::ReloadSuccess { changed, .. } => Some(serde_json::to_string(&changed).unwrap()),
        _ => None,
    });
    let change = r#"[{"key":"id","old":18446744073709551617,"new":18446744073709551618}]"#;
    assert_eq!(changed.unwrap(), change);
    drop(config);
    let options = "--schema any.schema.json --format json --database h.db";
    let shown = dir.run(&format!("history show 2 {options}")).succeeds().out;
    assert!(
        shown.contains(&format!("\"changed\":{change}")) && shown.contains("\"small\":1e-400"),
        "{shown}"
    );
    let difference = dir.run(&format!("history diff 1 2 {options}")).succeeds().out;
    assert!(difference.contains(change), "{difference}");
}
