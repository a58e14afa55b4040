//! Sources of the program: their layer, outages, hints and time limits, on real threads.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use speckit::retry::{Jitter, RetryConfig};
use speckit::{
    AsyncSource, Builder, Config, ConfigError, ConfigEvent, ConfigReloadEvent, Environment, Fallback, Hint,
    Language, Layer, LayerKind, Receiver, Reloaded, Source, SourceContent, SourceError,
};

use crate::test_dir::TestDir;
use fake::{Behaviour, Fake, Released};

mod asynchronous;
mod fake;
mod logging;

/// How long a test waits for something, which may take long on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const DEBOUNCE: Duration = Duration::from_millis(20);

type Settings = BTreeMap<String, String>;

fn builder() -> Builder<Settings> {
    Config::builder().environment(Environment::default()).debounce(DEBOUNCE)
}

/// The next event, without those of changed files.
#[track_caller]
fn next(events: &Receiver<ConfigEvent<Settings>>) -> ConfigReloadEvent {
    loop {
        match events.recv_timeout(PATIENCE).expect("an event").event {
            ConfigReloadEvent::FileChanged { .. } => {}
            event => return event,
        }
    }
}

#[track_caller]
fn assert_outage(event: &ConfigReloadEvent, message: &str) {
    let ConfigReloadEvent::Warning { diagnostics } = event else { panic!("{event:?}") };
    assert_eq!(diagnostics[0].code, "source/unreadable");
    assert_eq!(diagnostics[0].message, message);
}

#[track_caller]
fn assert_success(event: &ConfigReloadEvent, generation: u64) {
    assert!(
        matches!(event, ConfigReloadEvent::ReloadSuccess { generation: found, .. } if *found == generation),
        "{event:?}"
    );
}

#[track_caller]
fn refusal(opened: Result<Config<Settings>, ConfigError>) -> (Vec<String>, String) {
    let error = opened.expect_err("it is refused");
    (error.diagnostics().iter().map(|diagnostic| diagnostic.code.to_string()).collect(), error.to_string())
}

#[test]
fn a_source_is_above_the_files_and_below_the_variables_and_a_later_one_wins() {
    let dir = TestDir::new().file("app.toml", "a = 'file'\nb = 'file'\nc = 'file'\nd = 'file'\n");
    let given =
        Layer::of_text(LayerKind::Source, "given", "c = 'given'\nd = 'given'", Language::Toml).unwrap();
    let config = builder()
        .env_prefix("APP")
        .environment(Environment::of([("APP_A", "variable")]))
        .source(Fake::new("vault", "a = 'vault'\nb = 'vault'\nc = 'vault'\nd = 'vault'\n"))
        .layer(given)
        .source(Fake::new("parameters", "d = 'parameters'\n"))
        .file(dir.path("app.toml"))
        .open()
        .unwrap();
    let expected = [("a", "variable"), ("b", "vault"), ("c", "given"), ("d", "parameters")];
    assert_eq!(*config.current(), expected.map(|(key, text)| (key.into(), text.into())).into());
    let snapshot = config.snapshot();
    let listed: Vec<&str> = snapshot.sources().iter().map(|source| source.name.as_str()).collect();
    assert_eq!(listed[1..], ["vault", "given", "parameters"]);
    let why = snapshot.explain("b").unwrap();
    let winner = why.winner.unwrap();
    assert_eq!((winner.to_string().as_str(), winner.layer().name()), ("vault:2:5", "source"));
}

#[test]
fn values_of_the_program_have_the_name_of_their_source_as_origin() {
    struct Values;
    impl Source for Values {
        fn name(&self) -> String {
            "two\nlines".into()
        }

        fn read(&self) -> Result<SourceContent, SourceError> {
            Ok(SourceContent::values(BTreeMap::from([("port", "9000")])))
        }
    }
    let config = builder().source(Values).open().unwrap();
    let winner = config.snapshot().explain("port").unwrap().winner.unwrap();
    assert_eq!((config.load()["port"].as_str(), winner.to_string().as_str()), ("9000", r"two\nlines"));
}

