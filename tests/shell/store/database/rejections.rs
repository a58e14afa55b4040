//! Files that a store rejects, and databases that are full or damaged.

use speckit::store::rusqlite::Connection;
use speckit::store::{Store, StoreError};

use super::test_database::{BlockedWriter, TestDatabase, add, block_on, insert, names};

fn open_error(result: Result<Store, StoreError>) -> (StoreError, String) {
    let error = result.unwrap_err();
    let text = error.to_string();
    assert!(text.contains(".db"), "the error names the file: {text}");
    (error, text)
}

#[test]
fn a_file_that_is_not_a_database_is_rejected_and_not_changed() {
    let text = "The quick brown fox jumps over the lazy dog. ".repeat(100).into_bytes();
    let noise: Vec<u8> =
        (0..20_000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for bytes in [text, noise, b"short".to_vec(), b"SQLite format 3\0 and then no pages".to_vec()] {
        let database = TestDatabase::new();
        std::fs::write(database.path(), &bytes).unwrap();
        let (error, text) = open_error(database.options().open());
        assert!(matches!(error, StoreError::NotADatabase { .. }), "{text}");
        assert!(text.contains("is no SQLite database; name another file"), "{text}");
        assert_eq!(std::fs::read(database.path()).unwrap(), bytes);
    }
}

#[test]
fn a_folder_is_rejected() {
    let database = TestDatabase::new();
    std::fs::create_dir(database.path()).unwrap();
    let (error, text) = open_error(database.options().open());
    assert!(matches!(error, StoreError::Open { .. }), "{text}");
}

#[test]
fn a_path_through_a_file_is_rejected() {
    let database = TestDatabase::new();
    std::fs::write(database.folder().join("file"), "").unwrap();
    for path in ["file/app.db", "file/deep/app.db", "nul\0.db"] {
        let (error, text) = open_error(Store::open(database.folder().join(path)));
        assert!(matches!(error, StoreError::Open { .. }), "{text}");
    }
    assert!(matches!(Store::open(""), Err(StoreError::Open { .. })));
}

#[test]
fn a_database_of_another_program_is_rejected_and_not_changed() {
    for sql in [
        "CREATE TABLE theirs (a)",
        "PRAGMA application_id = 7",
        "PRAGMA application_id = 7; CREATE TABLE t (a)",
    ] {
        let database = TestDatabase::new();
        database.other_connection().execute_batch(sql).unwrap();
        let before = std::fs::read(database.path()).unwrap();
        let (error, text) = open_error(database.options().open());
        assert!(matches!(error, StoreError::Foreign { .. }), "{text}");
        assert_eq!(std::fs::read(database.path()).unwrap(), before, "{sql}");
    }
}

#[test]
fn a_newer_database_is_rejected_with_both_versions() {
    let database = TestDatabase::new();
    drop(database.store());
    database.other_connection().execute_batch("PRAGMA user_version = 4711").unwrap();
    let (error, text) = open_error(database.options().open());
    let StoreError::Newer { found: 4711, known, .. } = error else { panic!("{text}") };
    assert!(text.contains("version 4711") && text.contains(&format!("up to {known}")), "{text}");
    let version =
        database.other_connection().pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
    assert_eq!(version, Ok(4711));
}

#[test]
fn an_unknown_version_is_rejected() {
    let database = TestDatabase::new();
    drop(database.store());
    database.other_connection().execute_batch("PRAGMA user_version = -1").unwrap();
    let (error, text) = open_error(database.options().open());
    assert!(matches!(error, StoreError::Foreign { .. }), "{text}");
}

#[test]
fn opening_a_locked_database_fails_at_the_deadline() {
    let database = TestDatabase::new();
    drop(database.store());
    let other_connection = Connection::open(database.path()).unwrap();
    other_connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    let start = std::time::Instant::now();
    let (error, text) = open_error(database.options().deadline(std::time::Duration::from_millis(300)).open());
    assert!(matches!(error, StoreError::Busy { .. }), "{text}");
    assert!(start.elapsed() < std::time::Duration::from_secs(3), "{:?}", start.elapsed());
    drop(other_connection);
    assert!(database.options().open().is_ok());
}

#[test]
fn a_full_database_works_again_once_it_can_grow() {
    let database = TestDatabase::new();
    let store = database.store();
    let set_page_limit = |pages: &'static str| {
        move |tx: &speckit::store::Transaction<'_>| {
            let sql = format!("PRAGMA max_page_count = {pages}");
            Ok(tx.query_row(&sql, [], |row| row.get::<_, i64>(0))?)
        }
    };
    // SQLite raises the limit to the current number of pages.
    store.write(set_page_limit("1")).unwrap();
    let grow = |tx: &speckit::store::Transaction<'_>| {
        insert(tx, "partial")?;
        insert(tx, &"long ".repeat(20_000))
    };
    let failed = store.write(grow);
    let Err(StoreError::Full { path, reason }) = &failed else { panic!("{failed:?}") };
    assert_eq!((path, reason.as_str()), (&database.path(), "database or disk is full"));
    let blocked = BlockedWriter::new(&store);
    let (before, failing, after) =
        (store.write_async(add("a")), store.write_async(grow), store.write_async(add("z")));
    blocked.release();
    assert_eq!((block_on(before), block_on(after)), (Ok(()), Ok(())), "writes that need no new page succeed");
    assert!(matches!(block_on(failing), Err(StoreError::Full { .. })));
    assert_eq!(names(&store), ["a", "z"]);
    store.write(set_page_limit("1000000")).unwrap();
    assert_eq!(store.write(grow), Ok(()));
    assert_eq!(names(&store).len(), 4);
}

#[test]
fn a_write_in_a_closure_of_read_is_rejected_with_help() {
    let database = TestDatabase::new();
    let store = database.store();
    let error = store.read(|tx| insert(tx, "a")).unwrap_err().to_string();
    assert!(error.contains("`write`") && !error.contains("permissions"), "{error}");
    assert_eq!(names(&store), [""; 0]);
}

#[test]
fn a_damaged_file_is_reported() {
    let database = TestDatabase::new();
    let store = database.store();
    store
        .write(|tx| (0..500).try_for_each(|count| insert(tx, &format!("{count} {}", "x".repeat(200)))))
        .unwrap();
    drop(store);
    let mut bytes = std::fs::read(database.path()).unwrap();
    bytes[4096 * 3..].fill(0xa5);
    std::fs::write(database.path(), bytes).unwrap();
    let result = database.options().open().and_then(|store| {
        store.read(|tx| {
            Ok(tx.query_row("SELECT sum(length(name)) FROM entries NOT INDEXED", [], |row| {
                row.get::<_, i64>(0)
            })?)
        })
    });
    let error = result.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains("`speckit store check`"), "{error}");
}
