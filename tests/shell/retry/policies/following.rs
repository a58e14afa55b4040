//! Running calls whose retry settings follow a reload.

use std::cell::Cell;
use std::thread;
use std::time::Instant;

use serde::Deserialize;
use speckit::retry::{Attempt, GiveUp, RetryConfig, Retrying};
use speckit::{Config, Environment, Reloaded};

use super::{ServiceError, ms};
use crate::test_dir::TestDir;

#[derive(Deserialize)]
struct Settings {
    retry: RetryConfig,
}

fn config_text(max_attempts: u32, initial_backoff_ms: u64) -> String {
    format!(
        "[retry]\nmax_attempts = {max_attempts}\ninitial_backoff_ms = {initial_backoff_ms}\nmultiplier = 1.0\n\
         jitter = 'none'\n"
    )
}

fn open(dir: &TestDir) -> Config<Settings> {
    let builder = Config::builder().file(dir.path("app.toml")).environment(Environment::default());
    builder.debounce(ms(10)).open().unwrap()
}

#[test]
fn a_reload_changes_the_attempts_and_the_waits_of_a_running_call() {
    let dir = TestDir::new().file("app.toml", config_text(3, 1));
    let config = open(&dir);
    let reload = |text: String| {
        dir.write("app.toml", text);
        assert_eq!(config.reload(), Ok(Reloaded::Renewed));
    };
    let mut waits = Vec::new();
    let report = |attempt: &Attempt<'_, ServiceError>| waits.push(attempt.next_wait());
    let mut calls = 0;
    let retrying = Retrying::following(|| config.load().retry).report(report);
    let error = retrying.run(|| {
        calls += 1;
        match calls {
            2 => reload(config_text(6, 20)),
            4 => reload(config_text(6, 2)),
            _ => {}
        }
        Err::<(), _>(ServiceError::RETRYABLE)
    });
    let error = error.unwrap_err();
    assert_eq!((error.attempts(), error.why()), (6, GiveUp::Attempts { allowed: 6 }));
    let expected = [Some(ms(1)), Some(ms(20)), Some(ms(20)), Some(ms(2)), Some(ms(2)), None];
    assert_eq!(waits, expected);
}

#[test]
fn a_reload_during_a_wait_decides_about_another_attempt() {
    let dir = TestDir::new().file("app.toml", config_text(9, 40));
    let config = open(&dir);
    let calls = Cell::new(0);
    // The report comes before the wait.
    let report = |attempt: &Attempt<'_, ServiceError>| {
        assert_eq!(attempt.next_wait(), Some(ms(40)));
        if attempt.number == 2 {
            dir.write("app.toml", config_text(2, 40));
            assert_eq!(config.reload(), Ok(Reloaded::Renewed));
        }
    };
    let retrying = Retrying::following(|| config.load().retry).report(report);
    let error = retrying.run(|| {
        calls.set(calls.get() + 1);
        Err::<(), _>(ServiceError::RETRYABLE)
    });
    let error = error.unwrap_err();
    assert_eq!((error.attempts(), error.why()), (2, GiveUp::Attempts { allowed: 2 }));
    assert_eq!(calls.get(), 2);
    assert!(error.elapsed() >= ms(80));
}

#[test]
fn a_rejected_configuration_does_not_change_a_running_call() {
    let dir = TestDir::new().file("app.toml", config_text(3, 1));
    let config = open(&dir);
    let retrying = Retrying::following(|| config.load().retry);
    let error = retrying.run(|| {
        dir.write("app.toml", "[retry]\nmax_attempts = 'many'\n");
        assert!(config.reload().is_err());
        Err::<(), _>(ServiceError::RETRYABLE)
    });
    assert_eq!(error.unwrap_err().attempts(), 3);
}

#[test]
fn an_edit_of_a_watched_file_reaches_a_running_call() {
    let dir = TestDir::new().file("app.toml", config_text(1000, 10));
    let config = open(&dir);
    let _watcher = config.watch().unwrap();
    thread::scope(|scope| {
        let retrying = Retrying::following(|| config.load().retry);
        let call = || Err::<(), _>(ServiceError::RETRYABLE);
        let running = scope.spawn(move || retrying.run(call).unwrap_err());
        thread::sleep(ms(60));
        assert!(!running.is_finished());
        dir.write("app.toml", config_text(2, 10));
        let edit_time = Instant::now();
        let error = running.join().unwrap();
        assert_eq!(error.why(), GiveUp::Attempts { allowed: 2 });
        assert!(edit_time.elapsed() < ms(5000), "{:?}", edit_time.elapsed());
    });
}

#[test]
fn a_wait_keeps_no_generation_in_memory() {
    let dir = TestDir::new().file("app.toml", config_text(2, 30));
    let config = open(&dir);
    let first = std::sync::Arc::downgrade(&config.snapshot());
    // The report comes before the wait, and the next attempt after it.
    let report = |attempt: &Attempt<'_, ServiceError>| {
        if attempt.number == 1 {
            dir.write("app.toml", config_text(3, 30));
            assert_eq!(config.reload(), Ok(Reloaded::Renewed));
            assert!(first.upgrade().is_none(), "the first generation was dropped");
        }
    };
    let retrying = Retrying::following(|| config.load().retry).report(report);
    assert_eq!(retrying.run(|| Err::<(), _>(ServiceError::RETRYABLE)).unwrap_err().attempts(), 3);
}
