//! A process that is killed while it writes.
//!
//! `STORE_CRASHES=2000` kills more often than the default, `STORE_CRASH_SEED=7` at other moments.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::time::Duration;

use speckit::store::Store;
use speckit_core::retry::Seed;

use super::test_database::{TestDatabase, number, worker};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn tables(store: &Store) {
    let sql = "CREATE TABLE lefts (id INTEGER PRIMARY KEY, filling BLOB);
               CREATE TABLE rights (pair INTEGER PRIMARY KEY REFERENCES lefts, filling BLOB);";
    store.write(move |tx| Ok(tx.execute_batch(sql)?)).unwrap();
}

/// Lets a process write pairs, kills it after a while, and gives what it had acknowledged.
fn killed(database: &Path, synchronous: &str, after: Duration) -> BTreeSet<i64> {
    let mut child = worker("pairs", database).args(["3", synchronous]).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    let reading = std::thread::spawn(move || {
        let lines = lines.split(b'\n').map(Result::unwrap);
        lines.map(|line| String::from_utf8(line).unwrap().parse::<i64>().unwrap()).collect()
    });
    std::thread::sleep(after);
    // SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
    reading.join().unwrap()
}

fn assert_whole(store: &Store, acknowledged: &BTreeSet<i64>) {
    let integrity =
        store.read(|tx| Ok(tx.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0))?));
    assert_eq!(integrity.as_deref(), Ok("ok"));
    let halves = "SELECT count(*) FROM lefts FULL JOIN rights ON id = pair WHERE id IS NULL OR pair IS NULL";
    assert_eq!(number(store, halves), 0, "halves of transactions");
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

fn crashes(synchronous: &str, times: u64) {
    let mut moments = Seed::new(setting("STORE_CRASH_SEED", 4)).stream("tests/crash");
    let database = TestDatabase::new();
    tables(&database.store());
    let mut acknowledged = BTreeSet::new();
    for _ in 0..times {
        // From before it has opened the file to many writes later.
        let after = Duration::from_micros(moments.up_to(60_000));
        acknowledged.append(&mut killed(&database.path(), synchronous, after));
        // The one who opens it next recovers.
        assert_whole(&database.options().open().unwrap(), &acknowledged);
    }
    assert!(acknowledged.len() as u64 > times, "it wrote: {}", acknowledged.len());
}

#[test]
fn a_process_that_is_killed_many_times_loses_nothing_acknowledged_and_leaves_no_half() {
    crashes("normal", setting("STORE_CRASHES", 50));
}

#[test]
fn a_process_that_is_killed_while_it_waits_for_the_disk_loses_nothing_either() {
    crashes("full", setting("STORE_CRASHES", 50).div_ceil(10));
}

#[test]
fn processes_that_write_beside_the_one_that_is_killed_go_on() {
    let database = TestDatabase::new();
    let store = database.store();
    tables(&store);
    let mut acknowledged = BTreeSet::new();
    for _ in 0..10 {
        acknowledged.append(&mut killed(&database.path(), "normal", Duration::from_millis(40)));
        store.write(|tx| Ok(tx.execute_batch("UPDATE accounts SET sum = sum + 1")?)).unwrap();
        assert_whole(&store, &acknowledged);
    }
}

#[test]
fn a_process_that_is_killed_while_it_makes_the_file_leaves_one_that_can_be_opened() {
    let mut moments = Seed::new(setting("STORE_CRASH_SEED", 4)).stream("tests/crash/opening");
    for _ in 0..setting("STORE_CRASHES", 50).div_ceil(5) {
        let database = TestDatabase::new();
        let mut child = worker("open", &database.path()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(moments.up_to(20_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        let store = database.store();
        let version =
            store.read(|tx| Ok(tx.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))?));
        assert!(version.unwrap() >= 2);
        assert_eq!(number(&store, "SELECT count(*) FROM sqlite_schema WHERE name = 'config_generations'"), 1);
    }
}
