//! Many threads and processes that write and read at the same time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use speckit::store::Store;

use super::test_database::{TestDatabase, add, query_number, worker};

/// Reads until `is_over` is set, and checks that the sum of the accounts never changes.
fn check_sums(store: &Store, is_over: &AtomicBool) -> usize {
    let mut checks = 0;
    while !is_over.load(Ordering::Relaxed) {
        let sums = store.read(|tx| {
            let sum = |id: i64| {
                tx.query_row("SELECT sum FROM accounts WHERE id = ?1", [id], |row| row.get::<_, i64>(0))
            };
            let left = sum(1)?;
            thread::yield_now();
            Ok((left, sum(2)?))
        });
        let (left, right) = sums.unwrap();
        assert_eq!(left + right, 2000, "{left} and {right}");
        checks += 1;
    }
    checks
}

fn transfer(store: &Store, name: String) {
    let transferred = store.write(move |tx| {
        super::test_database::insert(tx, &name)?;
        let left: i64 = tx.query_row("SELECT sum FROM accounts WHERE id = 1", [], |row| row.get(0))?;
        tx.execute("UPDATE accounts SET sum = ?1 WHERE id = 1", [left - 1])?;
        tx.execute("UPDATE accounts SET sum = sum + 1 WHERE id = 2", [])?;
        Ok(())
    });
    transferred.unwrap();
}

#[test]
fn ten_threads_lose_no_write_and_readers_see_whole_transactions() {
    let database = TestDatabase::new();
    let store = &database.store();
    let is_over = &AtomicBool::new(false);
    thread::scope(|scope| {
        let readers: Vec<_> = (0..2).map(|_| scope.spawn(move || check_sums(store, is_over))).collect();
        let writers: Vec<_> = (0..10)
            .map(|writer| {
                scope.spawn(move || (0..1000).for_each(|count| transfer(store, format!("{writer}/{count}"))))
            })
            .collect();
        let ended: Vec<_> = writers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        is_over.store(true, Ordering::Relaxed);
        assert!(ended.into_iter().all(|ended| ended.is_ok()));
        assert!(readers.into_iter().all(|reader| reader.join().unwrap() > 0));
    });
    assert_eq!(query_number(store, "SELECT count(*) FROM entries"), 10_000);
    assert_eq!(query_number(store, "SELECT sum FROM accounts WHERE id = 2"), 11_000);
}

/// Starts several processes, each with several threads that write, while this process reads.
fn run_writing_processes(processes: usize, threads: usize, writes: usize) {
    let database = TestDatabase::new();
    let store = &database.store();
    let is_over = &AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(move || check_sums(store, is_over));
        let running: Vec<_> = (0..processes)
            .map(|process| {
                let arguments = [process, threads, writes].map(|number| number.to_string());
                worker("write", &database.path()).args(arguments).spawn().unwrap()
            })
            .collect();
        let outputs: Vec<_> = running.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
        is_over.store(true, Ordering::Relaxed);
        for output in outputs {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        }
        assert!(reader.join().unwrap() > 0);
    });
    let all = i64::try_from(processes * threads * writes).unwrap();
    assert_eq!(query_number(store, "SELECT count(*) FROM entries"), all);
    assert_eq!(query_number(store, "SELECT sum FROM accounts WHERE id = 2"), 1000 + all);
}

#[test]
fn eight_processes_with_several_threads_each_lose_no_write() {
    run_writing_processes(8, 4, 125);
}

#[test]
fn stores_of_one_file_in_one_process_lose_no_write() {
    let database = TestDatabase::new();
    let store = &database.store();
    thread::scope(|scope| {
        for writer in 0..4 {
            let other_store = database.options().open().unwrap();
            scope.spawn(move || {
                (0..250).for_each(|count| transfer(&other_store, format!("{writer}/{count}")))
            });
        }
    });
    assert_eq!(query_number(store, "SELECT count(*) FROM entries"), 1000);
}

/// Waits until the system lists a lock on a file. A single listing may miss a lock while other locks change.
#[cfg(target_os = "linux")]
fn wait_for_lock(path: &std::path::Path) {
    use std::os::unix::fs::MetadataExt as _;
    let inode = format!(":{}", std::fs::metadata(path).unwrap().ino());
    super::test_database::wait_until("the file is locked", || {
        let locks = std::fs::read_to_string("/proc/locks").unwrap();
        locks.split_whitespace().any(|word| word.ends_with(&inode))
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_second_store_of_the_same_file_keeps_the_locks_of_the_first() {
    let database = TestDatabase::new();
    let first = database.store();
    // The lock marks the log as used. A process that closes the file without it removes the log with its contents.
    wait_for_lock(&database.path());
    let second = database.options().open().unwrap();
    wait_for_lock(&database.path());
    drop(second);
    wait_for_lock(&database.path());
    first.write(add("acknowledged")).unwrap();
    let output = worker("query", &database.path()).arg("SELECT count(*) FROM entries").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1\n", "another process sees the write");
}

#[test]
fn a_write_has_the_lock_before_its_closure_reads() {
    let database = TestDatabase::new();
    let store = database.store();
    let other_connection = database.other_connection();
    other_connection.busy_timeout(std::time::Duration::ZERO).unwrap();
    let is_refused = store.write(move |_| Ok(other_connection.execute_batch("BEGIN IMMEDIATE").is_err()));
    assert_eq!(is_refused, Ok(true));
}

#[test]
fn no_addition_is_lost_while_another_connection_writes() {
    let database = TestDatabase::new();
    let store = database.store();
    let other_connection = database.other_connection();
    // Both sides read a sum and write it plus one, each in its own transaction.
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..300 {
                let added = store.write(|tx| {
                    let sum: i64 =
                        tx.query_row("SELECT sum FROM accounts WHERE id = 1", [], |row| row.get(0))?;
                    thread::yield_now();
                    tx.execute("UPDATE accounts SET sum = ?1 WHERE id = 1", [sum + 1])?;
                    Ok(())
                });
                added.unwrap();
            }
        });
        other_connection.busy_timeout(std::time::Duration::from_secs(60)).unwrap();
        for _ in 0..300 {
            let sql = "BEGIN IMMEDIATE; UPDATE accounts SET sum = sum + 1 WHERE id = 1; COMMIT";
            other_connection.execute_batch(sql).unwrap();
        }
    });
    assert_eq!(query_number(&store, "SELECT sum FROM accounts WHERE id = 1"), 1600);
}
