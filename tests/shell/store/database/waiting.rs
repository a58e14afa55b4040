//! A call waits for the lock of another connection until its deadline.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use speckit::store::rusqlite::{Connection, TransactionBehavior};
use speckit::store::{Store, StoreError};

use super::test_database::{
    BlockedWriter, LockHolder, TestDatabase, add, block_on, insert, names, open_with_tables, run_with_timeout,
};

fn assert_busy(result: &Result<(), StoreError>, deadline: Duration) {
    let Err(StoreError::Busy { attempts, elapsed, code, message, .. }) = result else { panic!("{result:?}") };
    assert_eq!((*code, message.as_str()), (5, "database is locked"));
    assert!(*elapsed >= deadline && *elapsed < deadline + Duration::from_secs(5), "{elapsed:?}");
    assert!(*attempts >= 1);
    let text = result.as_ref().unwrap_err().to_string();
    assert!(text.contains("app.db") && text.contains(" attempt"), "{text}");
}

const DEADLINE: Duration = Duration::from_millis(300);

/// Checks that a store fails while another connection holds the lock, and works afterwards.
fn assert_fails_while_locked<H>(hold: impl FnOnce(&TestDatabase) -> H) {
    let database = TestDatabase::new();
    let store = open_with_tables(database.options().deadline(DEADLINE));
    let holder = hold(&database);
    let first = store.write(add("first"));
    assert_busy(&first, DEADLINE);
    assert!(matches!(first, Err(StoreError::Busy { attempts: 4.., .. })), "the store polls often: {first:?}");
    let start = Instant::now();
    let queued: Vec<_> = (0..10).map(|index| store.write_async(add(format!("queued {index}")))).collect();
    thread::scope(|scope| {
        for index in 0..4 {
            let store = &store;
            scope.spawn(move || assert_busy(&store.write(add(format!("thread {index}"))), DEADLINE));
        }
    });
    for job in queued {
        let Err(StoreError::Busy { elapsed, .. }) = block_on(job) else { panic!("the database is locked") };
        assert!(elapsed >= DEADLINE, "{elapsed:?}");
    }
    assert!(start.elapsed() < 10 * DEADLINE, "each call waits from its own start: {:?}", start.elapsed());
    assert_eq!(names(&store), [""; 0], "readers do not wait");
    drop(holder);
    assert_eq!(store.write(add("after")), Ok(()));
    assert_eq!(names(&store), ["after"], "a failed write is never written");
}

#[test]
fn a_lock_of_another_process_is_an_error_at_the_deadline() {
    run_with_timeout(|| assert_fails_while_locked(|database| LockHolder::new(&database.path())));
}

#[test]
fn a_lock_of_another_connection_of_this_process_is_an_error_at_the_deadline() {
    run_with_timeout(|| {
        assert_fails_while_locked(|database| {
            let other_connection = database.other_connection();
            other_connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            other_connection
        });
    });
}

#[test]
fn a_lock_that_is_released_in_time_is_no_error() {
    let database = TestDatabase::new();
    let store = database.store();
    let holder = LockHolder::new(&database.path());
    thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|index| {
                scope.spawn({
                    let store = &store;
                    move || store.write(add(format!("{index}")))
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(100));
        drop(holder);
        assert!(writers.into_iter().all(|writer| writer.join().unwrap() == Ok(())));
    });
    assert_eq!(names(&store).len(), 4);
}

#[test]
fn a_waiting_call_follows_a_shorter_deadline() {
    run_with_timeout(|| {
        let database = TestDatabase::new();
        let allowed = Arc::new(AtomicU64::new(3_600_000));
        let current = Arc::clone(&allowed);
        let options =
            database.options().deadline_from(move || Duration::from_millis(current.load(Ordering::Relaxed)));
        let store: Store = open_with_tables(options);
        let _holder = LockHolder::new(&database.path());
        let waiting = store.write_async(add("waiting"));
        let queued_after = store.write_async(add("queued after"));
        thread::sleep(Duration::from_millis(100));
        allowed.store(50, Ordering::Relaxed);
        for job in [waiting, queued_after] {
            assert!(matches!(block_on(job), Err(StoreError::Busy { .. })));
        }
    });
}

#[test]
fn a_closure_that_fails_because_of_a_lock_runs_again() {
    let database = TestDatabase::new();
    let store = database.store();
    for is_queued in [false, true] {
        let name = format!("queued {is_queued}");
        let runs = Arc::new(AtomicU32::new(0));
        let own = Arc::clone(&runs);
        let closure = move |tx: &speckit::store::Transaction<'_>| {
            insert(tx, &name)?;
            if own.fetch_add(1, Ordering::Relaxed) < 3 { Err(busy_snapshot()) } else { Ok(()) }
        };
        let ended = if is_queued {
            let blocked = BlockedWriter::new(&store);
            let (before, own, after) =
                (store.write_async(add("a")), store.write_async(closure), store.write_async(add("z")));
            blocked.release();
            assert_eq!((block_on(before), block_on(after)), (Ok(()), Ok(())));
            block_on(own)
        } else {
            store.write(closure)
        };
        assert_eq!((ended, runs.load(Ordering::Relaxed)), (Ok(()), 4));
    }
    assert_eq!(names(&store), ["a", "queued false", "queued true", "z"]);
}

/// The error of SQLite when a reading transaction writes after another one has committed.
fn busy_snapshot() -> StoreError {
    let database = TestDatabase::new();
    let store = database.store();
    let mut late: Connection = database.other_connection();
    let late = late.transaction_with_behavior(TransactionBehavior::Deferred).unwrap();
    let _: i64 = late.query_row("SELECT count(*) FROM entries", [], |row| row.get(0)).unwrap();
    store.write(add("meanwhile")).unwrap();
    let error = StoreError::from(late.execute("INSERT INTO entries VALUES ('late')", []).unwrap_err());
    assert_eq!(error.code(), Some(517), "SQLITE_BUSY_SNAPSHOT");
    error
}

#[test]
fn a_table_that_the_closure_itself_locks_is_an_error_at_once() {
    let database = TestDatabase::new();
    let store = database.store();
    let runs = Arc::new(AtomicU32::new(0));
    let own = Arc::clone(&runs);
    let ended = store.write(move |tx| {
        own.fetch_add(1, Ordering::Relaxed);
        let mut statement = tx.prepare("SELECT id FROM accounts")?;
        let mut rows = statement.query([])?;
        rows.next()?;
        Ok(tx.execute_batch("DROP TABLE accounts")?)
    });
    assert_eq!(ended.unwrap_err().code(), Some(6), "SQLITE_LOCKED");
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}
