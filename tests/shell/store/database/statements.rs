//! Reads with a single statement, and the connections that they use.

use std::thread;

use speckit::store::rusqlite::{Result as RowResult, Row};
use speckit::store::{Store, StoreError};

use super::test_database::{TestDatabase, add, insert, names, panic_quietly, query_number};

const NAMES: &str = "SELECT name FROM entries ORDER BY name DESC";

fn name(row: &Row<'_>) -> RowResult<String> {
    row.get(0)
}

/// How often the file of the database is open in this process.
#[cfg(target_os = "linux")]
fn connections(database: &TestDatabase) -> usize {
    let files = std::fs::read_dir("/proc/self/fd").unwrap();
    let paths = files.filter_map(|file| std::fs::read_link(file.unwrap().path()).ok());
    paths.filter(|path| *path == database.path()).count()
}

#[test]
fn a_statement_reads_the_last_commit_with_its_parameters() {
    let database = TestDatabase::new();
    let store = database.store();
    assert_eq!(store.query_rows(NAMES, [], name), Ok(vec![]));
    for text in ["a", "b"] {
        store.write(add(text)).unwrap();
        let found = store.query_row("SELECT name FROM entries WHERE name = ?1", [text], name);
        assert_eq!(found.as_deref(), Ok(text));
    }
    assert_eq!(store.query_rows(NAMES, [], name), Ok(vec!["b".into(), "a".into()]));
    let text = store.query_row(NAMES.replace("DESC", "LIMIT 0").as_str(), [], name).unwrap_err().to_string();
    assert!(text.contains("returned no rows"), "{text}");
}

#[test]
fn a_statement_does_not_see_the_changes_of_a_write_that_is_not_committed() {
    let database = TestDatabase::new();
    let store = database.store();
    let same = store.clone();
    let seen = store.write(move |tx| {
        insert(tx, "a")?;
        same.query_row("SELECT count(*) FROM entries", [], |row| row.get::<_, i64>(0))
    });
    assert_eq!(seen, Ok(0));
    assert_eq!(names(&store), ["a"]);
}

#[test]
fn a_statement_neither_writes_nor_begins_a_transaction_nor_sets_a_pragma() {
    let database = TestDatabase::new();
    let store = database.store();
    let failed = |sql| store.query_rows(sql, [], |_| Ok(())).unwrap_err().to_string();
    assert_eq!(
        failed("INSERT INTO entries VALUES ('a') RETURNING name"),
        "a read may not write; use `write` (code 8)"
    );
    for sql in ["BEGIN", "SAVEPOINT speckit_write", "PRAGMA query_only = OFF"] {
        assert!(failed(sql).contains("the store controls its transactions"), "{sql}");
    }
    assert_eq!(names(&store), [""; 0]);
}

#[test]
fn a_statement_whose_closure_panics_or_reads_itself_blocks_nothing() {
    let database = TestDatabase::new();
    let store = database.store();
    let panicking = std::panic::AssertUnwindSafe(|| {
        store.query_row("SELECT 1", [], |_| -> Result<(), _> { panic_quietly("a mistake") })
    });
    assert!(std::panic::catch_unwind(panicking).is_err());
    store.write(add("a")).unwrap();
    let nested = |row: &Row<'_>| Ok((name(row)?, store.query_rows(NAMES, [], name)));
    assert_eq!(store.query_rows(NAMES, [], nested), Ok(vec![("a".into(), Ok(vec!["a".into()]))]));
}

/// The threads change their places all the time, so that they often wait for each other. If one is not woken, the test does not end.
#[test]
fn more_threads_than_connections_read_without_end() {
    const THREADS: i64 = 48;
    let database = TestDatabase::new();
    let store = database.store();
    store.write(add("a")).unwrap();
    let read = |store: &Store, number: i64| -> Result<i64, StoreError> {
        let sum = |row: &Row<'_>| {
            thread::yield_now();
            row.get::<_, i64>(0)
        };
        store.query_row("SELECT ?1 + count(*) FROM entries", [number], sum)
    };
    thread::scope(|scope| {
        for number in 0..THREADS {
            let store = &store;
            scope.spawn(move || assert!((0..200).all(|_| read(store, number) == Ok(number + 1))));
        }
    });
    #[cfg(target_os = "linux")]
    assert!(connections(&database) <= 33, "one for writing and 32 for reading: {}", connections(&database));
}

#[cfg(target_os = "linux")]
#[test]
fn threads_that_read_one_after_another_use_one_connection() {
    let database = TestDatabase::new();
    let store = database.store();
    for _ in 0..40 {
        thread::scope(|scope| {
            scope.spawn(|| query_number(&store, "SELECT 1"));
        });
    }
    assert_eq!(connections(&database), 2, "one for writing and one for reading");
}
