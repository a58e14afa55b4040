//! Retries of plain SQLite connections under contention.

use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, Error, TransactionBehavior};
use speckit::retry::{Attempt, Jitter, RetryConfig, Retrying, execute_with_backoff_sync};

use super::exact_config;

/// A database with one counter.
fn database(folder: &Path) -> Connection {
    let connection = connect(folder);
    let sql = "PRAGMA journal_mode = WAL; CREATE TABLE counter (n INTEGER); INSERT INTO counter VALUES (0);";
    connection.execute_batch(sql).unwrap();
    connection
}

fn connect(folder: &Path) -> Connection {
    let connection = Connection::open(folder.join("store.db")).unwrap();
    connection.busy_timeout(Duration::ZERO).unwrap();
    connection
}

fn count(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT n FROM counter", [], |row| row.get(0))
}

fn extended_code(error: &Error) -> i32 {
    error.sqlite_error().unwrap().extended_code
}

#[test]
fn a_transaction_that_fails_after_another_commit_succeeds_on_retry() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(folder.path());
    // In this case, SQLite fails at once and ignores the timeout.
    connection.busy_timeout(Duration::from_secs(3600)).unwrap();
    let other = connect(folder.path());
    let mut codes = Vec::new();
    let report = |attempt: &Attempt<'_, Error>| codes.extend(attempt.error().map(extended_code));
    let mut calls = 0;
    let result = Retrying::new(&exact_config(5)).report(report).run(|| {
        calls += 1;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
        let read = count(&transaction)?;
        if calls == 1 {
            other.execute("UPDATE counter SET n = n + 10", [])?;
        }
        transaction.execute("UPDATE counter SET n = ?1", [read + 1])?;
        transaction.commit()?;
        Ok(read + 1)
    });
    assert_eq!(result.unwrap(), 11, "the second attempt reads the new value");
    assert_eq!((calls, codes), (2, vec![517]), "SQLITE_BUSY_SNAPSHOT");
    assert_eq!(count(&other).unwrap(), 11);
}

#[test]
fn no_increment_of_many_threads_is_lost() {
    const THREADS: i64 = 4;
    const EACH: i64 = 25;
    let folder = tempfile::tempdir().unwrap();
    let first = database(folder.path());
    let config = RetryConfig::default()
        .with_max_attempts(1000)
        .with_initial_backoff_ms(1)
        .with_max_backoff_ms(20)
        .with_jitter(Jitter::Full);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut connection = connect(folder.path());
                connection.pragma_update(None, "synchronous", "OFF").unwrap();
                for _ in 0..EACH {
                    let increment = || -> rusqlite::Result<()> {
                        let transaction = connection.transaction()?;
                        let read = count(&transaction)?;
                        transaction.execute("UPDATE counter SET n = ?1", [read + 1])?;
                        transaction.commit()
                    };
                    execute_with_backoff_sync(&config, increment).unwrap();
                }
            });
        }
    });
    assert_eq!(count(&first).unwrap(), THREADS * EACH);
}
