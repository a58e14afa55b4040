//! A database that cannot be opened or written gives a warning, and reloads continue.

use std::time::{Duration, Instant};

use speckit::ConfigReloadEvent;
use speckit::store::rusqlite;

use super::{builder, describe_generations, history, write_and_reload};
use crate::test_dir::TestDir;

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
fn a_failing_write_gives_one_warning_until_a_write_succeeds() {
    let dir = TestDir::new();
    let config = builder(&dir).open().unwrap();
    let events = config.subscribe();
    let history = history(&config);
    history
        .store()
        .write(|tx| Ok(tx.execute_batch("ALTER TABLE config_generations RENAME TO away")?))
        .unwrap();
    let wait_for_writes = || drop(history.refusals());
    let receive_codes = || {
        let mut codes = Vec::new();
        while let Ok(event) = events.try_recv() {
            if let ConfigReloadEvent::Warning { diagnostics } = event {
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
        .write(|tx| Ok(tx.execute_batch("ALTER TABLE away RENAME TO config_generations")?))
        .unwrap();
    write_and_reload(&config, &dir, "port = 3\n");
    wait_for_writes();
    history
        .store()
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
