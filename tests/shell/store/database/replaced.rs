//! A database whose files are moved, deleted or replaced while a store has them open.

use std::fs;
use std::path::Path;

use speckit::store::{Store, StoreError};

use super::test_database::{TestDatabase, add, names, open_with_tables, worker};

/// A store with the entry `kept`, whose log still has it.
fn store_with_entry(database: &TestDatabase) -> Store {
    let store = database.store();
    store.write(add("kept")).unwrap();
    store
}

#[track_caller]
fn assert_replaced(store: &Store, database: &TestDatabase) {
    let replaced = Err(StoreError::Replaced { path: database.path() });
    assert_eq!(store.write(add("lost")), replaced);
    assert_eq!(store.write(add("lost")), replaced, "not only once");
    assert_eq!(store.read(|_| Ok(())), replaced);
}

fn rename(database: &TestDatabase, from: &str, to: &str) {
    fs::rename(database.folder().join(from), database.folder().join(to)).unwrap();
}

fn remove(database: &TestDatabase, names: &[&str]) {
    names.iter().for_each(|name| fs::remove_file(database.folder().join(name)).unwrap());
}

fn content(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_default()
}

#[test]
fn a_moved_database_keeps_what_its_log_had() {
    let database = TestDatabase::new();
    let store = store_with_entry(&database);
    rename(&database, "app.db", "moved.db");
    assert_replaced(&store, &database);
    assert_eq!(names(&Store::open(database.folder().join("moved.db")).unwrap()), ["kept"]);
    let new = open_with_tables(database.options());
    new.write(add("new")).unwrap();
    let log = content(&database.folder().join("app.db-wal"));
    assert!(!log.is_empty());
    drop(store);
    assert_eq!(content(&database.folder().join("app.db-wal")), log, "it is the log of the new database");
    drop(new);
    assert_eq!(names(&database.store()), ["new"]);
}

#[test]
fn a_deleted_database_is_created_anew_by_the_next_store() {
    for deleted in [&["app.db", "app.db-wal", "app.db-shm"][..], &["app.db"], &["app.db", "app.db-shm"]] {
        let database = TestDatabase::new();
        let store = store_with_entry(&database);
        remove(&database, deleted);
        assert_replaced(&store, &database);
        let new = database.store();
        new.write(add("new")).unwrap();
        drop(store);
        assert_eq!(names(&new), ["new"], "{deleted:?}");
        drop(new);
        assert_eq!(names(&database.store()), ["new"], "{deleted:?}");
    }
}

#[test]
fn another_database_at_the_path_is_not_written_by_the_store_of_the_first() {
    let (database, other) = (TestDatabase::new(), TestDatabase::new());
    other.store().write(add("other")).unwrap();
    let store = store_with_entry(&database);
    fs::copy(other.path(), database.folder().join("copy.db")).unwrap();
    rename(&database, "copy.db", "app.db");
    assert_replaced(&store, &database);
    assert_eq!(names(&database.store()), ["other"]);
}

#[test]
fn a_link_to_another_database_is_noticed() {
    let database = TestDatabase::new();
    let target = database.folder().join("first.db");
    std::os::unix::fs::symlink(&target, database.path()).unwrap();
    let store = store_with_entry(&database);
    drop(Store::open(database.folder().join("second.db")).unwrap());
    fs::remove_file(database.path()).unwrap();
    std::os::unix::fs::symlink(database.folder().join("second.db"), database.path()).unwrap();
    assert_replaced(&store, &database);
    drop(store);
    assert_eq!(names(&Store::open(&target).unwrap()), ["kept"]);
}

#[test]
fn the_database_keeps_what_a_deleted_log_had() {
    for deleted in [&["app.db-wal"][..], &["app.db-shm"], &["app.db-wal", "app.db-shm"]] {
        let database = TestDatabase::new();
        let store = store_with_entry(&database);
        remove(&database, deleted);
        // The log is looked at once in a millisecond.
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert_replaced(&store, &database);
        drop(store);
        let again = database.store();
        assert_eq!(names(&again), ["kept"], "{deleted:?}");
        again.write(add("later")).unwrap();
        drop(again);
        assert_eq!(names(&database.store()), ["kept", "later"], "{deleted:?}");
    }
}

#[test]
fn a_log_without_its_database_is_refused_and_kept() {
    let database = TestDatabase::new();
    let store = store_with_entry(&database);
    let (path, log) = (database.folder().join("gone.db"), database.folder().join("gone.db-wal"));
    fs::copy(database.folder().join("app.db-wal"), &log).unwrap();
    let refused = StoreError::OrphanedLog { path: path.clone(), log: log.clone() };
    assert_eq!(Store::open(&path).map(drop), Err(refused.clone()));
    assert!(!path.exists(), "no empty database appears");
    fs::write(&path, "").unwrap();
    assert_eq!(Store::open(&path).map(drop), Err(refused.clone()));
    assert_eq!(speckit::store::StoreOptions::new(&path).open_to_read().map(drop), Err(refused));
    assert_eq!(content(&log), content(&database.folder().join("app.db-wal")));
    drop(store);
}

#[test]
fn a_log_that_does_not_fit_is_named() {
    let database = TestDatabase::new();
    let store = store_with_entry(&database);
    // As another program sees it that has opened a new file at the path of a moved one.
    let log = fs::File::options().write(true).open(database.folder().join("app.db-wal")).unwrap();
    log.set_len(100).unwrap();
    let foreign = StoreError::ForeignLog { path: database.path() };
    assert_eq!(database.options().open_to_read().map(drop), Err(foreign.clone()));
    assert_eq!(worker_error(&database), format!("{foreign}\n"));
    drop(store);
}

/// Why another process cannot open the database.
fn worker_error(database: &TestDatabase) -> String {
    String::from_utf8(worker("open", &database.path()).output().unwrap().stdout).unwrap()
}
