//! Reloads of an embedded configuration: manual, with read guards, and with settings that need a restart.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::TryRecvError;

use serde::Deserialize;
use speckit::ConfigReloadEvent::{FileChanged, ReloadDeferred, ReloadFailed, ReloadSuccess};
use speckit::{
    Builder, Config, ConfigEvent, ConfigReloadEvent, Environment, Fallback, Receiver, Reloaded, Watching,
};
use speckit_core::tree::diff;

use crate::test_dir::TestDir;

#[derive(Debug, Deserialize)]
struct Settings {
    port: u16,
    workers: u32,
    #[serde(default)]
    token: String,
}

const SCHEMA: &str = r#"{
    "properties": {
        "port": { "type": "integer", "minimum": 1, "maximum": 65535 },
        "workers": { "type": "integer", "x-reload": "restart" },
        "token": { "type": "string", "x-secret": true }
    },
    "additionalProperties": false
}"#;

fn builder(dir: &TestDir) -> Builder<Settings> {
    let builder = Config::builder().defaults_toml("port = 8080\nworkers = 4\n");
    builder.schema_json(SCHEMA).file(dir.path("app.toml")).environment(Environment::default())
}

fn open(dir: &TestDir) -> (Config<Settings>, Receiver<ConfigEvent<Settings>>) {
    let config = builder(dir).open().unwrap();
    let events = config.subscribe();
    (config, events)
}

/// Describes the events that a subscriber has received, one line for each.
fn describe_events(dir: &TestDir, events: &Receiver<ConfigEvent<Settings>>) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        match events.try_recv() {
            Ok(event) => lines.push(describe_event(dir, &event)),
            Err(TryRecvError::Empty) => return lines,
            Err(TryRecvError::Disconnected) => panic!("the configuration was dropped"),
        }
    }
}

