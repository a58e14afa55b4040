//! Free pages that are given back while others write and read.

use std::ops::ControlFlow;
use std::path::Path;
#[cfg(unix)]
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use speckit_shell::store::{Store, StoreError, StoreOptions, VacuumScheduler, check_file};
use tempfile::TempDir;

#[cfg(unix)]
use crate::place::Place;

const MIB: u64 = 1 << 20;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Rows of 2000 bytes, of which one in 50 is alive.
const DEAD_AMONG: u64 = 50;

/// A database with so many bytes of dead rows among those that are alive.
fn dead_rows(path: &Path, bytes: u64) -> Store {
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
    let delete = format!("DELETE FROM notes WHERE id % {DEAD_AMONG} <> 0");
    store.write(move |tx| Ok(tx.execute_batch(&delete)?)).unwrap();
    store
}

fn folder() -> (TempDir, std::path::PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("app.db");
    (folder, path)
}

fn number(store: &Store, sql: &str) -> u64 {
    let number: i64 = store.read(|tx| Ok(tx.query_row(sql, [], |row| row.get(0))?)).unwrap();
    u64::try_from(number).unwrap()
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

#[track_caller]
fn is_sound(path: &Path) {
    assert_eq!(check_file(path, Duration::from_secs(30)), Ok(vec![]));
}

/// Waits until it holds, for as long as a machine with other work may need.
#[track_caller]
fn soon(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn fifty_megabytes_of_dead_rows_shrink_below_five_while_others_write_and_read() {
    let (_folder, path) = folder();
    let store = dead_rows(&path, 52 * MIB);
    assert!(length(&path) > 50 * MIB);
    let is_over = AtomicBool::new(false);
    let (written, read, longest_us) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let (mut at_steps, mut freed) = (Vec::new(), 0);
    let done = thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let begun = Instant::now();
                store.write(|tx| Ok(tx.execute("INSERT INTO log (text) VALUES ('x')", [])?)).unwrap();
                let took = u64::try_from(begun.elapsed().as_micros()).unwrap();
                longest_us.fetch_max(took, Ordering::Relaxed);
                written.fetch_add(1, Ordering::Relaxed);
            }
        });
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let alive = number(&store, "SELECT count(*) FROM notes WHERE length(text) = 2000");
                assert_eq!(alive, 52 * MIB / 2000 / DEAD_AMONG);
                read.fetch_add(1, Ordering::Relaxed);
            }
        });
        soon("somebody writes and somebody reads", || {
            written.load(Ordering::Relaxed) > 0 && read.load(Ordering::Relaxed) > 0
        });
        let (before, reads_before) = (written.load(Ordering::Relaxed), read.load(Ordering::Relaxed));
        let done = store.vacuum_with(|progress| {
            if progress.freed_bytes > freed {
                freed = progress.freed_bytes;
                at_steps.push(written.load(Ordering::Relaxed));
            }
            ControlFlow::Continue(())
        });
        let reads = read.load(Ordering::Relaxed) - reads_before;
        is_over.store(true, Ordering::Relaxed);
        assert!(reads > 0, "nobody could read");
        at_steps.insert(0, before);
        done.unwrap()
    });
    let longest = Duration::from_micros(longest_us.into_inner());
    assert!(done.is_finished && done.is_cut, "{done:?}");
    assert!(done.freed_bytes > 49 * MIB && done.steps >= 49, "{done:?}");
    let overtaken = at_steps.windows(2).filter(|pair| pair[0] == pair[1]).count();
    assert!(overtaken * 4 < at_steps.len(), "in {overtaken} of {} steps nobody could write", at_steps.len());
    assert!(longest < Duration::from_secs(1), "{longest:?}");
    assert_eq!(number(&store, "SELECT count(*) FROM log"), written.into_inner());
    is_sound(&path);
    drop(store);
    assert!(length(&path) < 5 * MIB, "{}", length(&path));
}

#[test]
fn the_file_is_cut_and_the_wal_is_empty_while_the_store_is_open() {
    let (_folder, path) = folder();
    let store = dead_rows(&path, 8 * MIB);
    let before = store.stats().unwrap();
    let done = store.vacuum().unwrap();
    let after = store.stats().unwrap();
    assert!(done.is_cut);
    assert_eq!((after.file_bytes, after.wal_bytes), (length(&path), 0));
    assert_eq!(after.file_bytes, done.bytes_after);
    assert_eq!(after.free_pages, 0);
    assert!(after.file_bytes < MIB, "{}", after.file_bytes);
    assert_eq!(before.savings_bytes, done.freed_bytes, "the estimate is exact while nobody writes");
    let record = after.last_vacuum.unwrap();
    assert_eq!((record.freed_bytes, record.is_finished), (done.freed_bytes, true));
    assert!(before.last_vacuum.is_none());
}

