//! A database that cannot be opened or written gives a warning, and reloads continue.

use std::time::{Duration, Instant};

use speckit::store::{HistoryMode, StoreConfig, rusqlite};
use speckit::{Config, ConfigEvent, ConfigReloadEvent, Receiver, RecordState};

use super::{Settings, builder, describe_generations, history, write_and_reload};
use crate::test_dir::TestDir;

/// For an event that must come; a test that passes does not wait for it.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The codes of the warnings and the recorded generations that have arrived.
fn received(events: &Receiver<ConfigEvent<Settings>>) -> Vec<String> {
    let mut received = Vec::new();
    while let Ok(event) = events.try_recv() {
        match event.event {
            ConfigReloadEvent::Warning { diagnostics } => {
                received.extend(diagnostics.iter().map(|diagnostic| diagnostic.code.to_string()));
            }
            ConfigReloadEvent::Recorded { generation }
            | ConfigReloadEvent::ReloadSuccess { generation, recorded: RecordState::Recorded, .. } => {
                received.push(format!("recorded {generation}"));
            }
            _ => {}
        }
    }
    received
}

/// Waits for the next warning, and returns its code and message.
fn next_warning(events: &Receiver<ConfigEvent<Settings>>) -> (String, String) {
    loop {
        if let ConfigReloadEvent::Warning { diagnostics } = events.recv_timeout(TIMEOUT).unwrap().event {
            return (diagnostics[0].code.to_string(), diagnostics[0].message.clone());
        }
    }
}

fn flush(config: &Config<Settings>) {
    assert_eq!(config.flush_history(TIMEOUT), Ok(()));
}

fn ports(config: &Config<Settings>) -> Vec<String> {
    describe_generations(&history(config))
        .iter()
        .map(|line| line.rsplit(' ').next().unwrap().into())
        .collect()
}

#[test]
fn a_database_that_cannot_be_opened_only_gives_a_warning() {
    let dir =
        TestDir::new().file("app.toml", "port = 9000\n").file("app.db", "no database at all, but a text");
    let config = builder(&dir).open().unwrap();
    assert_eq!(config.load().port, 9000);
    assert!(config.history().is_none());
    let warnings = config.status().warnings;
    let [warning] = &warnings[..] else { panic!("{warnings:?}") };
    assert_eq!(warning.code, "history/unavailable");
    assert!(warning.message.contains("app.db` is no SQLite database"), "{}", warning.message);
    write_and_reload(&config, &dir, "port = 9001\n");
    assert_eq!(config.status().warnings.len(), 1);
    assert_eq!(dir.read("app.db"), "no database at all, but a text");
}

#[test]
fn a_database_that_could_not_be_opened_is_opened_at_the_next_entry() {
    let dir = TestDir::new().file("app.toml", "port = 1\n").file("app.db", "no database");
    let config = builder(&dir).open().unwrap();
    let events = config.subscribe();
    write_and_reload(&config, &dir, "port = 2\n");
    let unrecorded = config.flush_history(TIMEOUT).unwrap_err();
    assert!(unrecorded.message.starts_with("the history lacks 2 entries: `"), "{unrecorded:?}");
    std::fs::remove_file(dir.path("app.db")).unwrap();
    write_and_reload(&config, &dir, "port = 3\n");
    flush(&config);
    assert_eq!(ports(&config), ["unknown", "2", "3"]);
    assert_eq!(received(&events), ["recorded 2", "recorded 3"], "the warning was given when it was opened");
    assert_eq!(config.status().warnings, [], "the warning is out of date");
}

#[test]
fn a_deleted_or_moved_database_is_opened_anew_with_one_warning() {
    for files in [&["app.db", "app.db-wal", "app.db-shm"][..], &["app.db"]] {
        let dir = TestDir::new().file("app.toml", "port = 1\n");
        let config = builder(&dir).open().unwrap();
        let history = history(&config);
        write_and_reload(&config, &dir, "port = 2\n");
        flush(&config);
        let events = config.subscribe();
        for file in files {
            std::fs::rename(dir.path(file), dir.path(&file.replace("app", "moved"))).unwrap();
        }
        write_and_reload(&config, &dir, "port = 3\n");
        write_and_reload(&config, &dir, "port = 4\n");
        flush(&config);
        assert_eq!(received(&events), ["history/replaced", "recorded 3", "recorded 4"]);
        assert_eq!(ports(&config), ["2", "3", "4"], "the generation in use is recorded again");
        assert_eq!(history.generations().unwrap().len(), 3, "an older handle reads the new file");
        drop((config, history));
        let config = builder(&dir).open().unwrap();
        assert_eq!(ports(&config), ["2", "3", "4"]);
        let moved = speckit::History::of(speckit::store::Store::open(dir.path("moved.db")).unwrap());
        assert_eq!(moved.generations().unwrap().len(), 2, "what was recorded before is in the moved file");
    }
}

