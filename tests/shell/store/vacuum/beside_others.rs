//! A vacuum while others write, read, or hold the lock.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use speckit::store::{StoreError, StoreOptions};

use super::{KEPT_ONE_IN, MIB, assert_sound, dead_rows, folder, length, number, soon};

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
                assert_eq!(alive, 52 * MIB / 2000 / KEPT_ONE_IN);
                read.fetch_add(1, Ordering::Relaxed);
            }
        });
        soon("a write and a read", || {
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
        assert!(reads > 0, "no read during the vacuum");
        at_steps.insert(0, before);
        done.unwrap()
    });
    let longest = Duration::from_micros(longest_us.into_inner());
    assert!(done.is_finished && done.is_cut, "{done:?}");
    assert!(done.freed_bytes > 49 * MIB && done.steps >= 49, "{done:?}");
    let overtaken = at_steps.windows(2).filter(|pair| pair[0] == pair[1]).count();
    assert!(overtaken * 4 < at_steps.len(), "no write during {overtaken} of {} steps", at_steps.len());
    assert!(longest < Duration::from_secs(1), "{longest:?}");
    assert_eq!(number(&store, "SELECT count(*) FROM log"), written.into_inner());
    assert_sound(&path);
    drop(store);
    assert!(length(&path) < 5 * MIB, "{}", length(&path));
}

#[test]
fn a_vacuum_among_many_writers_loses_no_row() {
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
                        // One in seven is rolled back, within the common transaction.
                        let refused = tx.last_insert_rowid() % 7 == 0;
                        if refused { Err(StoreError::refused("seven")) } else { Ok(id) }
                    });
                    written.fetch_add(u64::from(inserted.is_ok()), Ordering::Relaxed);
                    // The next row would get the same number.
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
    assert_sound(&path);
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
fn a_lock_of_another_connection_is_an_error_at_the_deadline() {
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
fn a_reader_of_an_older_snapshot_delays_the_truncation() {
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
