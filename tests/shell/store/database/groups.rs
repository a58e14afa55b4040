//! Many writes share one transaction, and each has the same result as alone.

use std::error::Error as _;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use speckit::store::{Store, StoreError, Transaction};

use super::test_database::{
    BlockedWriter, TestDatabase, add, block_on, catch_outcome, insert, names, panic_quietly, run_with_timeout,
};

/// Queues closures while the writer is blocked, and returns their outcomes.
fn run_together<F>(store: &Store, closures: Vec<F>) -> Vec<Result<Result<(), StoreError>, String>>
where
    F: FnMut(&Transaction<'_>) -> Result<(), StoreError> + Send + 'static,
{
    let blocked = BlockedWriter::new(store);
    let queued: Vec<_> = closures.into_iter().map(|closure| store.write_async(closure)).collect();
    blocked.release();
    queued.into_iter().map(catch_outcome).collect()
}

type Closure = Box<dyn FnMut(&Transaction<'_>) -> Result<(), StoreError> + Send>;

/// Runs a closure in a group with others before and after it.
fn run_among_others(
    store: &Store,
    closure: impl FnMut(&Transaction<'_>) -> Result<(), StoreError> + Send + 'static,
) -> Result<Result<(), StoreError>, String> {
    let mut closures: Vec<Closure> = vec![Box::new(add("a")), Box::new(add("b")), Box::new(closure)];
    closures.extend(["y", "z"].map(|name| Box::new(add(name)) as Closure));
    let mut ended = run_together(store, closures);
    let own_result = ended.remove(2);
    assert_eq!(ended, [const { Ok(Ok(())) }; 4], "the other writes are acknowledged");
    own_result
}

#[test]
fn writes_that_wait_at_the_same_time_are_committed_together() {
    let database = TestDatabase::new();
    let store = database.store();
    // A group accepts writes only for a short time, so a busy machine may split it.
    let are_in_one_transaction = (0..50).any(|round| {
        let blocked = BlockedWriter::new(&store);
        let first = store.write_async(add(format!("first {round}")));
        let reader = store.clone();
        let second = store.write_async(move |tx| {
            let sql = format!("SELECT count(*) FROM entries WHERE name = 'first {round}'");
            let count = |tx: &Transaction<'_>| Ok(tx.query_row(&sql, [], |row| row.get::<_, i64>(0))?);
            Ok(count(tx)? == 1 && reader.read(count)? == 0)
        });
        blocked.release();
        block_on(first).unwrap();
        block_on(second).unwrap()
    });
    assert!(
        are_in_one_transaction,
        "the second write sees the first, and other connections do not see it yet"
    );
}

#[test]
fn a_closure_that_fails_is_rolled_back_alone() {
    let database = TestDatabase::new();
    let store = database.store();
    let own_result = run_among_others(&store, |tx| {
        insert(tx, "partial")?;
        Err(StoreError::refused(io::Error::other("no")))
    });
    assert_eq!(own_result, Ok(Err(StoreError::refused("no"))));
    let error = own_result.unwrap().unwrap_err();
    assert!(error.refusal::<io::Error>().is_some(), "the error itself comes back");
    assert!(error.source().unwrap().is::<io::Error>(), "it is in the chain of errors");
    assert_eq!(names(&store), ["a", "b", "y", "z"]);
}

#[test]
fn a_closure_that_panics_is_rolled_back_alone() {
    let database = TestDatabase::new();
    let store = database.store();
    let own_result = run_among_others(&store, |tx| {
        insert(tx, "partial")?;
        panic_quietly("a mistake")
    });
    assert_eq!(own_result, Err("a mistake".to_owned()));
    assert_eq!(names(&store), ["a", "b", "y", "z"]);
}

#[test]
fn a_statement_that_rolls_back_the_transaction_makes_the_others_run_again() {
    let database = TestDatabase::new();
    let store = database.store();
    let own_result = run_among_others(&store, |tx| {
        insert(tx, "partial")?;
        tx.execute("INSERT OR ROLLBACK INTO entries VALUES ('partial')", [])?;
        Ok(())
    });
    let Ok(Err(StoreError::Sqlite { code, .. })) = own_result else { panic!("{own_result:?}") };
    assert_eq!(code, 2067, "SQLITE_CONSTRAINT_UNIQUE");
    assert_eq!(names(&store), ["a", "b", "y", "z"]);
}

#[test]
fn a_trigger_that_rolls_back_the_transaction_makes_the_others_run_again() {
    let database = TestDatabase::new();
    let store = database.store();
    let trigger = "CREATE TRIGGER no_rollback BEFORE INSERT ON entries WHEN NEW.name = 'trigger'
                   BEGIN SELECT RAISE(ROLLBACK, 'trigger refuses'); END";
    store.write(move |tx| Ok(tx.execute_batch(trigger)?)).unwrap();
    let own_result = run_among_others(&store, add("trigger"));
    let Ok(Err(StoreError::Sqlite { message, .. })) = own_result else { panic!("{own_result:?}") };
    assert_eq!(message, "trigger refuses");
    assert_eq!(names(&store), ["a", "b", "y", "z"]);
}

#[test]
fn a_closure_that_ignores_its_rollback_returns_an_error() {
    let ignore_rollback = |tx: &Transaction<'_>| {
        insert(tx, "partial")?;
        let _ = tx.execute("INSERT OR ROLLBACK INTO entries VALUES ('partial')", []);
        Ok(())
    };
    let database = TestDatabase::new();
    let store = database.store();
    assert_eq!(run_among_others(&store, ignore_rollback), Ok(Err(StoreError::RolledBack)));
    assert_eq!(store.write(ignore_rollback), Err(StoreError::RolledBack), "the result alone is the same");
    assert_eq!(names(&store), ["a", "b", "y", "z"]);
}

#[test]
fn a_deferred_foreign_key_fails_only_the_write_of_its_closure() {
    let database = TestDatabase::new();
    let store = database.store();
    let table = "CREATE TABLE children (parent INTEGER REFERENCES accounts DEFERRABLE INITIALLY DEFERRED)";
    store.write(move |tx| Ok(tx.execute_batch(table)?)).unwrap();
    let orphan = |tx: &Transaction<'_>| {
        tx.execute("INSERT INTO children VALUES (99)", [])?;
        insert(tx, "orphan")
    };
    let own_result = run_among_others(&store, orphan);
    let Ok(Err(error)) = own_result else { panic!("{own_result:?}") };
    assert_eq!(error.code(), Some(787), "SQLITE_CONSTRAINT_FOREIGNKEY: {error}");
    assert_eq!(store.write(orphan).unwrap_err().code(), Some(787), "the result alone is the same");
    assert_eq!(names(&store), ["a", "b", "y", "z"]);
}

#[test]
fn a_rolled_back_write_does_not_fail_other_writes() {
    let database = TestDatabase::new();
    let store = database.store();
    let table = "CREATE TABLE children (parent INTEGER REFERENCES accounts DEFERRABLE INITIALLY DEFERRED)";
    store.write(move |tx| Ok(tx.execute_batch(table)?)).unwrap();
    for round in 0..5 {
        // The first inserts the name, but fails at the commit.
        let failing: Closure = Box::new(move |tx| {
            insert(tx, &format!("name {round}"))?;
            tx.execute("INSERT INTO children VALUES (99)", [])?;
            Ok(())
        });
        let ended = run_together(&store, vec![failing, Box::new(add(format!("name {round}")))]);
        assert_eq!(ended[0].as_ref().unwrap().as_ref().unwrap_err().code(), Some(787));
        assert_eq!(ended[1], Ok(Ok(())), "round {round}");
    }
}

#[test]
fn closures_run_once_and_in_order() {
    let database = TestDatabase::new();
    let store = database.store();
    let runs = Arc::new(AtomicU32::new(0));
    let closures = (0..100).map(|index| {
        let runs = Arc::clone(&runs);
        move |tx: &Transaction<'_>| {
            assert_eq!(runs.fetch_add(1, Ordering::SeqCst), index);
            insert(tx, &format!("{index:03}"))
        }
    });
    assert_eq!(run_together(&store, closures.collect()), vec![Ok(Ok(())); 100]);
    let order = "SELECT count(*) FROM entries WHERE rowid = name + 1";
    assert_eq!(super::test_database::query_number(&store, order), 100);
}