#[test]
fn a_step_gives_a_mebibyte_back_at_most() {
    let (_folder, path) = folder();
    let store = dead_rows(&path, 8 * MIB);
    let mut sums = vec![0];
    let done = store.vacuum_with(|progress| {
        sums.extend((sums.last() != Some(&progress.freed_bytes)).then_some(progress.freed_bytes));
        ControlFlow::Continue(())
    });
    let done = done.unwrap();
    let steps: Vec<u64> = sums.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(steps.len() as u64, done.steps);
    assert!(steps.iter().all(|step| *step <= MIB), "{steps:?}");
    assert!(steps.iter().rev().skip(1).all(|step| *step >= 250 * 4096), "{steps:?}");
    assert_eq!(steps.iter().sum::<u64>(), done.freed_bytes);
}

#[test]
fn a_vacuum_that_is_stopped_between_two_steps_loses_nothing_and_can_go_on() {
    let (_folder, path) = folder();
    let store = dead_rows(&path, 8 * MIB);
    let alive = number(&store, "SELECT count(*) FROM notes");
    let done = store.vacuum_with(|progress| match progress.freed_bytes {
        freed if freed > 2 * MIB => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    let done = done.unwrap();
    assert!(!done.is_finished && done.steps == 3, "{done:?}");
    let record = store.stats().unwrap().last_vacuum.unwrap();
    assert_eq!((record.freed_bytes, record.is_finished), (done.freed_bytes, false));
    is_sound(&path);
    assert_eq!(number(&store, "SELECT count(*) FROM notes"), alive);
    let rest = store.vacuum().unwrap();
    assert!(rest.is_finished && rest.freed_bytes > 4 * MIB, "{rest:?}");
    assert_eq!(number(&store, "SELECT count(*) FROM vacuums"), 2);
    is_sound(&path);
}

#[test]
fn nothing_is_done_where_nothing_is_free() {
    let (_folder, path) = folder();
    let store = Store::open(&path).unwrap();
    let done = store.vacuum().unwrap();
    assert_eq!((done.steps, done.freed_bytes, done.is_finished, done.is_cut), (0, 0, true, true));
    assert_eq!(store.savings(), Ok(0));
}

#[test]
fn a_database_remembers_a_hundred_vacuums() {
    let (_folder, path) = folder();
    let store = Store::open(&path).unwrap();
    store
        .write(|tx| {
            let sql = "WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 200)
                       INSERT INTO vacuums SELECT id, id, id, 0, 0 FROM n";
            Ok(tx.execute(sql, [])?)
        })
        .unwrap();
    store.vacuum().unwrap();
    assert_eq!(number(&store, "SELECT count(*) FROM vacuums"), 100);
    assert_eq!(number(&store, "SELECT max(id) FROM vacuums"), 201);
}

#[test]
fn a_vacuum_among_many_writers_loses_no_row_of_theirs() {
    let (_folder, path) = folder();
    let store = dead_rows(&path, 12 * MIB);
    let is_over = AtomicBool::new(false);
    let written = AtomicU64::new(0);
    let done = thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let inserted = store.write(|tx| {
                        let id = tx.execute("INSERT INTO log (text) VALUES ('x')", [])?;
                        // One in seven takes itself back, within the transaction of its neighbours.
                        let refused = tx.last_insert_rowid() % 7 == 0;
                        if refused { Err(StoreError::refused("seven")) } else { Ok(id) }
                    });
                    written.fetch_add(u64::from(inserted.is_ok()), Ordering::Relaxed);
                    // The number that was taken back would come back at once.
                    if inserted.is_err() {
                        store.write(|tx| Ok(tx.execute("INSERT INTO log (text) VALUES ('y')", [])?)).unwrap();
                        written.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let done = store.vacuum();
        is_over.store(true, Ordering::Relaxed);
        done.unwrap()
    });
    assert!(done.is_finished && done.freed_bytes > 10 * MIB, "{done:?}");
    assert_eq!(number(&store, "SELECT count(*) FROM log"), written.into_inner());
    is_sound(&path);
}

#[test]
fn a_lock_of_another_process_is_waited_for() {
    let (_folder, path) = folder();
    let store = dead_rows(&path, 4 * MIB);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let done = thread::scope(|scope| {
        let vacuum = scope.spawn(|| store.vacuum());
        thread::sleep(Duration::from_millis(300));
        assert!(!vacuum.is_finished());
        other.execute_batch("COMMIT").unwrap();
        vacuum.join().unwrap().unwrap()
    });
    assert!(done.is_finished && done.freed_bytes > 3 * MIB, "{done:?}");
}

#[test]
fn a_lock_that_is_never_let_go_ends_in_an_error_at_the_deadline() {
    let (_folder, path) = folder();
    drop(dead_rows(&path, 2 * MIB));
    let store = StoreOptions::new(&path).deadline(Duration::from_millis(200)).open().unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(store.vacuum(), Err(StoreError::Busy { .. })));
    other.execute_batch("COMMIT").unwrap();
    assert!(store.vacuum().unwrap().is_finished);
}

