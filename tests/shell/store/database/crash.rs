//! Processes that are killed while they write.
//!
//! `STORE_CRASHES=2000` kills more processes, `STORE_CRASH_SEED=7` kills at other times.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::time::Duration;

use speckit::store::Store;
use speckit_core::retry::Seed;

use super::test_database::{TestDatabase, query_number, worker};

fn read_setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn create_tables(store: &Store) {
    let sql = "CREATE TABLE lefts (id INTEGER PRIMARY KEY, filling BLOB);
               CREATE TABLE rights (pair INTEGER PRIMARY KEY REFERENCES lefts, filling BLOB);";
    store.write(move |tx| Ok(tx.execute_batch(sql)?)).unwrap();
}

/// Starts a process that writes pairs, kills it after this time, and returns the acknowledged pairs.
fn kill_writer(database: &Path, synchronous: &str, after: Duration) -> BTreeSet<i64> {
    let mut child = worker("write-pairs", database).args(["3", synchronous]).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    let reader = std::thread::spawn(move || {
        let lines = lines.split(b'\n').map(Result::unwrap);
        lines.map(|line| String::from_utf8(line).unwrap().parse::<i64>().unwrap()).collect()
    });
    std::thread::sleep(after);
    // SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

fn assert_complete(store: &Store, acknowledged: &BTreeSet<i64>) {
    let integrity =
        store.read(|tx| Ok(tx.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0))?));
    assert_eq!(integrity.as_deref(), Ok("ok"));
    let halves = "SELECT count(*) FROM lefts FULL JOIN rights ON id = pair WHERE id IS NULL OR pair IS NULL";
    assert_eq!(query_number(store, halves), 0, "incomplete transactions");
    let present: BTreeSet<i64> = store
        .read(|tx| {
            let mut statement = tx.prepare("SELECT id FROM lefts")?;
            let ids = statement.query_map([], |row| row.get(0))?;
            Ok(ids.collect::<Result<_, _>>()?)
        })
        .unwrap();
    let lost: Vec<_> = acknowledged.difference(&present).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
}

fn kill_repeatedly(synchronous: &str, times: u64) {
    let mut delays = Seed::new(read_setting("STORE_CRASH_SEED", 4)).stream("tests/crash");
    let database = TestDatabase::new();
    create_tables(&database.store());
    let mut acknowledged = BTreeSet::new();
    for _ in 0..times {
        // The process is killed at any time between its start and many writes later.
        let after = Duration::from_micros(delays.up_to(60_000));
        acknowledged.append(&mut kill_writer(&database.path(), synchronous, after));
        // Opening the database recovers the write-ahead log.
        assert_complete(&database.options().open().unwrap(), &acknowledged);
    }
    assert!(acknowledged.len() as u64 > times, "only {} writes", acknowledged.len());
}

#[test]
fn a_killed_process_loses_no_acknowledged_write() {
    kill_repeatedly("normal", read_setting("STORE_CRASHES", 50));
}

#[test]
fn a_process_killed_while_it_waits_for_the_disk_loses_no_acknowledged_write() {
    kill_repeatedly("full", read_setting("STORE_CRASHES", 50).div_ceil(10));
}

#[test]
fn other_processes_continue_to_write() {
    let database = TestDatabase::new();
    let store = database.store();
    create_tables(&store);
    let mut acknowledged = BTreeSet::new();
    for _ in 0..10 {
        acknowledged.append(&mut kill_writer(&database.path(), "normal", Duration::from_millis(40)));
        store.write(|tx| Ok(tx.execute_batch("UPDATE accounts SET sum = sum + 1")?)).unwrap();
        assert_complete(&store, &acknowledged);
    }
}

#[test]
fn a_process_killed_while_it_creates_the_file_leaves_a_usable_one() {
    let mut delays = Seed::new(read_setting("STORE_CRASH_SEED", 4)).stream("tests/crash/opening");
    for _ in 0..read_setting("STORE_CRASHES", 50).div_ceil(5) {
        let database = TestDatabase::new();
        let mut child = worker("open", &database.path()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(delays.up_to(20_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        let store = database.store();
        let version =
            store.read(|tx| Ok(tx.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))?));
        assert!(version.unwrap() >= 2);
        assert_eq!(
            query_number(&store, "SELECT count(*) FROM sqlite_schema WHERE name = 'config_generations'"),
            1
        );
    }
}
