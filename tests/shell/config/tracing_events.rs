//! The `tracing` events of loads, reloads and diagnostics are those of the table in the guide, and hold no secret.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use speckit::{Builder, Config, Environment, Fallback, Reloaded, Secret};

use crate::recorded_events::{RecordedEvent, events_of};
use crate::test_dir::TestDir;

const GUIDE: &str = include_str!("../../../shell/lib/src/guide/logging.md");
const TARGET: &str = "speckit::config";
const CANARY: &str = "hunter2";

#[derive(Deserialize)]
struct Settings {
    port: u16,
    #[serde(rename = "workers")]
    _workers: u16,
    token: Secret<String>,
}

const SCHEMA: &str = r#"{
    "properties": {
        "port": { "type": "integer", "minimum": 1, "maximum": 65535 },
        "workers": { "type": "integer", "x-reload": "restart" },
        "token": { "type": "string", "x-secret": true },
        "old": { "type": "integer", "deprecated": true, "description": "not used any more" }
    }
}"#;

fn builder(dir: &TestDir) -> Builder<Settings> {
    let builder = Config::builder().defaults_toml("port = 80\nworkers = 4\ntoken = 'none'\n");
    let builder = builder.schema_json(SCHEMA).file(dir.path("app.toml")).env_prefix("APP");
    builder.environment(Environment::of([("APP_PROT", "1")]))
}

/// The events of this library about the configuration.
fn config_events(run: impl FnOnce()) -> Vec<RecordedEvent> {
    let mut events = events_of(run);
    events.retain(|event| event.target == TARGET);
    events
}

/// Each event as `LEVEL event: message`.
fn lines(events: &[RecordedEvent]) -> Vec<String> {
    let line = |event: &RecordedEvent| {
        let code = event.fields.get("code").map_or(String::new(), |code| format!(" {code}"));
        format!("{} {}{code}", event.level, event.fields["event"])
    };
    events.iter().map(line).collect()
}

/// A life of a configuration that emits every event.
fn life(dir: &TestDir) -> Vec<RecordedEvent> {
    config_events(|| {
        dir.write("app.toml", "port = 'high'\n");
        assert!(builder(dir).open().is_err());
        let config = builder(dir).fallback(Fallback::Defaults).open().unwrap();
        dir.write("app.toml", "port = 9000\nworkers = 8\n");
        assert_eq!(config.reload(), Ok(Reloaded::Renewed));
        dir.write("app.toml", "port = 0\n");
        assert!(config.reload().is_err());
        let guard = config.busy();
        dir.write("app.toml", "port = 9001\n");
        assert_eq!(config.reload(), Ok(Reloaded::Deferred));
        drop(guard);
        assert_eq!(config.load().port, 9001);
    })
}

/// The levels and fields of each event.
pub(super) type Table = BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>;

pub(super) fn table_of_the_guide() -> Table {
    let words =
        |cell: &str| cell.split(['`', ' ', ',']).filter(|word| !word.is_empty()).map(String::from).collect();
    let section = GUIDE.split_once("## Loads and reloads").unwrap().1;
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `") && line.matches('|').count() == 5);
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let levels: BTreeSet<String> = words(cells[2]);
        let levels = levels.into_iter().filter(|level| level != "or").collect();
        (cells[1].trim_matches('`').to_owned(), (levels, words(cells[3])))
    })
    .collect()
}

#[test]
fn the_events_of_a_configuration_are_those_of_the_guide() {
    let mut found = Table::new();
    for event in life(&TestDir::new()) {
        assert!(!event.fields["message"].is_empty(), "{event:?}");
        let (levels, fields) = found.entry(event.fields["event"].clone()).or_default();
        levels.insert(event.level);
        fields.extend(event.fields.into_keys().filter(|name| name != "event" && name != "message"));
    }
    let mut table = table_of_the_guide();
    // The thread of a source emits it: see the tests of sources.
    assert!(table.remove("source_recovered").is_some());
    assert_eq!(found, table);
    assert!(GUIDE.contains(&format!("`{TARGET}`")));
}

#[test]
fn a_life_of_a_configuration_is_logged_in_order() {
    let events = life(&TestDir::new());
    assert_eq!(
        lines(&events),
        [
            "ERROR diagnostic schema/type",
            "WARN diagnostic env/unknown",
            "ERROR load_failed",
            "ERROR diagnostic schema/type",
            "WARN diagnostic env/unknown",
            "ERROR load_failed",
            "WARN diagnostic env/unknown",
            "INFO loaded",
            "DEBUG file_changed",
            "INFO reload_success",
            "DEBUG file_changed",
            "ERROR diagnostic schema/minimum",
            "WARN diagnostic env/unknown",
            "ERROR reload_failed",
            "DEBUG file_changed",
            "INFO reload_deferred",
            "INFO reload_success",
        ]
    );
    let success = &events[9].fields;
    assert_eq!((success["generation"].as_str(), success["changed"].as_str()), ("2", "1"));
    assert_eq!((success["changed_keys"].as_str(), success["pending_restart"].as_str()), ("port", "workers"));
    let mistake = &events[11].fields;
    assert_eq!(
        (mistake["key"].as_str(), mistake["message"].as_str()),
        ("port", "expected at least 1, found 0")
    );
    assert!(mistake["origin"].ends_with("app.toml:1:8"), "{mistake:?}");
    assert_eq!(events[13].fields["errors"], "1");
}