#[test]
fn a_reader_of_an_older_state_puts_the_cut_off_and_is_not_disturbed() {
    let (_folder, path) = folder();
    drop(dead_rows(&path, 4 * MIB));
    let store = StoreOptions::new(&path).deadline(Duration::from_millis(300)).open().unwrap();
    let reader = Connection::open(&path).unwrap();
    let count = "SELECT count(*) FROM notes WHERE length(text) = 2000";
    let read = || -> i64 { reader.query_row(count, [], |row| row.get(0)).unwrap() };
    reader.execute_batch("BEGIN").unwrap();
    let alive = read();
    let done = store.vacuum().unwrap();
    assert!(done.is_finished && !done.is_cut, "{done:?}");
    assert!(length(&path) > 4 * MIB, "the reader still needs its pages");
    assert_eq!(read(), alive);
    reader.execute_batch("COMMIT").unwrap();
    assert!(store.vacuum().unwrap().is_cut);
    assert!(length(&path) < MIB);
}

#[test]
fn a_vacuum_within_a_write_is_refused() {
    let (_folder, path) = folder();
    let store = Store::open(&path).unwrap();
    let inner = store.clone();
    assert_eq!(store.write(move |_| inner.vacuum()), Err(StoreError::Nested));
}

#[cfg(unix)]
#[test]
fn a_process_that_is_killed_in_the_middle_leaves_a_sound_database() {
    let place = Place::new();
    let path = place.path("app.db");
    let store = dead_rows(&path, 24 * MIB);
    let alive = number(&store, "SELECT count(*) FROM notes");
    drop(store);
    let mut killed = 0;
    for round in 0..12_u64 {
        let mut command = place.command(&["store", "vacuum", "--database", "app.db"]);
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(20 + 13 * round));
        killed += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        is_sound(&path);
    }
    assert!(killed > 0);
    let store = Store::open(&path).unwrap();
    assert_eq!(number(&store, "SELECT count(*) FROM notes WHERE length(text) = 2000"), alive);
    assert!(store.vacuum().unwrap().is_finished);
}

#[test]
fn a_scheduler_gives_back_what_is_free_at_its_start_and_again_after_the_interval() {
    let (_folder, path) = folder();
    let store = dead_rows(&path, 4 * MIB);
    let interval = Duration::from_millis(300);
    let scheduler = VacuumScheduler::start(&store, interval).unwrap();
    let vacuums = || number(&store, "SELECT count(*) FROM vacuums WHERE finished_at_ms IS NOT NULL");
    soon("a vacuum at the start", || vacuums() == 1);
    store
        .write(|tx| {
            tx.execute("INSERT INTO notes (text) VALUES (zeroblob(4000000))", [])?;
            Ok(tx.execute("DELETE FROM notes WHERE id = last_insert_rowid()", [])?)
        })
        .unwrap();
    assert!(scheduler.savings().unwrap() > 3 * MIB);
    soon("a vacuum an interval later", || vacuums() == 2);
    let apart = number(&store, "SELECT max(started_at_ms) - min(started_at_ms) FROM vacuums");
    assert!(apart >= 300, "{apart} ms");
    soon("the latest is told", || scheduler.latest().is_some_and(|latest| latest.unwrap().is_finished));
    is_sound(&path);
}

