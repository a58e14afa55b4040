//! Opening a database: its path and its settings.

use std::path::Path;
use std::thread;

use speckit::store::rusqlite::types::Value;
use speckit::store::{Store, StoreError, StoreOptions, SynchronousMode, Transaction};

use super::test_database::{TestDatabase, add, names, worker};

/// The settings of the connection of a closure.
fn read_settings(tx: &Transaction<'_>) -> Result<Vec<(String, String)>, StoreError> {
    let pragmas = [
        "journal_mode",
        "synchronous",
        "foreign_keys",
        "cache_size",
        "temp_store",
        "mmap_size",
        "auto_vacuum",
        "trusted_schema",
        "query_only",
    ];
    let value = |pragma: &&str| -> Result<(String, String), StoreError> {
        let value = tx.pragma_query_value(None, pragma, |row| row.get::<_, Value>(0))?;
        let value = match value {
            Value::Integer(number) => number.to_string(),
            Value::Text(text) => text,
            other => panic!("{pragma}: {other:?}"),
        };
        Ok(((*pragma).to_owned(), value))
    };
    pragmas.iter().map(value).collect()
}

fn expected_settings(synchronous: &str, query_only: &str) -> Vec<(String, String)> {
    let settings = [
        ("journal_mode", "wal"),
        ("synchronous", synchronous),
        ("foreign_keys", "1"),
        ("cache_size", "-32768"),
        ("temp_store", "2"),
        ("mmap_size", "1073741824"),
        ("auto_vacuum", "2"),
        ("trusted_schema", "0"),
        ("query_only", query_only),
    ];
    settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

#[test]
fn every_connection_has_every_setting() {
    for (synchronous, number) in [(SynchronousMode::Normal, "1"), (SynchronousMode::Full, "2")] {
        let database = TestDatabase::new();
        // The first round creates the file, the second one opens it.
        for _ in 0..2 {
            let store = database.options().synchronous(synchronous).open().unwrap();
            assert_eq!(store.write(read_settings).unwrap(), expected_settings(number, "0"), "the writer");
            let readers = store
                .read(|tx| Ok((read_settings(tx)?, store.read(read_settings)?, store.read(read_settings)?)));
            let (first, second, third) = readers.unwrap();
            for reader in [first, second, third] {
                assert_eq!(reader, expected_settings(number, "1"), "a reader");
            }
        }
    }
}

#[test]
fn the_writing_connection_checks_foreign_keys() {
    let database = TestDatabase::new();
    let store = database.store();
    let orphan =
        "CREATE TABLE children (parent INTEGER REFERENCES accounts); INSERT INTO children VALUES (99)";
    assert_eq!(store.write(move |tx| Ok(tx.execute_batch(orphan)?)).unwrap_err().code(), Some(787));
}

#[test]
fn two_processes_may_create_a_database_at_the_same_moment() {
    for _ in 0..20 {
        let database = TestDatabase::new();
        let opening: Vec<_> = (0..2).map(|_| worker("open", &database.path()).spawn().unwrap()).collect();
        for process in opening {
            let output = process.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        }
        assert_eq!(database.store().write(read_settings).unwrap(), expected_settings("1", "0"));
    }
}

#[test]
fn many_threads_may_create_a_database_at_the_same_moment() {
    for _ in 0..20 {
        let database = TestDatabase::new();
        thread::scope(|scope| {
            let opening: Vec<_> = (0..4).map(|_| scope.spawn(|| database.options().open())).collect();
            for store in opening {
                store.join().unwrap().unwrap();
            }
        });
    }
}

fn assert_usable(path: &Path) {
    let store = Store::open(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    store.write(|tx| Ok(tx.execute_batch("CREATE TABLE entries (name TEXT)")?)).unwrap();
    store.write(add("a")).unwrap();
    assert_eq!(names(&store), ["a"]);
    assert_eq!(store.path(), path);
    assert!(path.is_file(), "{path:?}");
    drop(store);
    assert_eq!(names(&Store::open(path).unwrap()), ["a"]);
}

#[test]
fn special_characters_in_a_path_have_no_meaning() {
    let database = TestDatabase::new();
    let names = [
        "with space.db",
        "?mode=memory",
        "a.db?mode=ro",
        "#fragment.db",
        "100%25.db",
        "file:b.db",
        ":memory:",
        "größe-データ-🦀.db",
        "quote'\".db",
        "-wal",
        "new\nline.db",
    ];
    for name in names {
        assert_usable(&database.folder().join(name));
    }
    let mut found: Vec<_> =
        std::fs::read_dir(database.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    found.sort();
    let mut expected_names = names.map(std::ffi::OsString::from).to_vec();
    expected_names.sort();
    assert_eq!(found, expected_names, "exactly these files exist");
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_may_be_invalid_unicode() {
    use std::os::unix::ffi::OsStrExt as _;
    let database = TestDatabase::new();
    assert_usable(&database.folder().join(std::ffi::OsStr::from_bytes(b"caf\xe9.db")));
}

#[test]
fn a_relative_path_is_the_same_file_after_the_working_folder_has_changed() {
    let database = TestDatabase::new();
    std::fs::create_dir(database.folder().join("elsewhere")).unwrap();
    for relative in ["app.db", "./deep/er/app.db", "file:relative.db"] {
        let mut worker = worker("change-folder", Path::new(relative));
        let output = worker.arg("elsewhere").current_dir(database.folder()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        assert_eq!(names(&Store::open(database.folder().join(relative)).unwrap()), ["entry"]);
    }
    assert_eq!(std::fs::read_dir(database.folder().join("elsewhere")).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_missing_file_is_followed_and_kept() {
    let database = TestDatabase::new();
    let link = database.folder().join("link.db");
    std::fs::create_dir(database.folder().join("real")).unwrap();
    std::os::unix::fs::symlink("real/app.db", &link).unwrap();
    let store = Store::open(&link).unwrap();
    store.write(|tx| Ok(tx.execute_batch("CREATE TABLE entries (name TEXT)")?)).unwrap();
    store.write(add("a")).unwrap();
    assert!(link.is_symlink());
    assert_eq!(names(&Store::open(database.folder().join("real/app.db")).unwrap()), ["a"]);
}

#[test]
fn an_empty_file_becomes_a_database() {
    let database = TestDatabase::new();
    std::fs::write(database.path(), "").unwrap();
    let store = database.store();
    assert_eq!(store.write(read_settings).unwrap(), expected_settings("1", "0"));
}

#[test]
fn debug_shows_options_and_stores_by_their_file() {
    let database = TestDatabase::new();
    let options = StoreOptions::new("some.db");
    assert_eq!(
        format!("{options:?}"),
        "StoreOptions { path: \"some.db\", synchronous: Normal, deadline: 30s }"
    );
    let shown = format!("{:?}", database.store());
    assert_eq!(shown, format!("Store({:?})", database.path()));
}
