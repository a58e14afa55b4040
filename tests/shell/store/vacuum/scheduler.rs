//! Scheduled vacuums.

use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use speckit::store::{Store, VacuumScheduler};

use super::{MIB, assert_sound, create_dead_rows, create_folder, file_length, query_number, wait_until};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn a_scheduler_vacuums_at_its_start_and_after_each_interval() {
    let (_folder, path) = create_folder();
    let store = create_dead_rows(&path, 4 * MIB);
    let interval = Duration::from_millis(300);
    let scheduler = VacuumScheduler::start(&store, interval).unwrap();
    let vacuums =
        || query_number(&store, "SELECT count(*) FROM store_vacuums WHERE finished_at_ms IS NOT NULL");
    wait_until("a vacuum happens at the start", || vacuums() == 1);
    store
        .write(|tx| {
            tx.execute("INSERT INTO notes (text) VALUES (zeroblob(4000000))", [])?;
            Ok(tx.execute("DELETE FROM notes WHERE id = last_insert_rowid()", [])?)
        })
        .unwrap();
    assert!(scheduler.savings().unwrap() > 3 * MIB);
    wait_until("a vacuum happens one interval later", || vacuums() == 2);
    let difference_ms =
        query_number(&store, "SELECT max(started_at_ms) - min(started_at_ms) FROM store_vacuums");
    assert!(difference_ms >= 300, "{difference_ms} ms");
    wait_until("the result is available", || {
        scheduler.latest().is_some_and(|latest| latest.unwrap().is_finished)
    });
    assert_sound(&path);
}

#[test]
fn a_scheduler_skips_a_small_vacuum_and_checks_once_an_interval() {
    let (_folder, path) = create_folder();
    let store = create_dead_rows(&path, 700_000);
    assert!(store.savings().unwrap() > 600_000);
    let start = Instant::now();
    let scheduler = VacuumScheduler::start(&store, Duration::from_millis(100)).unwrap();
    wait_until("the scheduler has checked four times", || scheduler.checks() >= 4);
    assert!(start.elapsed() >= Duration::from_millis(300), "{:?}", start.elapsed());
    assert_eq!(query_number(&store, "SELECT count(*) FROM store_vacuums"), 0);
    assert!(scheduler.latest().is_none());
}

#[test]
fn a_scheduler_respects_the_last_vacuum_in_the_database() {
    let (_folder, path) = create_folder();
    let store = create_dead_rows(&path, 4 * MIB);
    let now = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
    let record_vacuum = |age_ms: u64| {
        let sql = format!(
            "INSERT INTO store_vacuums (started_at_ms, freed_bytes, elapsed_ms) VALUES ({now} - {age_ms}, 0, 0)"
        );
        store.write(move |tx| Ok(tx.execute(&sql, [])?)).unwrap();
    };
    record_vacuum(60_000);
    let scheduler = VacuumScheduler::start(&store, DAY).unwrap();
    wait_until("the scheduler has checked", || scheduler.checks() == 1);
    thread::sleep(Duration::from_millis(100));
    assert_eq!(query_number(&store, "SELECT count(*) FROM store_vacuums"), 1, "a minute is less than a day");
    scheduler.set_interval(Duration::from_secs(30));
    wait_until("a minute is longer than the new interval", || {
        query_number(&store, "SELECT count(*) FROM store_vacuums") == 2
    });
}

#[test]
fn only_one_of_two_schedulers_vacuums_a_database() {
    for _ in 0..5 {
        let (_folder, path) = create_folder();
        // Like two processes, these two stores share only the file.
        let stores = [create_dead_rows(&path, 3 * MIB), Store::open(&path).unwrap()];
        let schedulers = stores.each_ref().map(|store| VacuumScheduler::start(store, DAY).unwrap());
        wait_until("both have checked and one has vacuumed", || {
            schedulers.iter().all(|scheduler| scheduler.checks() == 1)
                && schedulers.iter().any(|scheduler| scheduler.latest().is_some())
        });
        thread::sleep(Duration::from_millis(50));
        assert_eq!(query_number(&stores[0], "SELECT count(*) FROM store_vacuums"), 1);
        assert_eq!(schedulers.iter().filter(|scheduler| scheduler.latest().is_some()).count(), 1);
    }
}

#[test]
fn dropping_a_scheduler_stops_its_vacuum_and_leaves_a_sound_database() {
    let (_folder, path) = create_folder();
    let store = create_dead_rows(&path, 24 * MIB);
    let alive = query_number(&store, "SELECT count(*) FROM notes");
    let scheduler = VacuumScheduler::start(&store, DAY).unwrap();
    wait_until("the first steps are recorded", || {
        query_number(&store, "SELECT ifnull(max(freed_bytes), 0) FROM store_vacuums") > 0
    });
    let start = Instant::now();
    drop(scheduler);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(query_number(&store, "SELECT count(*) FROM store_vacuums WHERE finished_at_ms IS NULL"), 1);
    let rest = store.savings().unwrap();
    assert!(rest > MIB, "the vacuum had finished: {rest}");
    assert_sound(&path);
    assert_eq!(query_number(&store, "SELECT count(*) FROM notes"), alive);
    thread::sleep(Duration::from_millis(50));
    assert_eq!(store.savings().unwrap(), rest, "the vacuum has stopped");
}

#[test]
fn a_scheduler_that_waits_for_a_lock_can_be_dropped_at_once() {
    let (_folder, path) = create_folder();
    let store = create_dead_rows(&path, 4 * MIB);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let scheduler = VacuumScheduler::start(&store, DAY).unwrap();
    wait_until("the scheduler has checked", || scheduler.checks() == 1);
    thread::sleep(Duration::from_millis(50));
    let start = Instant::now();
    drop(scheduler);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    other.execute_batch("COMMIT").unwrap();
    store.write(|_| Ok(())).unwrap();
    assert_eq!(query_number(&store, "SELECT count(*) FROM store_vacuums"), 0);
}

#[test]
fn a_scheduler_keeps_its_store_open() {
    let (_folder, path) = create_folder();
    let store = create_dead_rows(&path, 4 * MIB);
    let scheduler = VacuumScheduler::start(&store, DAY).unwrap();
    drop(store);
    wait_until("a vacuum finishes without the other handle", || {
        scheduler.latest().is_some_and(|latest| latest.unwrap().is_finished)
    });
    drop(scheduler);
    assert!(!path.with_extension("db-wal").exists(), "the last connection removes the WAL");
    assert!(file_length(&path) < MIB);
}
