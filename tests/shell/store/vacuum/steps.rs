//! The steps of a vacuum and the record of it, also if it is stopped or killed.

use std::ops::ControlFlow;
#[cfg(unix)]
use std::process::Stdio;
#[cfg(unix)]
use std::thread;
#[cfg(unix)]
use std::time::Duration;

use speckit::store::{Store, StoreError};

use super::{MIB, assert_sound, create_dead_rows, create_folder, file_length, query_number};
#[cfg(unix)]
use crate::test_dir::TestDir;

#[test]
fn the_file_is_truncated_and_the_wal_is_empty_while_the_store_is_open() {
    let (_folder, path) = create_folder();
    let store = create_dead_rows(&path, 8 * MIB);
    let before = store.stats().unwrap();
    let outcome = store.vacuum().unwrap();
    let after = store.stats().unwrap();
    assert!(outcome.is_cut);
    assert_eq!((after.file_bytes, after.wal_bytes), (file_length(&path), 0));
    assert_eq!(after.file_bytes, outcome.bytes_after);
    assert_eq!(after.free_pages, 0);
    assert!(after.file_bytes < MIB, "{}", after.file_bytes);
    assert_eq!(before.savings_bytes, outcome.freed_bytes, "the estimate is exact while nobody writes");
    let record = after.last_vacuum.unwrap();
    assert_eq!((record.freed_bytes, record.is_finished), (outcome.freed_bytes, true));
    assert!(before.last_vacuum.is_none());
}

#[test]
fn a_stopped_vacuum_loses_nothing_and_can_be_repeated() {
    let (_folder, path) = create_folder();
    let store = create_dead_rows(&path, 8 * MIB);
    let alive = query_number(&store, "SELECT count(*) FROM notes");
    let outcome = store.vacuum_with(|progress| match progress.freed_bytes {
        freed if freed > 2 * MIB => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    let outcome = outcome.unwrap();
    assert!(!outcome.is_finished && outcome.steps == 3, "{outcome:?}");
    let record = store.stats().unwrap().last_vacuum.unwrap();
    assert_eq!((record.freed_bytes, record.is_finished), (outcome.freed_bytes, false));
    assert_sound(&path);
    assert_eq!(query_number(&store, "SELECT count(*) FROM notes"), alive);
    let rest = store.vacuum().unwrap();
    assert!(rest.is_finished && rest.freed_bytes > 4 * MIB, "{rest:?}");
    assert_eq!(query_number(&store, "SELECT count(*) FROM store_vacuums"), 2);
    assert_sound(&path);
}

#[test]
fn a_vacuum_without_free_pages_does_nothing() {
    let (_folder, path) = create_folder();
    let store = Store::open(&path).unwrap();
    let outcome = store.vacuum().unwrap();
    assert_eq!((outcome.steps, outcome.freed_bytes, outcome.is_finished, outcome.is_cut), (0, 0, true, true));
    assert_eq!(store.savings(), Ok(0));
}

#[test]
fn a_database_records_a_hundred_vacuums() {
    let (_folder, path) = create_folder();
    let store = Store::open(&path).unwrap();
    store
        .write(|tx| {
            let sql = "WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 200)
                       INSERT INTO store_vacuums SELECT id, id, id, 0, 0 FROM n";
            Ok(tx.execute(sql, [])?)
        })
        .unwrap();
    store.vacuum().unwrap();
    assert_eq!(query_number(&store, "SELECT count(*) FROM store_vacuums"), 100);
    assert_eq!(query_number(&store, "SELECT max(id) FROM store_vacuums"), 201);
}

#[test]
fn a_vacuum_within_a_write_is_rejected() {
    let (_folder, path) = create_folder();
    let store = Store::open(&path).unwrap();
    let inner = store.clone();
    assert_eq!(store.write(move |_| inner.vacuum()), Err(StoreError::Nested));
}

#[cfg(unix)]
#[test]
fn a_process_killed_during_a_vacuum_leaves_a_sound_database() {
    let dir = TestDir::new();
    let path = dir.path("app.db");
    let store = create_dead_rows(&path, 24 * MIB);
    let alive = query_number(&store, "SELECT count(*) FROM notes");
    drop(store);
    let mut killed = 0;
    for round in 0..12_u64 {
        let mut command = dir.command(&["store", "vacuum", "--database", "app.db"]);
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(20 + 13 * round));
        killed += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_sound(&path);
    }
    assert!(killed > 0);
    let store = Store::open(&path).unwrap();
    assert_eq!(query_number(&store, "SELECT count(*) FROM notes WHERE length(text) = 2000"), alive);
    assert!(store.vacuum().unwrap().is_finished);
}