#[test]
fn a_long_lock_of_another_process_delays_entries_and_loses_none() {
    let dir = TestDir::new().file("app.toml", "port = 1\n");
    let config = builder(&dir).open().unwrap();
    flush(&config);
    let events = config.subscribe();
    let other = rusqlite::Connection::open(dir.path("app.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    write_and_reload(&config, &dir, "port = 2\n");
    let (code, message) = next_warning(&events);
    assert!(code == "history/unwritten" && message.contains("is locked by another connection"), "{message}");
    write_and_reload(&config, &dir, "port = 3\n");
    dir.write("app.toml", "port = 'bad'\n");
    assert!(config.reload().is_err());
    write_and_reload(&config, &dir, "port = 4\n");
    other.execute_batch("COMMIT").unwrap();
    flush(&config);
    assert_eq!(ports(&config), ["unknown", "2", "3", "4"]);
    assert_eq!(received(&events), ["recorded 2", "recorded 3", "recorded 4"]);
    let after: Vec<_> = history(&config).refusals().unwrap().iter().map(|refusal| refusal.after).collect();
    assert_eq!(after, [Some(3)]);
}

#[test]
fn a_failed_entry_is_written_without_a_new_one_and_the_number_of_lost_ones_is_reported_once() {
    let dir = TestDir::new().file("app.toml", "port = 1\n").file("app.db", "no database");
    let config = builder(&dir).open().unwrap();
    let events = config.subscribe();
    for port in 2..=301 {
        write_and_reload(&config, &dir, &format!("port = {port}\n"));
    }
    std::fs::remove_file(dir.path("app.db")).unwrap();
    let (code, message) = next_warning(&events);
    assert_eq!(code, "history/unwritten");
    assert_eq!(message, "the history lacks 45 entries, which could not be recorded in time");
    flush(&config);
    let ports = ports(&config);
    assert_eq!((ports.len(), ports.last().unwrap().as_str()), (256, "301"));
    assert!(received(&events).iter().all(|event| event.starts_with("recorded ")));
}

#[test]
fn a_success_tells_whether_its_generation_is_recorded() {
    let dir = TestDir::new().file("app.toml", "port = 1\n");
    let mode = |settings: &Settings| {
        let mut store = StoreConfig::default();
        store.history = settings.mode.unwrap_or(HistoryMode::Full);
        store
    };
    let config = builder(&dir).history_settings(mode).open().unwrap();
    let events = config.subscribe();
    let next_state = || loop {
        if let ConfigReloadEvent::ReloadSuccess { recorded, .. } = events.recv_timeout(TIMEOUT).unwrap().event
        {
            return recorded;
        }
    };
    flush(&config);
    let other = rusqlite::Connection::open(dir.path("app.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    write_and_reload(&config, &dir, "port = 2\n");
    assert_eq!(next_state(), RecordState::Pending);
    other.execute_batch("COMMIT").unwrap();
    flush(&config);
    assert_eq!(received(&events), ["recorded 2"]);
    dir.write("app.toml", "port = 'bad'\n");
    assert!(config.reload().is_err());
    write_and_reload(&config, &dir, "port = 2\n");
    assert_eq!(next_state(), RecordState::Recorded, "the generation was kept, and is recorded");
    flush(&config);
    write_and_reload(&config, &dir, "port = 2 # the same\n");
    flush(&config);
    assert_eq!(received(&events), [""; 0], "nobody waits for it");
    // On a busy machine, a row may take longer than its event waits for it.
    let is_recorded_soon = |port: u16| {
        write_and_reload(&config, &dir, &format!("port = {port}\n"));
        let state = next_state();
        flush(&config);
        state == RecordState::Recorded
    };
    assert!((3..=100).any(is_recorded_soon), "usually an event has the row of its generation");
    write_and_reload(&config, &dir, "port = 101\nmode = 'off'\n");
    assert_eq!(next_state(), RecordState::Off);
    let json = [RecordState::Recorded, RecordState::Pending, RecordState::Off]
        .map(|state| serde_json::to_string(&state).unwrap());
    assert_eq!(json, ["true", "\"pending\"", "false"]);
}

#[test]
fn a_failing_write_gives_one_warning_until_a_write_succeeds() {
    let dir = TestDir::new();
    let config = builder(&dir).open().unwrap();
    let events = config.subscribe();
    let history = history(&config);
    history
        .store()
        .unwrap()
        .write(|tx| Ok(tx.execute_batch("ALTER TABLE config_generations RENAME TO away")?))
        .unwrap();
    let wait_for_writes = || drop(history.refusals());
    let receive_codes = || {
        let mut codes = Vec::new();
        while let Ok(event) = events.try_recv() {
            if let ConfigReloadEvent::Warning { diagnostics } = event.event {
                codes.extend(diagnostics.iter().map(|diagnostic| diagnostic.code.to_string()));
            }
        }
        codes
    };
    write_and_reload(&config, &dir, "port = 1\n");
    wait_for_writes();
    write_and_reload(&config, &dir, "port = 2\n");
    wait_for_writes();
    assert_eq!(config.load().port, 2);
    assert_eq!(receive_codes(), ["history/unwritten"]);
    history
        .store()
        .unwrap()
        .write(|tx| Ok(tx.execute_batch("ALTER TABLE away RENAME TO config_generations")?))
        .unwrap();
    write_and_reload(&config, &dir, "port = 3\n");
    wait_for_writes();
    history
        .store()
        .unwrap()
        .write(|tx| Ok(tx.execute_batch("ALTER TABLE config_generations RENAME TO away")?))
        .unwrap();
    write_and_reload(&config, &dir, "port = 4\n");
    wait_for_writes();
    assert_eq!(receive_codes(), ["history/unwritten"]);
}

#[test]
fn a_locked_database_delays_no_reload() {
    let dir = TestDir::new();
    let config = builder(&dir).open().unwrap();
    let history = history(&config);
    history.refusals().unwrap();
    let other = rusqlite::Connection::open(dir.path("app.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let started = Instant::now();
    for port in 1..=20 {
        write_and_reload(&config, &dir, &format!("port = {port}\n"));
    }
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(
        describe_generations(&history).len(),
        21,
        "all generations are written after the lock is released"
    );
}
