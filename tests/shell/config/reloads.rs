//! Reloads of an embedded configuration: by hand, under guards, with settings that need a restart.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::TryRecvError;

use serde::Deserialize;
use speckit::ConfigReloadEvent::{FileChanged, ReloadDeferred, ReloadFailed, ReloadSuccess};
use speckit::{Builder, Config, ConfigReloadEvent, Environment, Fallback, Receiver, Reloaded, Watching};
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

fn open(dir: &TestDir) -> (Config<Settings>, Receiver<ConfigReloadEvent>) {
    let shell = builder(dir).open().unwrap();
    let events = shell.subscribe();
    (shell, events)
}

/// What a subscriber was told, one line an event.
fn told(dir: &TestDir, events: &Receiver<ConfigReloadEvent>) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        match events.try_recv() {
            Ok(event) => lines.push(line(dir, &event)),
            Err(TryRecvError::Empty) => return lines,
            Err(TryRecvError::Disconnected) => panic!("the configuration is gone"),
        }
    }
}

fn line(dir: &TestDir, event: &ConfigReloadEvent) -> String {
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
fn a_reload_by_hand_takes_what_the_file_says_now() {
    let dir = TestDir::new();
    let (shell, events) = open(&dir);
    dir.write("app.toml", "port = 9000\n");
    assert_eq!(shell.load().port, 8080);
    assert_eq!(shell.reload(), Ok(Reloaded::Renewed));
    assert_eq!(shell.load().port, 9000);
    assert_eq!(shell.reload(), Ok(Reloaded::Unchanged));
    assert_eq!(told(&dir, &events), ["changed app.toml", "2: - port = 8080 + port = 9000 | "]);
    assert_eq!(shell.snapshot().generation(), 2);
}

#[test]
fn a_bad_edit_keeps_the_last_good_configuration_and_the_good_one_replaces_it() {
    let dir = TestDir::new();
    let (shell, events) = open(&dir);
    dir.write("app.toml", "port = 0\nprot = 1\n");
    let refused = shell.reload().unwrap_err();
    assert!(refused.to_string().contains("app.toml:1:8"), "{refused}");
    assert_eq!((shell.load().port, shell.snapshot().generation()), (8080, 1));
    assert_eq!(shell.reload().unwrap_err(), refused, "it is still refused");
    dir.write("app.toml", "");
    assert_eq!(shell.reload(), Ok(Reloaded::Unchanged));
    dir.write("app.toml", "port = 9000\n");
    assert_eq!(shell.reload(), Ok(Reloaded::Renewed));
    assert_eq!(
        told(&dir, &events),
        [
            "changed app.toml",
            "1: refused: schema/minimum port, schema/additionalProperties prot",
            "changed app.toml",
            "1: | ",
            "changed app.toml",
            "2: - port = 8080 + port = 9000 | ",
        ]
    );
    let status = shell.status();
    assert_eq!((status.reloads, status.refusals, status.refusal), (1, 1, None));
}

#[test]
fn a_comment_is_no_event_and_origins_follow_it() {
    let dir = TestDir::new().file("app.toml", "port = 9000\n");
    let (shell, events) = open(&dir);
    let winner = || shell.snapshot().explain("port").unwrap().winner.unwrap().line_column().unwrap();
    assert_eq!(winner(), (1, 8));
    dir.write("app.toml", "# the port\nport = 9000\n");
    assert_eq!(shell.reload(), Ok(Reloaded::Unchanged));
    assert_eq!(winner(), (2, 8));
    assert_eq!(told(&dir, &events), [""; 0]);
    assert_eq!(shell.snapshot().generation(), 1);
}

#[test]
fn nothing_is_replaced_under_a_guard_and_the_newest_content_follows_the_last_one() {
    let dir = TestDir::new();
    let (shell, events) = open(&dir);
    let (first, second) = (shell.busy(), shell.busy());
    dir.write("app.toml", "port = 9000\n");
    assert_eq!(shell.reload(), Ok(Reloaded::Deferred));
    assert!(shell.status().is_deferred);
    drop(first);
    assert_eq!(shell.load().port, 8080);
    dir.write("app.toml", "port = 9001\n");
    drop(second);
    assert_eq!(shell.load().port, 9001, "read once more when the last guard was dropped");
    assert_eq!(
        told(&dir, &events),
        ["changed app.toml", "deferred by 2", "changed app.toml", "2: - port = 8080 + port = 9001 | ",]
    );
    assert!(!shell.status().is_deferred);
}

#[test]
fn a_reload_under_a_guard_of_what_runs_already_waits_for_nothing() {
    let dir = TestDir::new();
    let (shell, events) = open(&dir);
    let guard = shell.busy();
    assert_eq!(shell.reload(), Ok(Reloaded::Unchanged));
    assert!(!shell.status().is_deferred);
    dir.write("app.toml", "# a comment\n");
    assert_eq!(shell.reload(), Ok(Reloaded::Unchanged));
    drop(guard);
    assert_eq!(told(&dir, &events), [""; 0]);
    assert_eq!(shell.status().drift, Vec::<PathBuf>::new(), "places have followed");
}

#[test]
fn an_edit_that_is_taken_back_under_a_guard_ends_with_nothing_changed() {
    let dir = TestDir::new();
    let (shell, events) = open(&dir);
    let guard = shell.busy();
    dir.write("app.toml", "port = 9000\n");
    assert_eq!(shell.reload(), Ok(Reloaded::Deferred));
    dir.write("app.toml", "port = 8080\n");
    drop(guard);
    assert_eq!(told(&dir, &events), ["changed app.toml", "deferred by 1", "changed app.toml", "1: | "]);
}

#[test]
fn a_setting_that_needs_a_restart_keeps_its_running_value_and_is_told() {
    let dir = TestDir::new();
    let (shell, events) = open(&dir);
    dir.write("app.toml", "port = 9000\nworkers = 8\n");
    assert_eq!(shell.reload(), Ok(Reloaded::Renewed));
    assert_eq!((shell.load().port, shell.load().workers), (9000, 4));
    assert_eq!(told(&dir, &events), ["changed app.toml", "2: - port = 8080 + port = 9000 | workers"]);
    let why = shell.snapshot().explain("workers").unwrap().to_text();
    assert!(why.contains("pending    8 ("), "{why}");
    assert_eq!(diff::to_text(&shell.status().pending_restart), "- workers = 4\n+ workers = 8\n");
    dir.write("app.toml", "port = 9000\n");
    assert_eq!(shell.reload(), Ok(Reloaded::Renewed));
    assert_eq!(told(&dir, &events), ["changed app.toml", "3: | "]);
    assert_eq!(shell.status().pending_restart, []);
    assert_eq!(builder(&dir.file("app.toml", "workers = 8")).open().unwrap().load().workers, 8);
}

#[test]
fn no_secret_is_told() {
    let dir = TestDir::new();
    let (shell, events) = open(&dir);
    dir.write("app.toml", "token = 'hunter2'\n");
    assert_eq!(shell.reload(), Ok(Reloaded::Renewed));
    assert_eq!(shell.load().token, "hunter2");
    dir.write("app.toml", "token = 'hunter3'\nport = 'hunter3'\n");
    let refused = shell.reload().unwrap_err();
    let all = format!("{:?} {refused} {refused:?} {:?}", told(&dir, &events), shell.status());
    assert!(all.contains("+ token = \\\"[redacted]\\\"") && !all.contains("hunter"), "{all}");
}

#[test]
fn a_rule_that_panics_is_a_refusal() {
    let dir = TestDir::new();
    let panics = Arc::new(AtomicBool::new(false));
    let rule = {
        let panics = Arc::clone(&panics);
        move |_: &Settings| {
            if panics.load(Ordering::Relaxed) { panic!("a mistake of mine") } else { Ok::<_, String>(()) }
        }
    };
    let shell = builder(&dir).validate(rule).open().unwrap();
    panics.store(true, Ordering::Relaxed);
    let error = shell.reload().unwrap_err();
    assert_eq!(error.diagnostics()[0].code, "rule/refused");
    assert!(error.to_string().contains("panicked: a mistake of mine"), "{error}");
    panics.store(false, Ordering::Relaxed);
    assert_eq!(shell.reload(), Ok(Reloaded::Unchanged), "a rule is asked again although no byte has changed");
}

#[test]
fn a_rule_that_asks_for_a_reload_is_refused_and_nothing_hangs() {
    let dir = TestDir::new();
    let inner: Arc<std::sync::OnceLock<Config<Settings>>> = Arc::default();
    let rule = {
        let inner = Arc::clone(&inner);
        move |_: &Settings| match inner.get() {
            Some(shell) => {
                drop(shell.busy());
                shell.status();
                shell.reload().map(drop)
            }
            None => Ok(()),
        }
    };
    let shell = builder(&dir).validate(rule).open().unwrap();
    inner.set(shell.clone()).unwrap();
    assert!(shell.reload().unwrap_err().to_string().contains("must not call `reload`"));
}

#[test]
fn defaults_stand_in_for_a_bad_file_until_it_is_mended() {
    let dir = TestDir::new().file("app.toml", "port = 'high'\n");
    assert!(builder(&dir).open().is_err());
    let shell = builder(&dir).set("workers", "9").fallback(Fallback::Defaults).open().unwrap();
    let events = shell.subscribe();
    assert_eq!((shell.load().port, shell.load().workers), (8080, 9));
    let status = shell.status();
    assert_eq!(status.refusal.unwrap()[0].code, "schema/type");
    assert_eq!(status.drift, [dir.path("app.toml")]);
    assert_eq!(status.watching, Watching::Off);
    dir.write("app.toml", "port = 9000\n");
    assert_eq!(shell.reload(), Ok(Reloaded::Renewed));
    assert_eq!(told(&dir, &events), ["changed app.toml", "2: - port = 8080 + port = 9000 | "]);
    assert_eq!(shell.status().drift, Vec::<PathBuf>::new());
}

#[test]
fn a_schema_that_is_edited_badly_keeps_the_last_good_one() {
    let dir = TestDir::new().file("app.toml", "port = 9000\n").file("app.schema.json", SCHEMA);
    let shell: Config<Settings> = Config::builder()
        .defaults_toml("port = 8080\nworkers = 4\n")
        .schema_file(dir.path("app.schema.json"), Vec::new())
        .required_file(dir.path("app.toml"))
        .environment(Environment::default())
        .open()
        .unwrap();
    let events = shell.subscribe();
    dir.write("app.schema.json", "{ \"properties\": { \"port\": { \"maximum\": \"high\" } } }");
    assert!(shell.reload().is_err());
    dir.write("app.schema.json", SCHEMA.replace("65535", "8999"));
    assert!(shell.reload().is_err());
    dir.write("app.toml", "port = 8000\n");
    assert_eq!(shell.reload(), Ok(Reloaded::Renewed));
    dir.write("app.schema.json", "{");
    assert!(shell.reload().is_err());
    dir.write("app.schema.json", SCHEMA);
    assert_eq!(shell.reload(), Ok(Reloaded::Unchanged));
    assert_eq!(
        told(&dir, &events),
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
fn a_schema_that_refers_to_another_file_now_has_lost_none() {
    let refers = |to: &str| format!(r#"{{ "properties": {{ "port": {{ "$ref": "{to}" }} }} }}"#);
    let dir = TestDir::new().file("app.toml", "port = 9000\nworkers = 1\n");
    let dir = dir.file("a.json", r#"{ "maximum": 9000 }"#).file("b.json", r#"{ "maximum": 1 }"#);
    let dir = dir.file("app.schema.json", refers("a.json"));
    let shell: Config<Settings> = Config::builder()
        .schema_file(dir.path("app.schema.json"), Vec::new())
        .required_file(dir.path("app.toml"))
        .environment(Environment::default())
        .debounce(std::time::Duration::ZERO)
        .open()
        .unwrap();
    let events = shell.subscribe();
    dir.write("app.schema.json", refers("b.json"));
    shell.hint();
    dir.write("b.json", r#"{ "maximum": 9001 }"#);
    shell.hint();
    assert_eq!(
        told(&dir, &events),
        ["changed app.schema.json, b.json", "1: refused: schema/maximum port", "changed b.json", "1: | "]
    );
    assert_eq!(shell.turn(), None);
}

#[test]
fn an_event_loop_of_ones_own_needs_no_thread() {
    let dir = TestDir::new();
    let shell = builder(&dir).debounce(std::time::Duration::from_millis(30)).open().unwrap();
    assert_eq!(shell.turn(), None, "nothing is to be done");
    dir.write("app.toml", "port = 9000\n");
    shell.hint();
    let mut waits = 0;
    while let Some(wait) = shell.turn() {
        assert!(wait <= std::time::Duration::from_millis(30));
        waits += 1;
        std::thread::sleep(wait);
    }
    assert!(waits > 0);
    assert_eq!(shell.load().port, 9000);
}

#[test]
fn readers_under_fire_see_whole_generations_and_never_an_older_one_after_a_newer() {
    const RELOADS: u64 = 300;
    let dir = TestDir::new();
    // Both keys hold the same number, so that half of one generation and half of another would be seen.
    let write = |n: u64| dir.write("app.toml", format!("port = {}\ntoken = '{}'\n", n + 1, n + 1));
    write(0);
    let shell = builder(&dir).open().unwrap();
    let done = AtomicBool::new(false);
    let seen: Vec<u64> = std::thread::scope(|scope| {
        let reader = || {
            let (mut last, mut seen) = (0, 0);
            while !done.load(Ordering::Relaxed) {
                let snapshot = shell.snapshot();
                let (settings, looked, kept) = (snapshot.config(), shell.load(), shell.current());
                for settings in [settings.as_ref(), &*looked, &*kept] {
                    assert_eq!(settings.port.to_string(), settings.token);
                }
                assert_eq!(snapshot.generation(), u64::from(settings.port));
                assert!(snapshot.generation() >= last && kept.port >= looked.port, "it went back");
                seen += u64::from(snapshot.generation() != last);
                last = snapshot.generation();
            }
            seen
        };
        let readers: Vec<_> = (0..8).map(|_| scope.spawn(reader)).collect();
        for n in 1..RELOADS {
            write(n);
            assert_eq!(shell.reload(), Ok(Reloaded::Renewed));
        }
        done.store(true, Ordering::Relaxed);
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    });
    assert_eq!(shell.snapshot().generation(), RELOADS);
    assert!(seen.iter().all(|seen| *seen > 0), "{seen:?}");
}
