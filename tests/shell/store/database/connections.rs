//! The limits of a closure on its connection, and the number of connections.

use std::sync::Barrier;
use std::thread;

use speckit::store::{Store, StoreError, Transaction};

use super::test_database::{TestDatabase, add, insert, names};

/// The text of the error of a closure.
fn error_text(result: Result<(), StoreError>) -> String {
    result.unwrap_err().to_string()
}

const SETTING_PRAGMAS: [&str; 6] = [
    "PRAGMA query_only = OFF",
    "PRAGMA query_only = ON",
    "PRAGMA wal_autocheckpoint = 0",
    "PRAGMA user_version = 7",
    "PRAGMA application_id = 7",
    "PRAGMA writable_schema = ON",
];

#[test]
fn a_closure_cannot_set_a_pragma_that_outlives_its_transaction() {
    let database = TestDatabase::new();
    let store = database.store();
    for sql in SETTING_PRAGMAS {
        let text = "settings of its connections: return an error to roll back, and use no pragma that sets something";
        let written = store.write(|tx| Ok(tx.execute_batch(sql)?));
        let (written, read) = (error_text(written), error_text(store.read(|tx| Ok(tx.execute_batch(sql)?))));
        assert!(written.contains(text), "{sql}: {written}");
        assert!(read.contains(text), "{sql}: {read}");
    }
    store.write(add("a")).unwrap();
    drop(store);
    assert_eq!(names(&database.store()), ["a"], "the database is still accepted");
}

#[test]
fn a_closure_may_query_pragmas() {
    let database = TestDatabase::new();
    let store = database.store();
    let columns = |tx: &Transaction<'_>| {
        let columns: i64 =
            tx.query_row("SELECT count(*) FROM pragma_table_info('accounts')", [], |row| row.get(0))?;
        let name: String = tx.query_row("PRAGMA table_info(accounts)", [], |row| row.get(1))?;
        let version: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
        tx.execute_batch("PRAGMA defer_foreign_keys = ON")?;
        Ok((columns, name, version > 0))
    };
    assert_eq!(store.write(columns), Ok((2, "id".into(), true)));
    assert_eq!(store.read(columns), Ok((2, "id".into(), true)));
}

#[test]
fn a_closure_of_read_neither_writes_nor_ends_its_transaction() {
    let database = TestDatabase::new();
    let store = database.store();
    for sql in ["INSERT INTO entries VALUES ('a')", "DROP TABLE entries", "COMMIT", "ROLLBACK", "BEGIN"] {
        assert!(store.read(|tx| Ok(tx.execute_batch(sql)?)).is_err(), "{sql}");
        assert!(store.read(|tx| Ok(tx.prepare_cached(sql)?.execute([]).map(drop)?)).is_err(), "{sql}");
    }
    let _ = store.read(|tx| insert(tx, "a"));
    assert_eq!(names(&store), Vec::<String>::new());
    assert!(store.write(add("a")).is_ok());
}

#[test]
fn a_connection_whose_closure_panicked_is_used_again() {
    let database = TestDatabase::new();
    let store = database.store();
    let panicking_store = store.clone();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        panicking_store
            .read(|_| -> Result<(), StoreError> { super::test_database::panic_quietly("a mistake") })
    }));
    assert!(panicked.is_err());
    store.write(add("a")).unwrap();
    assert_eq!(names(&store), ["a"], "the connection sees later commits");
}

#[test]
fn many_readers_share_the_pool_and_a_nested_one_does_not_wait() {
    const READERS: usize = 100;
    let database = TestDatabase::new();
    let store = database.store();
    let start = Barrier::new(READERS);
    let nested = |store: &Store| {
        store.read(|_| store.read(|tx| Ok(tx.query_row("SELECT 1", [], |row| row.get::<_, i64>(0))?)))
    };
    thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    (0..20).all(|_| nested(&store) == Ok(1))
                })
            })
            .collect();
        assert!(readers.into_iter().all(|reader| reader.join().unwrap()));
    });
    #[cfg(target_os = "linux")]
    {
        let path = database.path();
        let files = std::fs::read_dir("/proc/self/fd").unwrap();
        let open = files.filter(|file| {
            let file = file.as_ref().unwrap().path();
            std::fs::read_link(file).is_ok_and(|target| target == path)
        });
        let open = open.count();
        assert!(open <= 65, "one connection for writing, 32 for reading, and 32 for nested reads: {open}");
    }
}