fn describe_event(dir: &TestDir, event: &ConfigReloadEvent) -> String {
    match event {
        FileChanged { paths } => {
            let names =
                paths.iter().map(|path| path.strip_prefix(dir.path("")).unwrap().display().to_string());
            format!("changed {}", names.collect::<Vec<_>>().join(", "))
        }
        ReloadSuccess { generation, changed, pending_restart, .. } => {
            let pending = pending_restart.iter().map(ToString::to_string).collect::<Vec<_>>();
            format!("{generation}: {}| {}", diff::to_text(changed).replace('\n', " "), pending.join(" "))
        }
        ReloadFailed { generation, diagnostics } => {
            let codes =
                diagnostics.iter().map(|diagnostic| format!("{} {}", diagnostic.code, diagnostic.key));
            format!("{generation}: refused: {}", codes.collect::<Vec<_>>().join(", "))
        }
        ReloadDeferred { busy } => format!("deferred by {busy}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_manual_reload_takes_the_current_content_of_the_file() {
    let dir = TestDir::new();
    let (config, events) = open(&dir);
    dir.write("app.toml", "port = 9000\n");
    assert_eq!(config.load().port, 8080);
    assert_eq!(config.reload(), Ok(Reloaded::Renewed));
    assert_eq!(config.load().port, 9000);
    assert_eq!(config.reload(), Ok(Reloaded::Unchanged));
    assert_eq!(describe_events(&dir, &events), ["changed app.toml", "2: - port = 8080 + port = 9000 | "]);
    assert_eq!(config.snapshot().generation(), 2);
}

#[test]
fn a_bad_edit_keeps_the_configuration_and_a_good_edit_replaces_it() {
    let dir = TestDir::new();
    let (config, events) = open(&dir);
    dir.write("app.toml", "port = 0\nprot = 1\n");
    let refused = config.reload().unwrap_err();
    assert!(refused.to_string().contains("app.toml:1:8"), "{refused}");
    assert_eq!((config.load().port, config.snapshot().generation()), (8080, 1));
    assert_eq!(config.reload().unwrap_err(), refused, "the file is still refused");
    dir.write("app.toml", "");
    assert_eq!(config.reload(), Ok(Reloaded::Unchanged));
    dir.write("app.toml", "port = 9000\n");
    assert_eq!(config.reload(), Ok(Reloaded::Renewed));
    assert_eq!(
        describe_events(&dir, &events),
        [
            "changed app.toml",
            "1: refused: schema/minimum port, schema/additionalProperties prot",
            "changed app.toml",
            "1: | ",
            "changed app.toml",
            "2: - port = 8080 + port = 9000 | ",
        ]
    );
    let status = config.status();
    assert_eq!((status.reloads, status.refusals, status.refusal), (1, 1, None));
}

#[test]
fn an_edit_of_a_comment_sends_no_event_but_updates_the_origins() {
    let dir = TestDir::new().file("app.toml", "port = 9000\n");
    let (config, events) = open(&dir);
    let winner = || config.snapshot().explain("port").unwrap().winner.unwrap().line_column().unwrap();
    assert_eq!(winner(), (1, 8));
    dir.write("app.toml", "# the port\nport = 9000\n");
    assert_eq!(config.reload(), Ok(Reloaded::Unchanged));
    assert_eq!(winner(), (2, 8));
    assert_eq!(describe_events(&dir, &events), [""; 0]);
    assert_eq!(config.snapshot().generation(), 1);
}

#[test]
fn a_read_guard_delays_a_reload_and_dropping_the_last_one_loads_the_newest_content() {
    let dir = TestDir::new();
    let (config, events) = open(&dir);
    let (first, second) = (config.busy(), config.busy());
    dir.write("app.toml", "port = 9000\n");
    assert_eq!(config.reload(), Ok(Reloaded::Deferred));
    assert!(config.status().is_deferred);
    drop(first);
    assert_eq!(config.load().port, 8080);
    dir.write("app.toml", "port = 9001\n");
    drop(second);
    assert_eq!(config.load().port, 9001, "dropping the last guard reads the file again");
    assert_eq!(
        describe_events(&dir, &events),
        ["changed app.toml", "deferred by 2", "changed app.toml", "2: - port = 8080 + port = 9001 | ",]
    );
    assert!(!config.status().is_deferred);
}

#[test]
fn a_reload_without_changes_is_not_delayed_by_a_read_guard() {
    let dir = TestDir::new();
    let (config, events) = open(&dir);
    let guard = config.busy();
    assert_eq!(config.reload(), Ok(Reloaded::Unchanged));
    assert!(!config.status().is_deferred);
    dir.write("app.toml", "# a comment\n");
    assert_eq!(config.reload(), Ok(Reloaded::Unchanged));
    drop(guard);
    assert_eq!(describe_events(&dir, &events), [""; 0]);
    assert_eq!(config.status().drift, Vec::<PathBuf>::new(), "the origins were updated");
}

#[test]
fn an_edit_that_is_reverted_under_a_read_guard_changes_nothing() {
    let dir = TestDir::new();
    let (config, events) = open(&dir);
    let guard = config.busy();
    dir.write("app.toml", "port = 9000\n");
    assert_eq!(config.reload(), Ok(Reloaded::Deferred));
    dir.write("app.toml", "port = 8080\n");
    drop(guard);
    assert_eq!(
        describe_events(&dir, &events),
        ["changed app.toml", "deferred by 1", "changed app.toml", "1: | "]
    );
}

#[test]
fn a_setting_that_needs_a_restart_keeps_its_value_and_is_pending() {
    let dir = TestDir::new();
    let (config, events) = open(&dir);
    dir.write("app.toml", "port = 9000\nworkers = 8\n");
    assert_eq!(config.reload(), Ok(Reloaded::Renewed));
    assert_eq!((config.load().port, config.load().workers), (9000, 4));
    assert_eq!(
        describe_events(&dir, &events),
        ["changed app.toml", "2: - port = 8080 + port = 9000 | workers"]
    );
    let explanation = config.snapshot().explain("workers").unwrap().to_text();
    assert!(explanation.contains("pending    8 ("), "{explanation}");
    assert_eq!(diff::to_text(&config.status().pending_restart), "- workers = 4\n+ workers = 8\n");
    dir.write("app.toml", "port = 9000\n");
    assert_eq!(config.reload(), Ok(Reloaded::Renewed));
    assert_eq!(describe_events(&dir, &events), ["changed app.toml", "3: | "]);
    assert_eq!(config.status().pending_restart, []);
    assert_eq!(builder(&dir.file("app.toml", "workers = 8")).open().unwrap().load().workers, 8);
}

#[test]
fn events_and_errors_contain_no_secret() {
    let dir = TestDir::new();
    let (config, events) = open(&dir);
    dir.write("app.toml", "token = 'hunter2'\n");
    assert_eq!(config.reload(), Ok(Reloaded::Renewed));
    assert_eq!(config.load().token, "hunter2");
    dir.write("app.toml", "token = 'hunter3'\nport = 'hunter3'\n");
    let refused = config.reload().unwrap_err();
    let all_text =
        format!("{:?} {refused} {refused:?} {:?}", describe_events(&dir, &events), config.status());
    assert!(all_text.contains("+ token = \\\"[redacted]\\\"") && !all_text.contains("hunter"), "{all_text}");
}

#[test]
fn a_rule_that_panics_refuses_the_configuration() {
    let dir = TestDir::new();
    let panics = Arc::new(AtomicBool::new(false));
    let rule = {
        let panics = Arc::clone(&panics);
        move |_: &Settings| {
            if panics.load(Ordering::Relaxed) { panic!("a mistake of mine") } else { Ok::<_, String>(()) }
        }
    };
    let config = builder(&dir).validate(rule).open().unwrap();
    panics.store(true, Ordering::Relaxed);
    let error = config.reload().unwrap_err();
    assert_eq!(error.diagnostics()[0].code, "rule/refused");
    assert!(error.to_string().contains("panicked: a mistake of mine"), "{error}");
    panics.store(false, Ordering::Relaxed);
    assert_eq!(
        config.reload(),
        Ok(Reloaded::Unchanged),
        "the rule is called again although no byte has changed"
    );
}

#[test]
fn a_rule_that_calls_reload_gets_an_error_and_no_deadlock() {
    let dir = TestDir::new();
    let inner: Arc<std::sync::OnceLock<Config<Settings>>> = Arc::default();
    let rule = {
        let inner = Arc::clone(&inner);
        move |_: &Settings| match inner.get() {
            Some(config) => {
                drop(config.busy());
                config.status();
                config.reload().map(drop).map_err(|error| error.to_string())
            }
            None => Ok(()),
        }
    };
    let config = builder(&dir).validate(rule).open().unwrap();
    inner.set(config.clone()).unwrap();
    assert!(config.reload().unwrap_err().to_string().contains("must not call `reload`"));
}

#[test]
fn the_defaults_replace_a_bad_file_until_it_is_corrected() {
    let dir = TestDir::new().file("app.toml", "port = 'high'\n");
    assert!(builder(&dir).open().is_err());
    let config = builder(&dir).set("workers", "9").fallback(Fallback::Defaults).open().unwrap();
    let events = config.subscribe();
    assert_eq!((config.load().port, config.load().workers), (8080, 9));
    let status = config.status();
    assert_eq!(status.refusal.unwrap()[0].code, "schema/type");
    assert_eq!(status.drift, [dir.path("app.toml")]);
    assert_eq!(status.watching, Watching::Off);
    dir.write("app.toml", "port = 9000\n");
    assert_eq!(config.reload(), Ok(Reloaded::Renewed));
    assert_eq!(describe_events(&dir, &events), ["changed app.toml", "2: - port = 8080 + port = 9000 | "]);
    assert_eq!(config.status().drift, Vec::<PathBuf>::new());
}

#[test]
fn a_bad_edit_of_the_schema_keeps_the_last_good_schema() {
    let dir = TestDir::new().file("app.toml", "port = 9000\n").file("app.schema.json", SCHEMA);
    let config: Config<Settings> = Config::builder()
        .defaults_toml("port = 8080\nworkers = 4\n")
        .schema_file(dir.path("app.schema.json"), Vec::new())
        .required_file(dir.path("app.toml"))
        .environment(Environment::default())
        .open()
        .unwrap();
    let events = config.subscribe();
    dir.write("app.schema.json", "{ \"properties\": { \"port\": { \"maximum\": \"high\" } } }");
    assert!(config.reload().is_err());
    dir.write("app.schema.json", SCHEMA.replace("65535", "8999"));
    assert!(config.reload().is_err());
    dir.write("app.toml", "port = 8000\n");
    assert_eq!(config.reload(), Ok(Reloaded::Renewed));
    dir.write("app.schema.json", "{");
    assert!(config.reload().is_err());
    dir.write("app.schema.json", SCHEMA);
    assert_eq!(config.reload(), Ok(Reloaded::Unchanged));
    assert_eq!(
        describe_events(&dir, &events),
        [
            "changed app.schema.json",
            "1: refused: schema/invalid properties.port.maximum",
            "changed app.schema.json",
            "1: refused: schema/maximum port",
            "changed app.toml",
            "2: - port = 9000 + port = 8000 | ",
            "changed app.schema.json",
            "2: refused: parse/json ",
            "changed app.schema.json",
            "2: | ",
        ]
    );
}

#[test]
fn the_events_of_a_newly_referenced_schema_file_are_not_lost() {
    let schema_with_reference =
        |to: &str| format!(r#"{{ "properties": {{ "port": {{ "$ref": "{to}" }} }} }}"#);
    let dir = TestDir::new().file("app.toml", "port = 9000\nworkers = 1\n");
    let dir = dir.file("a.json", r#"{ "maximum": 9000 }"#).file("b.json", r#"{ "maximum": 1 }"#);
    let dir = dir.file("app.schema.json", schema_with_reference("a.json"));
    let config: Config<Settings> = Config::builder()
        .schema_file(dir.path("app.schema.json"), Vec::new())
        .required_file(dir.path("app.toml"))
        .environment(Environment::default())
        .debounce(std::time::Duration::ZERO)
        .open()
        .unwrap();
    let events = config.subscribe();
    dir.write("app.schema.json", schema_with_reference("b.json"));
    config.hint();
    dir.write("b.json", r#"{ "maximum": 9001 }"#);
    config.hint();
    assert_eq!(
        describe_events(&dir, &events),
        ["changed app.schema.json, b.json", "1: refused: schema/maximum port", "changed b.json", "1: | "]
    );
    assert_eq!(config.turn(), None);
}

#[test]
fn an_application_can_reload_in_its_own_event_loop() {
    let dir = TestDir::new();
    let config = builder(&dir).debounce(std::time::Duration::from_millis(30)).open().unwrap();
    assert_eq!(config.turn(), None, "nothing is to be done");
    dir.write("app.toml", "port = 9000\n");
    config.hint();
    let mut waits = 0;
    while let Some(wait) = config.turn() {
        assert!(wait <= std::time::Duration::from_millis(30));
        waits += 1;
        std::thread::sleep(wait);
    }
    assert!(waits > 0);
    assert_eq!(config.load().port, 9000);
}

#[test]
fn concurrent_readers_see_complete_generations_in_increasing_order() {
    const RELOADS: u64 = 300;
    let dir = TestDir::new();
    // Both keys have the same number, so a mix of two generations would be visible.
    let write = |n: u64| dir.write("app.toml", format!("port = {}\ntoken = '{}'\n", n + 1, n + 1));
    write(0);
    let config = builder(&dir).open().unwrap();
    let done = AtomicBool::new(false);
    let seen: Vec<u64> = std::thread::scope(|scope| {
        let reader = || {
            let (mut last, mut seen) = (0, 0);
            while !done.load(Ordering::Relaxed) {
                let snapshot = config.snapshot();
                let (settings, loaded, current) = (snapshot.settings(), config.load(), config.current());
                for settings in [settings.as_ref(), &*loaded, &*current] {
                    assert_eq!(settings.port.to_string(), settings.token);
                }
                assert_eq!(snapshot.generation(), u64::from(settings.port));
                assert!(
                    snapshot.generation() >= last && current.port >= loaded.port,
                    "a reader never sees an older generation"
                );
                seen += u64::from(snapshot.generation() != last);
                last = snapshot.generation();
            }
            seen
        };
        let readers: Vec<_> = (0..8).map(|_| scope.spawn(reader)).collect();
        for n in 1..RELOADS {
            write(n);
            assert_eq!(config.reload(), Ok(Reloaded::Renewed));
        }
        done.store(true, Ordering::Relaxed);
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    });
    assert_eq!(config.snapshot().generation(), RELOADS);
    assert!(seen.iter().all(|seen| *seen > 0), "{seen:?}");
}
