//! Stores that only read: they write nothing, and leave nothing beside the database.

use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use speckit::store::rusqlite::Connection;
use speckit::store::{Store, StoreError, StoreOptions, unread_log};

use super::test_database::{LockHolder, TestDatabase, add, insert, names};

/// The names and contents of the files in the folder.
fn files(database: &TestDatabase) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(database.folder()).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

fn open_to_read(database: &TestDatabase) -> Store {
    database.options().open_to_read().unwrap()
}

/// Copies the files of an open store, as a crash leaves them.
fn crashed(with_index: bool) -> TestDatabase {
    let (database, crashed) = (TestDatabase::new(), TestDatabase::new());
    let store = database.store();
    store.write(add("kept")).unwrap();
    for ending in ["", "-wal", "-shm"].into_iter().filter(|ending| with_index || *ending != "-shm") {
        let name = format!("app.db{ending}");
        fs::copy(database.folder().join(&name), crashed.folder().join(&name)).unwrap();
    }
    crashed
}

#[test]
fn a_closed_database_is_read_and_nothing_changes() {
    let database = TestDatabase::new();
    database.store().write(add("kept")).unwrap();
    let before = files(&database);
    let store = open_to_read(&database);
    assert_eq!(names(&store), ["kept"]);
    assert_eq!(files(&database), before, "nothing lies beside it, also while it is open");
    assert_eq!(store.write(add("more")), Err(StoreError::OpenedToRead { path: database.path() }));
    let written = store.read(|tx| insert(tx, "more")).unwrap_err();
    assert_eq!(written, StoreError::OpenedToRead { path: database.path() });
    drop(store);
    assert_eq!((files(&database), unread_log(database.path())), (before, None));
}

#[test]
fn a_missing_database_is_not_created() {
    let database = TestDatabase::new();
    assert!(matches!(database.options().open_to_read(), Err(StoreError::Absent { .. })));
    assert!(files(&database).is_empty());
}

#[test]
fn the_log_that_a_crash_has_left_is_read_and_kept() {
    for with_index in [true, false] {
        let database = crashed(with_index);
        let kept = |database| files(database).into_iter().filter(|(name, _)| name != "app.db-shm");
        let before: Vec<_> = kept(&database).collect();
        let names_before: Vec<_> = files(&database).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names(&open_to_read(&database)), ["kept"], "with an index: {with_index}");
        let written = open_to_read(&database).read(|tx| insert(tx, "more")).unwrap_err();
        assert_eq!(written, StoreError::OpenedToRead { path: database.path() });
        assert!(kept(&database).eq(before), "with an index: {with_index}");
        assert!(files(&database).into_iter().map(|(name, _)| name).eq(names_before));
        assert_eq!(unread_log(database.path()), None);
    }
}

#[test]
fn the_present_content_of_a_database_in_use_is_read() {
    let database = TestDatabase::new();
    let writer = database.store();
    let reader = open_to_read(&database);
    assert_eq!(names(&reader), [""; 0]);
    writer.write(add("a")).unwrap();
    assert_eq!(names(&reader), ["a"]);
    let lock = LockHolder::new(&database.path());
    assert_eq!(names(&reader), ["a"], "a writer keeps no reader out");
    drop((lock, writer));
    assert_eq!(names(&reader), ["a"]);
}

#[test]
fn a_database_that_is_opened_written_and_closed_meanwhile_is_read_as_a_whole() {
    let database = TestDatabase::new();
    drop(database.store());
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..60 {
                let both = move |tx: &speckit::store::Transaction<'_>| {
                    insert(tx, &format!("{round} a"))?;
                    insert(tx, &format!("{round} b"))
                };
                database.store().write(both).unwrap();
            }
            is_done.store(true, Ordering::Relaxed);
        });
        let reader = database.options().deadline(Duration::from_secs(60)).open_to_read().unwrap();
        let mut seen = 0;
        while !is_done.load(Ordering::Relaxed) {
            let found = names(&reader).len();
            assert!(found.is_multiple_of(2) && found >= seen, "{found} after {seen}");
            seen = found;
        }
        assert_eq!(names(&reader).len(), 120);
    });
}

/// What a reader finds if this happens once while it reads a closed database with the entry `kept`, and how often it reads.
fn read_while(change: impl Fn(&TestDatabase) + Sync) -> (Vec<String>, u32) {
    let database = TestDatabase::new();
    database.store().write(add("kept")).unwrap();
    let mut attempts = 0;
    let found = open_to_read(&database).read(|tx| {
        attempts += 1;
        let mut statement = tx.prepare("SELECT name FROM entries ORDER BY name")?;
        let found = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        if attempts == 1 {
            std::thread::scope(|scope| scope.spawn(|| change(&database)).join().unwrap());
        }
        Ok(found)
    });
    (found.unwrap(), attempts)
}

#[test]
fn what_was_read_without_locks_counts_only_if_nothing_has_changed_meanwhile() {
    let both = || vec!["kept".to_owned(), "new".to_owned()];
    assert_eq!(read_while(|_| ()), (vec!["kept".to_owned()], 1));
    assert_eq!(read_while(|database| database.store().write(add("new")).unwrap()), (both(), 2));
    // Another program still has the database open, so that the new entry is in the log.
    let open = Mutex::new(None);
    let found = read_while(|database| {
        let store = database.store();
        store.write(add("new")).unwrap();
        *open.lock().unwrap() = Some(store);
    });
    assert_eq!(found, (both(), 2));
}

#[test]
fn a_database_that_is_replaced_by_one_of_the_same_length_and_time_is_read_again() {
    let found = read_while(|database| {
        let (path, other) = (database.path(), TestDatabase::new());
        other.store().write(add("diff")).unwrap();
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        let copy = database.folder().join("copy.db");
        fs::copy(other.path(), &copy).unwrap();
        fs::File::options().write(true).open(&copy).unwrap().set_modified(modified).unwrap();
        assert_eq!(fs::metadata(&copy).unwrap().len(), fs::metadata(&path).unwrap().len());
        fs::rename(&copy, &path).unwrap();
    });
    assert_eq!(found, (vec!["diff".to_owned()], 2));
}

#[test]
fn a_path_with_characters_of_a_uri_is_read() {
    let database = TestDatabase::new();
    let path = database.folder().join("a?b#c%20 ä.db");
    drop(Store::open(&path).unwrap());
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'config_generations'";
    let count: i64 = StoreOptions::new(&path)
        .open_to_read()
        .and_then(|store| store.read(|tx| Ok(tx.query_row(sql, [], |row| row.get(0))?)))
        .unwrap();
    assert_eq!(count, 1);
}

#[test]
fn an_exclusive_lock_is_waited_for_until_the_deadline() {
    let database = crashed(false);
    let other = Connection::open(database.path()).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE").unwrap();
    let options = database.options().deadline(Duration::from_millis(50));
    let error = options.open_to_read().map(drop).unwrap_err();
    assert!(matches!(error, StoreError::Busy { .. }), "{error}");
}
