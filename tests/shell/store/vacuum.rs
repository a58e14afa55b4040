//! Vacuums of real databases.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use speckit::store::{Store, check_file};
use tempfile::TempDir;

mod beside_others;
mod scheduler;
mod steps;

const MIB: u64 = 1 << 20;
/// Each row whose id is a multiple of this is kept.
const KEPT_ROW_INTERVAL: u64 = 50;

/// Creates a database with this many bytes of rows, and deletes most of them.
fn create_dead_rows(path: &Path, bytes: u64) -> Store {
    let store = Store::open(path).unwrap();
    store
        .write(move |tx| {
            tx.execute_batch(
                "CREATE TABLE notes (id INTEGER PRIMARY KEY, text BLOB NOT NULL);
                 CREATE TABLE log (id INTEGER PRIMARY KEY, text TEXT NOT NULL);",
            )?;
            let sql = "WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ?1)
                       INSERT INTO notes SELECT id, randomblob(2000) FROM n";
            tx.execute(sql, [i64::try_from(bytes / 2000).unwrap()])?;
            Ok(())
        })
        .unwrap();
    let delete = format!("DELETE FROM notes WHERE id % {KEPT_ROW_INTERVAL} <> 0");
    store.write(move |tx| Ok(tx.execute_batch(&delete)?)).unwrap();
    store
}

fn create_folder() -> (TempDir, std::path::PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("app.db");
    (folder, path)
}

fn query_number(store: &Store, sql: &str) -> u64 {
    let number: i64 = store.read(|tx| Ok(tx.query_row(sql, [], |row| row.get(0))?)).unwrap();
    u64::try_from(number).unwrap()
}

fn file_length(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

#[track_caller]
fn assert_sound(path: &Path) {
    assert_eq!(check_file(path, Duration::from_secs(30)), Ok(vec![]));
}

/// Waits until a condition holds, for a minute at most.
#[track_caller]
fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "timeout: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}
