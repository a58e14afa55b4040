//! Nested reads and writes.

use std::sync::mpsc::channel;

use speckit::store::{Mirror, Store, StoreError};

use super::test_database::{
    BlockedWriter, TestDatabase, add, block_on, names, query_number, run_with_timeout, wait_until,
};

#[test]
fn a_write_within_a_write_is_rejected() {
    run_with_timeout(|| {
        let database = TestDatabase::new();
        let store = database.store();
        let inner = store.clone();
        assert_eq!(store.write(move |_| inner.write(add("inner"))), Err(StoreError::Nested));
        let inner = store.clone();
        assert_eq!(store.write(move |_| block_on(inner.write_async(add("inner")))), Err(StoreError::Nested));
        assert_eq!(store.write(add("after")), Ok(()));
        assert_eq!(names(&store), ["after"]);
    });
}

#[test]
fn a_write_within_a_queued_write_is_rejected() {
    run_with_timeout(|| {
        let database = TestDatabase::new();
        let store = database.store();
        let blocked = BlockedWriter::new(&store);
        let inner = store.clone();
        let before = store.write_async(add("before"));
        let own = store.write_async(move |_| inner.write(add("inner")));
        let after = store.write_async(add("after"));
        blocked.release();
        assert_eq!(
            (block_on(before), block_on(own), block_on(after)),
            (Ok(()), Err(StoreError::Nested), Ok(()))
        );
        assert_eq!(names(&store), ["after", "before"]);
    });
}

#[test]
fn nested_writes_and_updates_are_rejected() {
    run_with_timeout(|| {
        let database = TestDatabase::new();
        let store = database.store();
        let mirror = Mirror::new(0);
        let (inner, own) = (store.clone(), mirror.clone());
        let result = store.update(&mirror, move |_, value| {
            *value += 1;
            inner.update(&own, |_, value| {
                *value += 1;
                Ok(())
            })
        });
        assert_eq!((result, *mirror.load()), (Err(StoreError::Nested), 0));
        let inner = store.clone();
        assert_eq!(store.update(&mirror, move |_, _| inner.write(add("x"))), Err(StoreError::Nested));
        let (inner, own) = (store.clone(), mirror.clone());
        assert_eq!(store.write(move |_| inner.update(&own, |_, _| Ok(()))), Err(StoreError::Nested));
        assert_eq!(names(&store), [""; 0]);
    });
}

#[test]
fn a_closure_may_ignore_a_rejected_write() {
    let database = TestDatabase::new();
    let store = database.store();
    let inner = store.clone();
    let outer = store.write(move |tx| {
        assert_eq!(inner.write(add("inner")), Err(StoreError::Nested));
        super::test_database::insert(tx, "outer")
    });
    assert_eq!((outer, names(&store)), (Ok(()), vec!["outer".to_owned()]));
}

#[test]
fn a_write_to_another_store_within_a_write_is_allowed() {
    let (database, other) = (TestDatabase::new(), TestDatabase::new());
    let (store, inner) = (database.store(), other.store());
    let other_store = inner.clone();
    assert_eq!(store.write(move |_| other_store.write(add("other"))), Ok(()));
    assert_eq!((names(&store), names(&inner)), (vec![], vec!["other".to_owned()]));
}

#[test]
fn a_read_within_a_write_reads_the_committed_state() {
    let database = TestDatabase::new();
    let store = database.store();
    store.write(add("before")).unwrap();
    let reader = store.clone();
    let counts = store.write(move |tx| {
        super::test_database::insert(tx, "own")?;
        let own: i64 = tx.query_row("SELECT count(*) FROM entries", [], |row| row.get(0))?;
        Ok((own, query_number(&reader, "SELECT count(*) FROM entries")))
    });
    assert_eq!(counts, Ok((2, 1)));
}

#[test]
fn a_write_within_a_read_does_not_change_its_snapshot() {
    let database = TestDatabase::new();
    let store = database.store();
    let counts = store.read(|tx| {
        let count = || tx.query_row("SELECT count(*) FROM entries", [], |row| row.get::<_, i64>(0));
        let before = count()?;
        store.write(add("meanwhile"))?;
        Ok((before, count()?))
    });
    assert_eq!(counts, Ok((0, 0)));
    assert_eq!(names(&store), ["meanwhile"]);
}

#[test]
fn reads_may_be_nested_deeply() {
    fn deep(store: &Store, depth: u32) -> Result<i64, StoreError> {
        store.read(|tx| match depth {
            0 => Ok(tx.query_row("SELECT count(*) FROM accounts", [], |row| row.get(0))?),
            depth => deep(store, depth - 1),
        })
    }
    let database = TestDatabase::new();
    let store = database.store();
    assert_eq!(deep(&store, 40), Ok(2));
    assert_eq!(deep(&store, 40), Ok(2), "the second time uses the pooled connections");
}

#[test]
fn a_closure_may_drop_a_handle() {
    run_with_timeout(|| {
        let database = TestDatabase::new();
        let store = database.store();
        let mut handle = Some(store.clone());
        let dropping = store.write_async(move |tx| {
            drop(handle.take());
            super::test_database::insert(tx, "dropped")
        });
        assert_eq!(block_on(dropping), Ok(()));
        let mut handle = Some(store.clone());
        let alone = store.write(move |_| {
            drop(handle.take());
            Ok(())
        });
        assert_eq!((alone, names(&store)), (Ok(()), vec!["dropped".to_owned()]));
    });
}

/// SQLite removes the log when the last connection is closed.
fn is_closed(database: &TestDatabase) -> bool {
    !database.folder().join("app.db-wal").exists()
}

#[test]
fn a_closure_may_drop_the_last_handle_while_others_wait() {
    run_with_timeout(|| {
        let database = TestDatabase::new();
        let store = database.store();
        let mut last = Some(store.clone());
        let (continue_sender, continue_receiver) = channel::<()>();
        let dropping = store.write_async(move |tx| {
            // The channel is closed when the closure runs again.
            let _ = continue_receiver.recv();
            drop(last.take());
            super::test_database::insert(tx, "own")
        });
        let queued_after = store.write_async(add("queued after"));
        drop(store);
        continue_sender.send(()).unwrap();
        assert_eq!((block_on(dropping), block_on(queued_after)), (Ok(()), Ok(())));
        wait_until("the database is closed", || is_closed(&database));
        assert_eq!(names(&database.store()), ["own", "queued after"]);
    });
}

#[test]
fn a_dropped_future_may_own_the_last_handle() {
    run_with_timeout(|| {
        let database = TestDatabase::new();
        let store = database.store();
        let blocked = BlockedWriter::new(&store);
        let last = store.clone();
        let dropped = store.write_async(move |_| Ok(last.path().to_owned()));
        drop(dropped);
        // This is not the last handle, so dropping it does not wait.
        drop(store);
        blocked.release();
        wait_until("the database is closed", || is_closed(&database));
    });
}
