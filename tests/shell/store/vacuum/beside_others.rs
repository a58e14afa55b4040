//! A vacuum while other threads and connections write, read, or hold the lock.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use speckit::store::{StoreError, StoreOptions};

use super::{
    KEPT_ROW_INTERVAL, MIB, assert_sound, create_dead_rows, create_folder, file_length, query_number,
    wait_until,
};

#[test]
fn fifty_megabytes_of_dead_rows_shrink_below_five_during_writes_and_reads() {
    let (_folder, path) = create_folder();
    let store = create_dead_rows(&path, 52 * MIB);
    assert!(file_length(&path) > 50 * MIB);
    let is_over = AtomicBool::new(false);
    let (written, read, longest_us) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let (mut writes_at_steps, mut freed) = (Vec::new(), 0);
    let outcome = thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let start = Instant::now();
                store.write(|tx| Ok(tx.execute("INSERT INTO log (text) VALUES ('x')", [])?)).unwrap();
                let took = u64::try_from(start.elapsed().as_micros()).unwrap();
                longest_us.fetch_max(took, Ordering::Relaxed);
                written.fetch_add(1, Ordering::Relaxed);
            }
        });
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let alive = query_number(&store, "SELECT count(*) FROM notes WHERE length(text) = 2000");
                assert_eq!(alive, 52 * MIB / 2000 / KEPT_ROW_INTERVAL);
                read.fetch_add(1, Ordering::Relaxed);
            }
        });
        wait_until("a write and a read happen", || {
            written.load(Ordering::Relaxed) > 0 && read.load(Ordering::Relaxed) > 0
        });
        let (before, reads_before) = (written.load(Ordering::Relaxed), read.load(Ordering::Relaxed));
        let outcome = store.vacuum_with(|progress| {
            if progress.freed_bytes > freed {
                freed = progress.freed_bytes;
                writes_at_steps.push(written.load(Ordering::Relaxed));
            }
            ControlFlow::Continue(())
        });
        let reads = read.load(Ordering::Relaxed) - reads_before;
        is_over.store(true, Ordering::Relaxed);
        assert!(reads > 0, "no read happened during the vacuum");
        writes_at_steps.insert(0, before);
        outcome.unwrap()
    });
    let longest = Duration::from_micros(longest_us.into_inner());
    assert!(outcome.is_finished && outcome.is_cut, "{outcome:?}");
    assert!(outcome.freed_bytes > 49 * MIB && outcome.steps >= 49, "{outcome:?}");
    let steps_without_write = writes_at_steps.windows(2).filter(|pair| pair[0] == pair[1]).count();
    assert!(
        steps_without_write * 4 < writes_at_steps.len(),
        "no write during {steps_without_write} of {} steps",
        writes_at_steps.len()
    );
    assert!(longest < Duration::from_secs(1), "{longest:?}");
    assert_eq!(query_number(&store, "SELECT count(*) FROM log"), written.into_inner());
    assert_sound(&path);
    drop(store);
    assert!(file_length(&path) < 5 * MIB, "{}", file_length(&path));
}

#[test]
fn a_vacuum_among_many_writers_loses_no_row() {
    let (_folder, path) = create_folder();
    let store = create_dead_rows(&path, 12 * MIB);
    let is_over = AtomicBool::new(false);
    let written = AtomicU64::new(0);
    let outcome = thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let inserted = store.write(|tx| {
                        let id = tx.execute("INSERT INTO log (text) VALUES ('x')", [])?;
                        // Every seventh write is rolled back, within the common transaction.
                        let refused = tx.last_insert_rowid() % 7 == 0;
                        if refused { Err(StoreError::refused("seven")) } else { Ok(id) }
                    });
                    written.fetch_add(u64::from(inserted.is_ok()), Ordering::Relaxed);
                    // Otherwise, the next row would get the same id and be rolled back too.
                    if inserted.is_err() {
                        store.write(|tx| Ok(tx.execute("INSERT INTO log (text) VALUES ('y')", [])?)).unwrap();
                        written.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let outcome = store.vacuum();
        is_over.store(true, Ordering::Relaxed);
        outcome.unwrap()
    });
    assert!(outcome.is_finished && outcome.freed_bytes > 10 * MIB, "{outcome:?}");
    assert_eq!(query_number(&store, "SELECT count(*) FROM log"), written.into_inner());
    assert_sound(&path);
}

#[test]
fn a_vacuum_waits_for_a_lock() {
    let (_folder, path) = create_folder();
    let store = create_dead_rows(&path, 4 * MIB);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let outcome = thread::scope(|scope| {
        let vacuum = scope.spawn(|| store.vacuum());
        thread::sleep(Duration::from_millis(300));
        assert!(!vacuum.is_finished());
        other.execute_batch("COMMIT").unwrap();
        vacuum.join().unwrap().unwrap()
    });
    assert!(outcome.is_finished && outcome.freed_bytes > 3 * MIB, "{outcome:?}");
}

#[test]
fn a_vacuum_fails_if_a_lock_exceeds_the_deadline() {
    let (_folder, path) = create_folder();
    drop(create_dead_rows(&path, 2 * MIB));
    let store = StoreOptions::new(&path).deadline(Duration::from_millis(200)).open().unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(store.vacuum(), Err(StoreError::Busy { .. })));
    other.execute_batch("COMMIT").unwrap();
    assert!(store.vacuum().unwrap().is_finished);
}

#[test]
fn a_reader_of_an_older_snapshot_delays_the_truncation() {
    let (_folder, path) = create_folder();
    drop(create_dead_rows(&path, 4 * MIB));
    let store = StoreOptions::new(&path).deadline(Duration::from_millis(300)).open().unwrap();
    let reader = Connection::open(&path).unwrap();
    let count = "SELECT count(*) FROM notes WHERE length(text) = 2000";
    let read = || -> i64 { reader.query_row(count, [], |row| row.get(0)).unwrap() };
    reader.execute_batch("BEGIN").unwrap();
    let alive = read();
    let outcome = store.vacuum().unwrap();
    assert!(outcome.is_finished && !outcome.is_cut, "{outcome:?}");
    assert!(file_length(&path) > 4 * MIB, "the reader still needs its pages");
    assert_eq!(read(), alive);
    reader.execute_batch("COMMIT").unwrap();
    assert!(store.vacuum().unwrap().is_cut);
    assert!(file_length(&path) < MIB);
}
