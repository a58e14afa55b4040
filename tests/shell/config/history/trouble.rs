//! A database that cannot be opened or written: a warning, while reloads go on.

use std::time::{Duration, Instant};

use speckit::ConfigReloadEvent;
use speckit::store::rusqlite;

use super::{builder, history, lines, reload};
use crate::test_dir::TestDir;

#[test]
fn a_database_that_cannot_be_opened_is_a_warning_and_nothing_else() {
    let dir =
        TestDir::new().file("app.toml", "port = 9000\n").file("app.db", "no database at all, but a text");
    let shell = builder(&dir).open().unwrap();
    assert_eq!(shell.load().port, 9000);
    assert!(shell.history().is_none());
    let warnings = shell.status().warnings;
    let [warning] = &warnings[..] else { panic!("{warnings:?}") };
    assert_eq!(warning.code, "history/unavailable");
    assert!(warning.message.contains("app.db` is no SQLite database"), "{}", warning.message);
    reload(&shell, &dir, "port = 9001\n");
    assert_eq!(shell.status().warnings.len(), 1);
    assert_eq!(dir.read("app.db"), "no database at all, but a text");
}

#[test]
fn what_cannot_be_written_is_told_once_and_again_after_it_could() {
    let dir = TestDir::new();
    let shell = builder(&dir).open().unwrap();
    let events = shell.subscribe();
    let history = history(&shell);
    history
        .store()
        .write(|tx| Ok(tx.execute_batch("ALTER TABLE config_generations RENAME TO away")?))
        .unwrap();
    let settled = || drop(history.refusals());
    let told = || {
        let mut told = Vec::new();
        while let Ok(event) = events.try_recv() {
            if let ConfigReloadEvent::Warning { diagnostics } = event {
                told.extend(diagnostics.iter().map(|diagnostic| diagnostic.code.to_string()));
            }
        }
        told
    };
    reload(&shell, &dir, "port = 1\n");
    settled();
    reload(&shell, &dir, "port = 2\n");
    settled();
    assert_eq!(shell.load().port, 2);
    assert_eq!(told(), ["history/unwritten"]);
    history
        .store()
        .write(|tx| Ok(tx.execute_batch("ALTER TABLE away RENAME TO config_generations")?))
        .unwrap();
    reload(&shell, &dir, "port = 3\n");
    settled();
    history
        .store()
        .write(|tx| Ok(tx.execute_batch("ALTER TABLE config_generations RENAME TO away")?))
        .unwrap();
    reload(&shell, &dir, "port = 4\n");
    settled();
    assert_eq!(told(), ["history/unwritten"]);
}

#[test]
fn a_database_that_somebody_else_keeps_locked_holds_up_no_reload() {
    let dir = TestDir::new();
    let shell = builder(&dir).open().unwrap();
    let history = history(&shell);
    history.refusals().unwrap();
    let other = rusqlite::Connection::open(dir.path("app.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let started = Instant::now();
    for port in 1..=20 {
        reload(&shell, &dir, &format!("port = {port}\n"));
    }
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(lines(&history).len(), 21, "all of it is written when it can be");
}
