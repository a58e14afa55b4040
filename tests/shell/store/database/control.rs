//! Closures that try to begin or end the transaction, which others share with them.

use speckit::store::{Store, StoreError, Transaction};

use super::ground::{Ground, HeldUp, add, insert, names, wait};

/// A closure, once alone and once between neighbours of a group; both come to the same.
fn both(
    ground: &Ground,
    closure: impl Fn(&Transaction<'_>) -> Result<(), StoreError> + Clone + Send + 'static,
) -> (Store, Result<(), StoreError>) {
    let store = ground.store();
    let alone = store.write(closure.clone());
    let held = HeldUp::new(&store);
    let before = store.write_async(add("before"));
    let own = store.write_async(closure);
    let after = store.write_async(add("after"));
    held.release();
    let ended = (wait(before), wait(own), wait(after));
    assert_eq!((&ended.0, &ended.2), (&Ok(()), &Ok(())), "the neighbours are acknowledged");
    assert_eq!(alone.is_ok(), ended.1.is_ok(), "{alone:?} {ended:?}");
    (store, ended.1)
}

const CONTROLS: [&str; 9] = [
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
fn statements_that_begin_or_end_the_transaction_are_refused_with_a_way_out() {
    for control in CONTROLS {
        let ground = Ground::new();
        let (store, own) = both(&ground, move |tx| {
            insert(tx, "partial")?;
            tx.execute_batch(control)?;
            Ok(())
        });
        let said = own.unwrap_err().to_string();
        assert!(said.contains("return an error to roll back"), "{control}: {said}");
        assert_eq!(names(&store), ["after", "before"], "{control}");
    }
}

#[test]
fn a_refused_statement_that_is_passed_over_does_no_harm() {
    for control in CONTROLS {
        let ground = Ground::new();
        let (store, own) = both(&ground, move |tx| {
            assert!(tx.execute_batch(control).is_err(), "{control}");
            tx.execute("INSERT OR IGNORE INTO entries VALUES ('own')", [])?;
            Ok(())
        });
        assert_eq!((own, names(&store)), (Ok(()), ["after", "before", "own"].map(String::from).to_vec()));
    }
}

#[test]
fn a_statement_that_the_store_keeps_for_itself_is_refused_too() {
    for control in CONTROLS {
        let ground = Ground::new();
        let (store, own) = both(&ground, move |tx| {
            insert(tx, "partial")?;
            tx.prepare_cached(control)?.execute([])?;
            Ok(())
        });
        let said = own.unwrap_err().to_string();
        assert!(said.contains("return an error to roll back"), "{control}: {said}");
        assert_eq!(names(&store), ["after", "before"], "{control}");
    }
}

#[test]
fn savepoints_of_a_closure_work() {
    let ground = Ground::new();
    let (store, own) = both(&ground, |tx| {
        tx.execute("INSERT OR IGNORE INTO entries VALUES ('kept')", [])?;
        tx.execute_batch("SAVEPOINT own")?;
        insert(tx, "taken back")?;
        tx.execute_batch("ROLLBACK TO own; RELEASE own; SAVEPOINT left_open")?;
        tx.execute("INSERT OR IGNORE INTO entries VALUES ('kept too')", [])?;
        Ok(())
    });
    assert_eq!(own, Ok(()));
    assert_eq!(names(&store), ["after", "before", "kept", "kept too"]);
}

#[test]
fn what_is_written_after_a_rollback_that_was_passed_over_is_not_written() {
    let ground = Ground::new();
    let (store, own) = both(&ground, |tx| {
        insert(tx, "partial")?;
        let _ = tx.execute("INSERT OR ROLLBACK INTO entries VALUES ('partial')", []);
        // Outside of a transaction each statement would be one.
        let _ = insert(tx, "outside");
        Ok(())
    });
    assert_eq!(own, Err(StoreError::RolledBack));
    assert_eq!(names(&store), ["after", "before"]);
}

#[test]
fn a_savepoint_after_a_rollback_that_was_passed_over_begins_nothing() {
    for savepoint in ["SAVEPOINT own", "SAVEPOINT own; RELEASE own; SAVEPOINT own"] {
        let ground = Ground::new();
        let (store, own) = both(&ground, move |tx| {
            insert(tx, "partial")?;
            let _ = tx.execute("INSERT OR ROLLBACK INTO entries VALUES ('partial')", []);
            let _ = tx.execute_batch(savepoint);
            let _ = insert(tx, "outside");
            Ok(())
        });
        assert_eq!(own, Err(StoreError::RolledBack));
        assert_eq!(names(&store), ["after", "before"]);
    }
}