#[test]
fn each_warning_is_logged_once_when_it_is_new() {
    let dir = TestDir::new().file("app.toml", "port = 1\n");
    let mut config = None;
    let events = config_events(|| config = Some(builder(&dir).open().unwrap()));
    assert_eq!(lines(&events), ["WARN diagnostic env/unknown", "INFO loaded"]);
    assert_eq!(events[0].fields["origin"], "APP_PROT");
    assert_eq!(events[1].fields["warnings"], "1");
    let config = config.unwrap();
    let reload = |text: &str| {
        dir.write("app.toml", text);
        let events = config_events(|| assert!(config.reload().is_ok()));
        events.into_iter().filter(|event| event.level != "DEBUG").collect::<Vec<_>>()
    };
    let events = reload("port = 2\nold = 1\n");
    assert_eq!(lines(&events), ["WARN diagnostic schema/deprecated", "INFO reload_success"]);
    assert_eq!(events[1].fields["warnings"], "2");
    assert_eq!(lines(&reload("\nport = 3\nold = 1\n")), ["INFO reload_success"], "it only moved");
    assert_eq!(lines(&reload("# a comment\nport = 3\nold = 1\n")), [""; 0]);
}

#[test]
fn a_broken_schema_and_a_control_character_are_logged_in_one_line_each() {
    let events = config_events(|| {
        assert!(Config::<Settings>::builder().schema_json("{").open().is_err());
    });
    assert_eq!(lines(&events), ["ERROR diagnostic parse/json", "ERROR load_failed"]);
    let builder = builder(&TestDir::new()).validate(|_| Err("the screen is \u{1b}[2J\nempty"));
    let events = config_events(|| assert!(builder.open().is_err()));
    let fields = events.iter().flat_map(|event| event.fields.values());
    assert!(fields.clone().any(|text| text.contains("[2J")), "{events:?}");
    assert!(fields.clone().all(|text| !text.contains(char::is_control)), "{events:?}");
}

#[test]
fn no_event_holds_a_secret() {
    let dir = TestDir::new().file("app.toml", format!("token = '{CANARY}'\n"));
    let rule = |settings: &Settings| match settings.port {
        81 => Err(format!("the token {} is not for this port", settings.token.expose())),
        _ => Ok(()),
    };
    let environment =
        || Environment::of([("APP_TOKEN", CANARY), ("APP_TOKKEN", CANARY), ("APP_PORT_TOKEN", CANARY)]);
    let events = config_events(|| {
        for environment in [Environment::default(), environment()] {
            let config = builder(&dir).environment(environment).validate(rule).open().unwrap();
            for text in [
                "token = 'hunter2'\nport = 81",
                "token = 'hunter2'\nport = 82\ntokken = 'hunter2'",
                "tokken = 'hunter2'",
                "passphrase = 'hunter2'",
                "port.token = 'hunter2'",
                "token.a = ['hunter2']",
                "token = hunter2",
                "[token]\nhunter2 = 1",
                "token = 'hunter2x'\nport = 83",
            ] {
                dir.write("app.toml", text);
                let _ = config.reload();
                let _ = builder(&dir).validate(rule).open();
            }
        }
    });
    assert!(lines(&events).iter().any(|line| line == "ERROR reload_failed"));
    assert!(lines(&events).iter().any(|line| line == "INFO reload_success"));
    for event in &events {
        assert!(!format!("{event:?}").contains(CANARY), "{event:?}");
    }
}

#[test]
fn more_changed_keys_than_a_line_holds_are_counted() {
    let dir = TestDir::new();
    let text = |value: u32| (0..30).map(|n| format!("k{n:02} = {value}\n")).collect::<String>();
    dir.write("app.toml", text(1));
    let config = Config::<BTreeMap<String, u32>>::builder().file(dir.path("app.toml")).open().unwrap();
    dir.write("app.toml", text(2));
    let events = config_events(|| assert!(config.reload().is_ok()));
    let success = events.iter().find(|event| event.fields["event"] == "reload_success").unwrap();
    assert_eq!(success.fields["changed"], "30");
    assert!(success.fields["changed_keys"].ends_with("k18, k19 and 10 more"), "{success:?}");
}