#[test]
fn the_thread_continues_after_failures_of_every_kind() {
    run_with_timeout(|| {
        let database = TestDatabase::new();
        let store = database.store();
        let closures = (0..1000).map(|index| -> Closure {
            match index % 4 {
                0 => Box::new(add(format!("{index}"))),
                1 => Box::new(|_| panic_quietly("a mistake")),
                2 => Box::new(add("taken")),
                _ => Box::new(|tx| {
                    tx.execute("INSERT OR ROLLBACK INTO entries VALUES ('taken')", [])?;
                    tx.execute("INSERT OR ROLLBACK INTO entries VALUES ('taken')", [])?;
                    Ok(())
                }),
            }
        });
        let ended = run_together(&store, closures.collect());
        let acknowledged = ended.iter().filter(|ended| **ended == Ok(Ok(()))).count();
        assert_eq!(acknowledged, 251, "the quarter that succeeds, and the first of the equal names");
        assert_eq!(names(&store).len(), 251);
        assert_eq!(store.write(add("after")), Ok(()));
    });
}

#[test]
fn dropping_the_last_handle_finishes_the_queue() {
    let database = TestDatabase::new();
    let store = database.store();
    let blocked = BlockedWriter::new(&store);
    let queued: Vec<_> = (0..100).map(|index| Box::pin(store.write_async(add(format!("{index}"))))).collect();
    // This write is slow enough to form its own group.
    let slow = store.write_async(|tx| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        insert(tx, "slow")
    });
    let last = Box::pin(store.write_async(add("last".to_owned())));
    let closing = std::thread::spawn(move || drop(store));
    blocked.release();
    closing.join().unwrap();
    drop(slow);
    // Every future is ready now.
    for mut job in queued.into_iter().chain([last]) {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert_eq!(job.as_mut().poll(&mut context), std::task::Poll::Ready(Ok(())));
    }
    assert_eq!(names(&database.options().open().unwrap()).len(), 102);
}
