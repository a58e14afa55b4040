//! Mirrors, which are values in memory that change together with the database.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use speckit::store::{Mirror, Store, StoreError, Transaction};

use super::test_database::{
    BlockedWriter, LockHolder, TestDatabase, block_on, catch_outcome, insert, names, open_with_tables,
    panic_quietly, query_number,
};

type NameList = Vec<String>;

/// Returns a change that adds a name to the mirror and to the database.
fn add(
    name: &str,
) -> impl FnMut(&Transaction<'_>, &mut NameList) -> Result<(), StoreError> + Send + Clone + 'static {
    let name = name.to_owned();
    move |tx, names| {
        names.push(name.clone());
        insert(tx, &name)
    }
}

fn assert_contents(store: &Store, mirror: &Mirror<NameList>, expected: &[&str]) {
    let mut mirrored = (*mirror.load()).clone();
    mirrored.sort();
    assert_eq!(mirrored, expected);
    assert_eq!(names(store), expected);
}

#[test]
fn a_change_that_fails_changes_neither_the_value_nor_the_database() {
    let database = TestDatabase::new();
    let store = database.store();
    let mirror = Mirror::new(NameList::new());
    store.update(&mirror, add("a")).unwrap();
    assert_contents(&store, &mirror, &["a"]);
    assert_eq!(store.update(&mirror, add("a")).unwrap_err().code(), Some(2067));
    let refused = store.update(&mirror, |tx, names| -> Result<(), StoreError> {
        add("b")(tx, names)?;
        Err(StoreError::refused("no"))
    });
    assert_eq!(refused, Err(StoreError::refused("no")));
    let own = (store.clone(), mirror.clone());
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        own.0.update(&own.1, |tx, names| -> Result<(), StoreError> {
            add("c")(tx, names)?;
            panic_quietly("a mistake")
        })
    }));
    assert!(panicked.is_err());
    let result = store.update(&mirror, |tx, names| {
        add("d")(tx, names)?;
        let _ = tx.execute("INSERT OR ROLLBACK INTO entries VALUES ('d')", []);
        Ok(())
    });
    assert_eq!(result, Err(StoreError::RolledBack));
    assert_contents(&store, &mirror, &["a"]);
    store.update(&mirror, add("e")).unwrap();
    assert_contents(&store, &mirror, &["a", "e"]);
}

#[test]
fn each_change_of_a_group_sees_the_successful_changes_before_it() {
    let database = TestDatabase::new();
    let store = database.store();
    let mirror = Mirror::new(NameList::new());
    let blocked = BlockedWriter::new(&store);
    let a = store.update_async(&mirror, add("a"));
    let again = store.update_async(&mirror, add("a"));
    let panics = store.update_async(&mirror, |tx, names| -> Result<(), StoreError> {
        add("p")(tx, names)?;
        panic_quietly("a mistake")
    });
    let b = store.update_async(&mirror, add("b"));
    let names = store.update_async(&mirror, |_, names| Ok(names.clone()));
    assert_contents(&store, &mirror, &[]);
    blocked.release();
    assert_eq!((block_on(a), block_on(b)), (Ok(()), Ok(())));
    assert_eq!(block_on(again).unwrap_err().code(), Some(2067));
    assert_eq!(catch_outcome(panics), Err("a mistake".to_owned()));
    assert_eq!(block_on(names), Ok(vec!["a".to_owned(), "b".to_owned()]));
    assert_contents(&store, &mirror, &["a", "b"]);
}

#[test]
fn a_group_that_runs_again_changes_the_value_once() {
    let database = TestDatabase::new();
    let store = database.store();
    let mirror = Mirror::new(NameList::new());
    let blocked = BlockedWriter::new(&store);
    let a = store.update_async(&mirror, add("a"));
    let rolling_back = store.update_async(&mirror, |tx, names| {
        add("t")(tx, names)?;
        let _ = tx.execute("INSERT OR ROLLBACK INTO entries VALUES ('t')", []);
        Ok(())
    });
    let b = store.update_async(&mirror, add("b"));
    blocked.release();
    assert_eq!(
        (block_on(a), block_on(rolling_back), block_on(b)),
        (Ok(()), Err(StoreError::RolledBack), Ok(()))
    );
    assert_contents(&store, &mirror, &["a", "b"]);
}

