//! A value in memory that changes together with the database.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use speckit::store::{Mirror, Store, StoreError, Transaction};

use super::test_database::{
    BlockedWriter, LockHolder, TestDatabase, insert, names, number, outcome, panic_quietly, wait,
    with_entries,
};

type NameList = Vec<String>;

/// A change that adds a name to the value and to the database.
fn add(
    name: &str,
) -> impl FnMut(&Transaction<'_>, &mut NameList) -> Result<(), StoreError> + Send + Clone + 'static {
    let name = name.to_owned();
    move |tx, names| {
        names.push(name.clone());
        insert(tx, &name)
    }
}

fn assert_agreement(store: &Store, mirror: &Mirror<NameList>, expected: &[&str]) {
    let mut blocked = (*mirror.load()).clone();
    blocked.sort();
    assert_eq!(blocked, expected);
    assert_eq!(names(store), expected);
}

#[test]
fn a_change_that_fails_changes_neither_the_value_nor_the_database() {
    let database = TestDatabase::new();
    let store = database.store();
    let mirror = Mirror::new(NameList::new());
    store.update(&mirror, add("a")).unwrap();
    assert_agreement(&store, &mirror, &["a"]);
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
    let swallowed = store.update(&mirror, |tx, names| {
        add("d")(tx, names)?;
        let _ = tx.execute("INSERT OR ROLLBACK INTO entries VALUES ('d')", []);
        Ok(())
    });
    assert_eq!(swallowed, Err(StoreError::RolledBack));
    assert_agreement(&store, &mirror, &["a"]);
    store.update(&mirror, add("e")).unwrap();
    assert_agreement(&store, &mirror, &["a", "e"]);
}

#[test]
fn changes_of_a_group_start_from_each_other_without_the_failed_ones() {
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
    assert_agreement(&store, &mirror, &[]);
    blocked.release();
    assert_eq!((wait(a), wait(b)), (Ok(()), Ok(())));
    assert_eq!(wait(again).unwrap_err().code(), Some(2067));
    assert_eq!(outcome(panics), Err("a mistake".to_owned()));
    assert_eq!(wait(names), Ok(vec!["a".to_owned(), "b".to_owned()]));
    assert_agreement(&store, &mirror, &["a", "b"]);
}

#[test]
fn a_group_that_is_rolled_back_changes_the_value_once_when_it_runs_again() {
    let database = TestDatabase::new();
    let store = database.store();
    let mirror = Mirror::new(NameList::new());
    let blocked = BlockedWriter::new(&store);
    let a = store.update_async(&mirror, add("a"));
    let tyrant = store.update_async(&mirror, |tx, names| {
        add("t")(tx, names)?;
        let _ = tx.execute("INSERT OR ROLLBACK INTO entries VALUES ('t')", []);
        Ok(())
    });
    let b = store.update_async(&mirror, add("b"));
    blocked.release();
    assert_eq!((wait(a), wait(tyrant), wait(b)), (Ok(()), Err(StoreError::RolledBack), Ok(())));
    assert_agreement(&store, &mirror, &["a", "b"]);
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
    assert_agreement(&store, &mirror, &[]);
    let blocked = BlockedWriter::new(&store);
    let (a, own, b) = (
        store.update_async(&mirror, add("a")),
        store.update_async(&mirror, orphan),
        store.update_async(&mirror, add("b")),
    );
    blocked.release();
    assert_eq!((wait(a), wait(b)), (Ok(()), Ok(())));
    assert_eq!(wait(own).unwrap_err().code(), Some(787));
    assert_agreement(&store, &mirror, &["a", "b"]);
}

#[test]
fn a_lock_of_another_process_changes_no_value() {
    let database = TestDatabase::new();
    let store = with_entries(database.options().deadline(std::time::Duration::from_millis(50)));
    let mirror = Mirror::new(NameList::new());
    let holder = LockHolder::new(&database.path());
    assert!(matches!(store.update(&mirror, add("a")), Err(StoreError::Busy { .. })));
    drop(holder);
    store.update(&mirror, add("b")).unwrap();
    assert_agreement(&store, &mirror, &["b"]);
}

#[test]
fn a_counter_is_never_ahead_in_memory_and_loses_no_change() {
    let database = TestDatabase::new();
    let store = &database.store();
    let counter = &Mirror::new(1000_i64);
    let is_over = &AtomicBool::new(false);
    let sum = "SELECT sum FROM accounts WHERE id = 1";
    thread::scope(|scope| {
        let reader = scope.spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                let value = *counter.load();
                let stored = number(store, sum);
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
    assert_eq!((*counter.load(), number(store, sum)), (1000 + 1440, 1000 + 1440));
}

#[test]
fn a_reader_keeps_the_value_that_it_has() {
    let database = TestDatabase::new();
    let store = database.store();
    let mirror = Mirror::new(NameList::new());
    let before: Arc<NameList> = mirror.load();
    store.update(&mirror, add("a")).unwrap();
    assert_eq!((before.len(), mirror.load().len()), (0, 1));
}

#[test]
fn a_repeated_change_starts_from_the_value_of_the_committed_ones() {
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
            // The error of an attached database, or of an old snapshot.
            if is_first { Err(StoreError::Sqlite { code: 5, message: "busy".into() }) } else { Ok(()) }
        })),
        Box::pin(store.update_async(&mirror, add("c"))),
    ];
    blocked.release();
    for write in waiting {
        assert_eq!(wait(write), Ok(()));
    }
    assert_agreement(&store, &mirror, &["a", "b", "c"]);
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
