//! A write-ahead log (WAL) beside a rollback journal (DELETE): selects with and without a writer, and transactions.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use speckit::store::rusqlite::{Connection, TransactionBehavior};
use speckit_core::bench::stats::Samples;

use super::peers::prepare;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(500);
const MODES: [&str; 2] = ["WAL", "DELETE"];

/// Prints the rates in both modes and their ratio: selects alone, selects beside a writer, and transactions of one row.
pub(crate) fn print() {
    println!("journal modes, synchronous normal");
    compare("selects", |path| per_call(path, select));
    compare("selects beside a writer", |path| {
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut connection = connect(path);
                while !is_over.load(Ordering::Relaxed) {
                    insert(&mut connection);
                }
            });
            let per_call = per_call(path, select);
            is_over.store(true, Ordering::Relaxed);
            per_call
        })
    });
    compare("transactions", |path| per_call(path, insert));
    println!();
}

/// The modes take turns; prints the medians.
fn compare(name: &str, mut measure: impl FnMut(&Path) -> u64) {
    let mut rounds = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        for turn in 0..MODES.len() {
            let which = (turn + round) % MODES.len();
            let folder = tempfile::tempdir().expect("a folder can be made");
            let path = folder.path().join("bench.db");
            prepare(&path);
            set_mode(&path, MODES[which]);
            rounds[which].push(measure(&path));
        }
    }
    let [wal, delete] = rounds.map(|round| 1e9 / Samples::new(round).expect("it was measured").median());
    println!("  {name:<24} WAL {wal:>9.0}/s   DELETE {delete:>9.0}/s   {:>6.1} times", wal / delete);
}

fn set_mode(path: &Path, mode: &str) {
    let connection = Connection::open(path).expect("it can be opened");
    let set =
        connection.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |row| row.get::<_, String>(0));
    assert_eq!(set.expect("nobody else uses it"), mode.to_lowercase());
}

/// Nanoseconds for each call on one thread.
fn per_call(path: &Path, mut call: impl FnMut(&mut Connection)) -> u64 {
    let mut connection = connect(path);
    let started = Instant::now();
    let mut calls = 0;
    while started.elapsed() < ROUND {
        call(&mut connection);
        calls += 1;
    }
    u64::try_from(started.elapsed().as_nanos()).expect("a round is short") / calls
}

fn connect(path: &Path) -> Connection {
    let connection = Connection::open(path).expect("it can be opened");
    connection
        .execute_batch("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32768")
        .expect("it can be set");
    connection.busy_timeout(Duration::from_secs(60)).expect("it can be set");
    connection
}

fn select(connection: &mut Connection) {
    let mut select =
        connection.prepare_cached("SELECT text FROM rows WHERE id = 7").expect("the table is there");
    let text: String = select.query_row([], |row| row.get(0)).expect("the row is there");
    assert!(!text.is_empty());
}

fn insert(connection: &mut Connection) {
    let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = begun.expect("the lock is free within the time");
    let sql = "INSERT INTO rows (writer, text) VALUES (1, 'a text')";
    transaction.execute(sql, ()).expect("it can be written");
    transaction.commit().expect("it can be committed");
}
