//! Scheduled vacuums.

use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use speckit::store::{Store, VacuumScheduler};

use super::{MIB, assert_sound, dead_rows, folder, length, number, soon};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn a_scheduler_vacuums_at_its_start_and_after_each_interval() {
    let (_folder, path) = folder();
    let store = dead_rows(&path, 4 * MIB);
    let interval = Duration::from_millis(300);
    let scheduler = VacuumScheduler::start(&store, interval).unwrap();
    let vacuums = || number(&store, "SELECT count(*) FROM store_vacuums WHERE finished_at_ms IS NOT NULL");
    soon("a vacuum at the start", || vacuums() == 1);
    store
        .write(|tx| {
            tx.execute("INSERT INTO notes (text) VALUES (zeroblob(4000000))", [])?;
            Ok(tx.execute("DELETE FROM notes WHERE id = last_insert_rowid()", [])?)
        })
        .unwrap();
    assert!(scheduler.savings().unwrap() > 3 * MIB);
    soon("a vacuum an interval later", || vacuums() == 2);
    let apart = number(&store, "SELECT max(started_at_ms) - min(started_at_ms) FROM store_vacuums");
    assert!(apart >= 300, "{apart} ms");
    soon("the result", || scheduler.latest().is_some_and(|latest| latest.unwrap().is_finished));
    assert_sound(&path);
}

#[test]
fn a_scheduler_skips_a_small_vacuum_and_checks_once_an_interval() {
    let (_folder, path) = folder();
    let store = dead_rows(&path, 700_000);
    assert!(store.savings().unwrap() > 600_000);
    let begun = Instant::now();
    let scheduler = VacuumScheduler::start(&store, Duration::from_millis(100)).unwrap();
    soon("another check", || scheduler.checks() >= 4);
    assert!(begun.elapsed() >= Duration::from_millis(300), "{:?}", begun.elapsed());
    assert_eq!(number(&store, "SELECT count(*) FROM store_vacuums"), 0);
    assert!(scheduler.latest().is_none());
}

#[test]
fn a_scheduler_respects_the_last_vacuum_in_the_database() {
    let (_folder, path) = folder();
    let store = dead_rows(&path, 4 * MIB);
    let now = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
    let claim = |ago: u64| {
        let sql = format!(
            "INSERT INTO store_vacuums (started_at_ms, freed_bytes, elapsed_ms) VALUES ({now} - {ago}, 0, 0)"
        );
        store.write(move |tx| Ok(tx.execute(&sql, [])?)).unwrap();
    };
    claim(60_000);
    let scheduler = VacuumScheduler::start(&store, DAY).unwrap();
    soon("a check", || scheduler.checks() == 1);
    thread::sleep(Duration::from_millis(100));
    assert_eq!(number(&store, "SELECT count(*) FROM store_vacuums"), 1, "a minute is less than a day");
    scheduler.set_interval(Duration::from_secs(30));
    soon("a minute is longer than the new interval", || {
        number(&store, "SELECT count(*) FROM store_vacuums") == 2
    });
}

#[test]
fn of_two_schedulers_of_one_database_one_vacuums() {
    for _ in 0..5 {
        let (_folder, path) = folder();
        // Two stores share nothing but the file, as two processes do.
        let stores = [dead_rows(&path, 3 * MIB), Store::open(&path).unwrap()];
        let schedulers = stores.each_ref().map(|store| VacuumScheduler::start(store, DAY).unwrap());
        soon("both checks and one vacuum", || {
            schedulers.iter().all(|scheduler| scheduler.checks() == 1)
                && schedulers.iter().any(|scheduler| scheduler.latest().is_some())
        });
        thread::sleep(Duration::from_millis(50));
        assert_eq!(number(&stores[0], "SELECT count(*) FROM store_vacuums"), 1);
        assert_eq!(schedulers.iter().filter(|scheduler| scheduler.latest().is_some()).count(), 1);
    }
}

#[test]
fn dropping_a_scheduler_stops_its_vacuum_and_leaves_a_sound_database() {
    let (_folder, path) = folder();
    let store = dead_rows(&path, 24 * MIB);
    let alive = number(&store, "SELECT count(*) FROM notes");
    let scheduler = VacuumScheduler::start(&store, DAY).unwrap();
    soon("the first steps", || number(&store, "SELECT ifnull(max(freed_bytes), 0) FROM store_vacuums") > 0);
    let begun = Instant::now();
    drop(scheduler);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(number(&store, "SELECT count(*) FROM store_vacuums WHERE finished_at_ms IS NULL"), 1);
    let rest = store.savings().unwrap();
    assert!(rest > MIB, "the vacuum had finished: {rest}");
    assert_sound(&path);
    assert_eq!(number(&store, "SELECT count(*) FROM notes"), alive);
    thread::sleep(Duration::from_millis(50));
    assert_eq!(store.savings().unwrap(), rest, "the vacuum has stopped");
}

#[test]
fn a_scheduler_that_waits_for_a_lock_can_be_dropped_at_once() {
    let (_folder, path) = folder();
    let store = dead_rows(&path, 4 * MIB);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let scheduler = VacuumScheduler::start(&store, DAY).unwrap();
    soon("a check", || scheduler.checks() == 1);
    thread::sleep(Duration::from_millis(50));
    let begun = Instant::now();
    drop(scheduler);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    other.execute_batch("COMMIT").unwrap();
    store.write(|_| Ok(())).unwrap();
    assert_eq!(number(&store, "SELECT count(*) FROM store_vacuums"), 0);
}

#[test]
fn a_store_lives_as_long_as_its_scheduler_and_no_longer() {
    let (_folder, path) = folder();
    let store = dead_rows(&path, 4 * MIB);
    let scheduler = VacuumScheduler::start(&store, DAY).unwrap();
    drop(store);
    soon("a vacuum without the other handle", || {
        scheduler.latest().is_some_and(|latest| latest.unwrap().is_finished)
    });
    drop(scheduler);
    assert!(!path.with_extension("db-wal").exists(), "the last connection removes the WAL");
    assert!(length(&path) < MIB);
}