#[test]
fn a_commit_that_fails_changes_no_value() {
    let database = TestDatabase::new();
    let store = database.store();
    let table = "CREATE TABLE children (parent INTEGER REFERENCES accounts DEFERRABLE INITIALLY DEFERRED)";
    store.write(move |tx| Ok(tx.execute_batch(table)?)).unwrap();
    let mirror = Mirror::new(NameList::new());
    let orphan = |tx: &Transaction<'_>, names: &mut NameList| {
        add("orphan")(tx, names)?;
        tx.execute("INSERT INTO children VALUES (99)", [])?;
        Ok(())
    };
    assert_eq!(store.update(&mirror, orphan).unwrap_err().code(), Some(787));
    assert_contents(&store, &mirror, &[]);
    let blocked = BlockedWriter::new(&store);
    let (a, own, b) = (
        store.update_async(&mirror, add("a")),
        store.update_async(&mirror, orphan),
        store.update_async(&mirror, add("b")),
    );
    blocked.release();
    assert_eq!((block_on(a), block_on(b)), (Ok(()), Ok(())));
    assert_eq!(block_on(own).unwrap_err().code(), Some(787));
    assert_contents(&store, &mirror, &["a", "b"]);
}

#[test]
fn a_write_that_fails_because_of_a_lock_changes_no_value() {
    let database = TestDatabase::new();
    let store = open_with_tables(database.options().deadline(std::time::Duration::from_millis(50)));
    let mirror = Mirror::new(NameList::new());
    let holder = LockHolder::new(&database.path());
    assert!(matches!(store.update(&mirror, add("a")), Err(StoreError::Busy { .. })));
    drop(holder);
    store.update(&mirror, add("b")).unwrap();
    assert_contents(&store, &mirror, &["b"]);
}

#[test]
fn a_mirror_is_never_ahead_of_the_database_and_loses_no_change() {
    let database = TestDatabase::new();
    let store = &database.store();
    let counter = &Mirror::new(1000_i64);
    let is_over = &AtomicBool::new(false);
    let sum = "SELECT sum FROM accounts WHERE id = 1";
    thread::scope(|scope| {
        let reader = scope.spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                let value = *counter.load();
                let stored = query_number(store, sum);
                assert!(value <= stored, "{value} in memory, {stored} in the database");
            }
        });
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                scope.spawn(move || {
                    for count in 0..200 {
                        let fails = (writer + count) % 10 == 0;
                        let ended = store.update(counter, move |tx, value| {
                            *value += 1;
                            tx.execute("UPDATE accounts SET sum = ?1 WHERE id = 1", [*value])?;
                            if fails { Err(StoreError::refused("no")) } else { Ok(*value) }
                        });
                        assert_eq!(ended.is_err(), fails);
                    }
                })
            })
            .collect();
        let ended: Vec<_> = writers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        is_over.store(true, Ordering::Relaxed);
        assert!(ended.into_iter().all(|ended| ended.is_ok()));
        reader.join().unwrap();
    });
    assert_eq!((*counter.load(), query_number(store, sum)), (1000 + 1440, 1000 + 1440));
}

#[test]
fn a_reader_keeps_the_value_that_it_loaded() {
    let database = TestDatabase::new();
    let store = database.store();
    let mirror = Mirror::new(NameList::new());
    let before: Arc<NameList> = mirror.load();
    store.update(&mirror, add("a")).unwrap();
    assert_eq!((before.len(), mirror.load().len()), (0, 1));
}

#[test]
fn a_repeated_change_starts_from_the_committed_value() {
    let database = TestDatabase::new();
    let store = database.store();
    let mirror = Mirror::new(NameList::new());
    let blocked = BlockedWriter::new(&store);
    let mut was_busy = false;
    let waiting = [
        Box::pin(store.update_async(&mirror, add("a"))) as Pin<Box<dyn Future<Output = _>>>,
        Box::pin(store.update_async(&mirror, move |tx, names| {
            let is_first = !std::mem::replace(&mut was_busy, true);
            add("b")(tx, names)?;
            // An attached database or an old snapshot causes this error.
            if is_first { Err(StoreError::Sqlite { code: 5, message: "busy".into() }) } else { Ok(()) }
        })),
        Box::pin(store.update_async(&mirror, add("c"))),
    ];
    blocked.release();
    for write in waiting {
        assert_eq!(block_on(write), Ok(()));
    }
    assert_contents(&store, &mirror, &["a", "b", "c"]);
}

#[test]
fn a_mirror_belongs_to_the_store_that_changes_it_first() {
    let (database, other) = (TestDatabase::new(), TestDatabase::new());
    let mirror = Mirror::new(NameList::new());
    database.store().update(&mirror, add("a")).unwrap();
    let refused = other.store().update(&mirror, add("b")).unwrap_err();
    assert_eq!(refused.to_string(), "the mirror belongs to another store, which changed it first");
    assert_eq!(*mirror.load(), ["a"]);
}