#[test]
fn values_whose_serialization_panics_are_a_failed_read() {
    struct Values;
    impl serde::Serialize for Values {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("out of order")
        }
    }
    impl Source for Values {
        fn name(&self) -> String {
            "values".into()
        }

        fn read(&self) -> Result<SourceContent, SourceError> {
            Ok(SourceContent::values(Values))
        }

        fn timeout(&self) -> Duration {
            PATIENCE
        }
    }
    let (codes, report) = refusal(builder().source(Values).open());
    assert_eq!(codes, ["source/unreadable"], "{report}");
    assert!(report.contains("the read ended without a result"), "{report}");
}

#[test]
fn sources_are_read_in_parallel_before_opening_ends() {
    struct Meeting(Arc<Barrier>, &'static str);
    impl Source for Meeting {
        fn name(&self) -> String {
            self.1.into()
        }

        fn read(&self) -> Result<SourceContent, SourceError> {
            self.0.wait();
            Ok(SourceContent::text(Language::Toml, format!("{} = 'read'", self.1)))
        }
    }
    let both = Arc::new(Barrier::new(2));
    let config = builder().source(Meeting(both.clone(), "a")).source(Meeting(both, "b")).open().unwrap();
    assert_eq!(config.load().len(), 2);
}

#[test]
fn a_source_that_cannot_be_read_is_reported_beside_all_other_mistakes() {
    let dir = TestDir::new().file("app.toml", "port = \n");
    let refused = Fake::new("vault", "");
    refused.behave(Behaviour::Fail("permission \u{1b}[31mdenied".into()));
    let slow = Fake { timeout: Duration::from_millis(150), ..Fake::new("slow", "") }.shared();
    slow.behave(Behaviour::Hang);
    let _released = Released(slow.clone());
    let panics = Fake::new("broken", "");
    panics.behave(Behaviour::Panic);
    let unchanged = Fake::new("cached", "");
    unchanged.behave(Behaviour::Unchanged);
    let builder = builder().file(dir.path("app.toml")).source(refused).source(slow);
    let (codes, report) = refusal(builder.source(panics).source(unchanged).open());
    let unreadable = "source/unreadable";
    assert_eq!(codes, [unreadable, unreadable, unreadable, unreadable, "parse/toml"], "{report}");
    for part in [
        r"`vault` cannot be read: permission \u{1b}[31mdenied",
        "`slow` cannot be read: no answer within 150 ms",
        "`broken` cannot be read: reading it panicked: out of order",
        "`cached` cannot be read: it says `unchanged`, and was never read before",
        "check that it can be reached",
    ] {
        assert!(report.contains(part), "{part}: {report}");
    }
}

#[test]
fn an_optional_source_is_a_warning_until_it_answers() {
    let vault = Fake { is_required: false, ..Fake::new("vault", "") }.shared();
    vault.behave(Behaviour::Fail("no route".into()));
    let config = builder().defaults_toml("port = '80'").source(vault.clone()).open().unwrap();
    assert_eq!(config.load()["port"], "80");
    let warnings = config.snapshot().warnings().to_string();
    assert!(warnings.contains("`vault` cannot be read: no route"), "{warnings}");
    assert_eq!(config.status().sources[0].last_good, None);
    let events = config.subscribe();
    let _watcher = config.watch().unwrap();
    vault.text("port = '9000'");
    let ConfigReloadEvent::SourceRecovered { name, .. } = next(&events) else { panic!("no recovery") };
    assert_eq!(name, "vault");
    assert_success(&next(&events), 2);
    assert_eq!(config.load()["port"], "9000");
    assert!(config.snapshot().warnings().is_empty());
}

#[test]
fn a_source_replaces_the_fallback_once_it_answers() {
    let vault = Fake::new("vault", "").shared();
    vault.behave(Behaviour::Fail("no route".into()));
    let builder = builder().defaults_toml("port = '80'").source(vault.clone());
    let config = builder.fallback(Fallback::Defaults).open().unwrap();
    assert_eq!(config.load()["port"], "80");
    assert!(config.status().refusal.unwrap().to_string().contains("`vault` cannot be read: no route"));
    let (events, _watcher) = (config.subscribe(), config.watch().unwrap());
    vault.text("port = '9000'");
    assert!(matches!(next(&events), ConfigReloadEvent::SourceRecovered { .. }));
    assert_success(&next(&events), 2);
    assert_eq!((config.load()["port"].as_str(), config.status().refusal), ("9000", None));
}

#[test]
fn an_outage_keeps_the_last_content_and_gives_one_warning_and_one_notice() {
    let vault = Fake::new("vault", "port = '1'\ntoken = 'hunter2'").shared();
    let config = builder().secret("token").source(vault.clone()).open().unwrap();
    let (events, _watcher) = (config.subscribe(), config.watch().unwrap());
    vault.push(Behaviour::Fail("hunter2 is refused".into()));
    assert_outage(&next(&events), "`vault` cannot be read: [redacted] is refused");
    vault.wait_for_read(4);
    vault.behave(Behaviour::Fail("hunter2 is still refused".into()));
    vault.wait_for_read(6);
    let [source] = &config.status().sources[..] else { panic!("one source") };
    assert_eq!(source.failure.as_deref(), Some("[redacted] is still refused"));
    assert!(source.outage.unwrap() <= source.last_good.unwrap(), "{source:?}");
    assert!(config.status().warnings.is_empty(), "its state is in the list of sources");
    assert_eq!(config.load()["port"], "1");
    assert_eq!(config.reload().unwrap(), Reloaded::Unchanged, "a file may change during an outage");
    vault.text("port = '2'\ntoken = 'hunter2'");
    let ConfigReloadEvent::SourceRecovered { outage, .. } = next(&events) else { panic!("no recovery") };
    assert!(outage >= Duration::from_millis(300), "{outage:?}");
    assert_success(&next(&events), 2);
    assert_eq!(config.load()["port"], "2");
    let [source] = &config.status().sources[..] else { panic!("one source") };
    assert_eq!((source.outage, &source.failure), (None, &None));
}

#[test]
fn wrong_content_is_refused_as_a_wrong_file_is() {
    let vault = Fake::new("vault", "port = '1'").shared();
    let config = builder().source(vault.clone()).open().unwrap();
    let (events, _watcher) = (config.subscribe(), config.watch().unwrap());
    vault.push(Behaviour::Text("port = '2'\nport = '3'".into()));
    let ConfigReloadEvent::ReloadFailed { generation: 1, diagnostics } = next(&events) else {
        panic!("it is accepted")
    };
    assert_eq!(diagnostics[0].origin.as_ref().unwrap().to_string(), "vault:2:1");
    assert_eq!(config.load()["port"], "1");
    vault.push(Behaviour::Text("port = '4'".into()));
    assert_success(&next(&events), 2);
    assert_eq!(config.load()["port"], "4");
}

#[test]
fn a_hanging_read_delays_neither_files_nor_the_end_of_the_program() {
    let dir = TestDir::new().file("app.toml", "port = '1'\n");
    let vault = Fake::new("vault", "host = 'a'").shared();
    let _released = Released(vault.clone());
    let config = builder().file(dir.path("app.toml")).source(vault.clone()).open().unwrap();
    let (events, watcher) = (config.subscribe(), config.watch().unwrap());
    vault.push(Behaviour::Hang);
    vault.wait_for_read(2);
    std::fs::write(dir.path("app.toml"), "port = '2'\n").unwrap();
    assert_success(&next(&events), 2);
    assert_eq!((config.load()["port"].as_str(), config.load()["host"].as_str()), ("2", "a"));
    assert!(config.status().sources[0].is_reading);
    let hint = vault.hint();
    assert!(!hint.is_closed());
    // The read goes on: ending would last as long as the patience of the test if it were waited for.
    let started = Instant::now();
    drop(watcher);
    drop(config);
    assert!(started.elapsed() < PATIENCE / 2);
    assert!(hint.is_closed());
    assert_eq!(vault.state().behaviour, Behaviour::Hang);
}

#[test]
fn a_reload_by_hand_reads_the_sources_and_waits_no_longer_than_their_time_limit() {
    let vault = Fake { timeout: Duration::from_millis(200), ..Fake::new("vault", "port = '1'") }.shared();
    let _released = Released(vault.clone());
    let config = builder().source(vault.clone()).open().unwrap();
    vault.text("port = '2'");
    assert_eq!(config.load()["port"], "1", "it is not polled");
    assert_eq!(config.reload().unwrap(), Reloaded::Renewed);
    assert_eq!(config.load()["port"], "2");
    vault.behave(Behaviour::Hang);
    assert_eq!(config.reload().unwrap(), Reloaded::Unchanged);
    let failure = config.status().sources[0].failure.clone();
    assert_eq!(failure.as_deref(), Some("no answer within 200 ms"));
}

#[test]
fn without_a_watcher_new_content_waits_for_a_turn() {
    let vault = Fake { poll_interval: Some(Duration::ZERO), ..Fake::new("vault", "port = '1'") }.shared();
    let config = builder().source(vault.clone()).open().unwrap();
    assert_eq!(config.turn(), None);
    vault.text("port = '2'");
    let started = Instant::now();
    while config.load()["port"] != "2" {
        config.turn();
        assert!(started.elapsed() < PATIENCE);
        std::thread::yield_now();
    }
    assert!(vault.reads() >= 2);
}

#[test]
fn a_rule_that_reloads_gets_an_error_and_waits_for_no_source() {
    let slot = Arc::new(Mutex::new(None::<Config<Settings>>));
    let found = Arc::new(Mutex::new(None));
    let (inner, result) = (slot.clone(), found.clone());
    let rule = move |_: &Settings| -> Result<(), String> {
        let config = inner.lock().unwrap().clone();
        *result.lock().unwrap() = config.map(|config| config.reload().unwrap_err().diagnostics()[0].code);
        Ok(())
    };
    let vault = Fake::new("vault", "port = '1'").shared();
    let config = builder().source(vault.clone()).validate(rule).open().unwrap();
    *slot.lock().unwrap() = Some(config.clone());
    vault.text("port = '2'");
    config.reload().unwrap();
    assert_eq!(found.lock().unwrap().unwrap(), "reload/nested");
    assert_eq!(vault.reads(), 2, "the rule reads nothing");
    slot.lock().unwrap().take();
}

#[test]
fn an_inspection_reads_sources_and_the_rules_alone_do_not() {
    let vault = Fake::new("vault", "port = '1'").shared();
    builder().source(vault.clone()).rules().unwrap();
    assert_eq!(vault.reads(), 0);
    let inspection = builder().source(vault.clone()).inspect().unwrap();
    assert!(inspection.merged().unwrap().root().to_string().contains("port"));
    assert_eq!(vault.reads(), 1);
}

#[test]
fn the_text_of_a_source_is_not_recorded() {
    let dir = TestDir::new().file("app.toml", "port = '1'\n");
    let given = Layer::of_text(LayerKind::Source, "given", "# hunter2\nhost = 'a'", Language::Toml).unwrap();
    let config = builder()
        .file(dir.path("app.toml"))
        .source(Fake::new("vault", "token = 'hunter2'"))
        .layer(given)
        .secret("token")
        .history(dir.path("app.db"))
        .open()
        .unwrap();
    config.flush_history(PATIENCE).unwrap();
    let texts = config.snapshot().texts_with_secrets().to_vec();
    assert_eq!(texts.len(), 1, "{texts:?}");
    drop(config);
    let found = std::fs::read(dir.path("app.db")).unwrap();
    assert!(!found.windows(7).any(|bytes| bytes == b"hunter2"));
}
