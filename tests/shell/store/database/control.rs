//! Closures that execute statements which begin or end the common transaction.

use speckit::store::{Store, StoreError, Transaction};

use super::test_database::{BlockedWriter, TestDatabase, add, block_on, insert, names};

/// Runs a closure alone and in a group, checks that both succeed or both fail, and returns the result in the group.
fn run_alone_and_in_group(
    database: &TestDatabase,
    closure: impl Fn(&Transaction<'_>) -> Result<(), StoreError> + Clone + Send + 'static,
) -> (Store, Result<(), StoreError>) {
    let store = database.store();
    let alone = store.write(closure.clone());
    let blocked = BlockedWriter::new(&store);
    let before = store.write_async(add("before"));
    let tested = store.write_async(closure);
    let after = store.write_async(add("after"));
    blocked.release();
    let results = (block_on(before), block_on(tested), block_on(after));
    assert_eq!((&results.0, &results.2), (&Ok(()), &Ok(())), "the other writes are acknowledged");
    assert_eq!(alone.is_ok(), results.1.is_ok(), "{alone:?} {results:?}");
    (store, results.1)
}

const CONTROL_STATEMENTS: [&str; 9] = [
    "COMMIT",
    "ROLLBACK",
    "BEGIN",
    "BEGIN IMMEDIATE",
    "END",
    "SAVEPOINT speckit_write",
    "RELEASE speckit_write",
    "ROLLBACK TO speckit_write",
    "ROLLBACK TO \"SPECKIT_WRITE\"",
];

#[test]
fn statements_that_begin_or_end_the_transaction_are_rejected_with_help() {
    for control in CONTROL_STATEMENTS {
        let database = TestDatabase::new();
        let (store, result) = run_alone_and_in_group(&database, move |tx| {
            insert(tx, "partial")?;
            tx.execute_batch(control)?;
            Ok(())
        });
        let text = result.unwrap_err().to_string();
        assert!(text.contains("return an error to roll back"), "{control}: {text}");
        assert_eq!(names(&store), ["after", "before"], "{control}");
    }
}

#[test]
fn a_closure_may_ignore_a_rejected_statement() {
    for control in CONTROL_STATEMENTS {
        let database = TestDatabase::new();
        let (store, result) = run_alone_and_in_group(&database, move |tx| {
            assert!(tx.execute_batch(control).is_err(), "{control}");
            tx.execute("INSERT OR IGNORE INTO entries VALUES ('own')", [])?;
            Ok(())
        });
        assert_eq!((result, names(&store)), (Ok(()), ["after", "before", "own"].map(String::from).to_vec()));
    }
}

#[test]
fn a_cached_statement_of_the_store_is_rejected_too() {
    for control in CONTROL_STATEMENTS {
        let database = TestDatabase::new();
        let (store, result) = run_alone_and_in_group(&database, move |tx| {
            insert(tx, "partial")?;
            tx.prepare_cached(control)?.execute([])?;
            Ok(())
        });
        let text = result.unwrap_err().to_string();
        assert!(text.contains("return an error to roll back"), "{control}: {text}");
        assert_eq!(names(&store), ["after", "before"], "{control}");
    }
}

#[test]
fn savepoints_of_a_closure_work() {
    let database = TestDatabase::new();
    let (store, result) = run_alone_and_in_group(&database, |tx| {
        tx.execute("INSERT OR IGNORE INTO entries VALUES ('kept')", [])?;
        tx.execute_batch("SAVEPOINT own")?;
        insert(tx, "rolled back")?;
        tx.execute_batch("ROLLBACK TO own; RELEASE own; SAVEPOINT left_open")?;
        tx.execute("INSERT OR IGNORE INTO entries VALUES ('kept too')", [])?;
        Ok(())
    });
    assert_eq!(result, Ok(()));
    assert_eq!(names(&store), ["after", "before", "kept", "kept too"]);
}

#[test]
fn a_write_after_an_ignored_rollback_is_not_committed() {
    let database = TestDatabase::new();
    let (store, result) = run_alone_and_in_group(&database, |tx| {
        insert(tx, "partial")?;
        let _ = tx.execute("INSERT OR ROLLBACK INTO entries VALUES ('partial')", []);
        // Outside of a transaction, this statement would be committed at once.
        let _ = insert(tx, "outside");
        Ok(())
    });
    assert_eq!(result, Err(StoreError::RolledBack));
    assert_eq!(names(&store), ["after", "before"]);
}

#[test]
fn a_savepoint_after_an_ignored_rollback_begins_no_transaction() {
    for savepoint in ["SAVEPOINT own", "SAVEPOINT own; RELEASE own; SAVEPOINT own"] {
        let database = TestDatabase::new();
        let (store, result) = run_alone_and_in_group(&database, move |tx| {
            insert(tx, "partial")?;
            let _ = tx.execute("INSERT OR ROLLBACK INTO entries VALUES ('partial')", []);
            let _ = tx.execute_batch(savepoint);
            let _ = insert(tx, "outside");
            Ok(())
        });
        assert_eq!(result, Err(StoreError::RolledBack));
        assert_eq!(names(&store), ["after", "before"]);
    }
}