#[test]
fn a_scheduler_leaves_little_alone_and_looks_once_an_interval() {
    let (_folder, path) = folder();
    let store = dead_rows(&path, 700_000);
    assert!(store.savings().unwrap() > 600_000);
    let begun = Instant::now();
    let scheduler = VacuumScheduler::start(&store, Duration::from_millis(100)).unwrap();
    soon("it looks again", || scheduler.looks() >= 4);
    assert!(begun.elapsed() >= Duration::from_millis(300), "{:?}", begun.elapsed());
    assert_eq!(number(&store, "SELECT count(*) FROM vacuums"), 0);
    assert!(scheduler.latest().is_none());
}

#[test]
fn a_scheduler_asks_the_database_when_the_last_vacuum_was() {
    let (_folder, path) = folder();
    let store = dead_rows(&path, 4 * MIB);
    let now = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
    let claim = |ago: u64| {
        let sql = format!(
            "INSERT INTO vacuums (started_at_ms, freed_bytes, elapsed_ms) VALUES ({now} - {ago}, 0, 0)"
        );
        store.write(move |tx| Ok(tx.execute(&sql, [])?)).unwrap();
    };
    claim(60_000);
    let scheduler = VacuumScheduler::start(&store, DAY).unwrap();
    soon("it looks", || scheduler.looks() == 1);
    thread::sleep(Duration::from_millis(100));
    assert_eq!(number(&store, "SELECT count(*) FROM vacuums"), 1, "a minute is no day");
    scheduler.set_interval(Duration::from_secs(30));
    soon("a minute is longer than the new interval", || number(&store, "SELECT count(*) FROM vacuums") == 2);
}

#[test]
fn of_two_schedulers_of_one_database_one_vacuums() {
    for _ in 0..5 {
        let (_folder, path) = folder();
        // Two stores share nothing but the file, as two processes do.
        let stores = [dead_rows(&path, 3 * MIB), Store::open(&path).unwrap()];
        let schedulers = stores.each_ref().map(|store| VacuumScheduler::start(store, DAY).unwrap());
        soon("both have looked and one is done", || {
            schedulers.iter().all(|scheduler| scheduler.looks() == 1)
                && schedulers.iter().any(|scheduler| scheduler.latest().is_some())
        });
        thread::sleep(Duration::from_millis(50));
        assert_eq!(number(&stores[0], "SELECT count(*) FROM vacuums"), 1);
        assert_eq!(schedulers.iter().filter(|scheduler| scheduler.latest().is_some()).count(), 1);
    }
}

#[test]
fn a_scheduler_that_is_dropped_in_the_middle_ends_at_once_and_leaves_a_sound_database() {
    let (_folder, path) = folder();
    let store = dead_rows(&path, 24 * MIB);
    let alive = number(&store, "SELECT count(*) FROM notes");
    let scheduler = VacuumScheduler::start(&store, DAY).unwrap();
    soon("the first steps", || number(&store, "SELECT ifnull(max(freed_bytes), 0) FROM vacuums") > 0);
    let begun = Instant::now();
    drop(scheduler);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(number(&store, "SELECT count(*) FROM vacuums WHERE finished_at_ms IS NULL"), 1);
    let rest = store.savings().unwrap();
    assert!(rest > MIB, "it was not in the middle: {rest}");
    is_sound(&path);
    assert_eq!(number(&store, "SELECT count(*) FROM notes"), alive);
    thread::sleep(Duration::from_millis(50));
    assert_eq!(store.savings().unwrap(), rest, "nobody is left who goes on");
}

#[test]
fn a_scheduler_that_waits_for_a_lock_is_dropped_at_once_and_does_nothing_any_more() {
    let (_folder, path) = folder();
    let store = dead_rows(&path, 4 * MIB);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let scheduler = VacuumScheduler::start(&store, DAY).unwrap();
    soon("it looks", || scheduler.looks() == 1);
    thread::sleep(Duration::from_millis(50));
    let begun = Instant::now();
    drop(scheduler);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    other.execute_batch("COMMIT").unwrap();
    store.write(|_| Ok(())).unwrap();
    assert_eq!(number(&store, "SELECT count(*) FROM vacuums"), 0);
}

#[test]
fn a_store_lives_as_long_as_its_scheduler_and_no_longer() {
    let (_folder, path) = folder();
    let store = dead_rows(&path, 4 * MIB);
    let scheduler = VacuumScheduler::start(&store, DAY).unwrap();
    drop(store);
    soon("it works without the others", || {
        scheduler.latest().is_some_and(|latest| latest.unwrap().is_finished)
    });
    drop(scheduler);
    assert!(!path.with_extension("db-wal").exists(), "the last connection removes the WAL");
    assert!(length(&path) < MIB);
}
