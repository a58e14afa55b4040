//! Writes and reads of a SQLite database from many threads and processes: speckit's `Store` beside the usual ways, which are
//! `busy_timeout` with `BEGIN IMMEDIATE` on one connection for each thread, and a mutex around one connection.
//!
//! Each write inserts one row in its own transaction. The peers take turns in rounds; it prints the medians of the rounds
//! and their ratios. It is no criterion bench, since it prints percentiles.
//!
//!     cargo bench -p speckit-tests -F benches --bench sqlite
//!     cargo bench -p speckit-tests -F benches --bench sqlite -- full 32      # only the names with these words

mod sqlite {
    pub(crate) mod consensus;
    pub(crate) mod history;
    pub(crate) mod journal;
    pub(crate) mod load;
    pub(crate) mod peers;
    pub(crate) mod table;
}

use std::time::Duration;

use speckit::store::SynchronousMode;
use sqlite::load::{Timings, processes, threads};
use sqlite::peers::{SqlitePeer, mode_name};
use sqlite::table;

const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(1000);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if words.first().is_some_and(|word| word == "process") {
        return sqlite::load::be_process(&words);
    }
    let is_wanted = |name: &str| words.iter().all(|word| name.contains(word.as_str()));
    for synchronous in [SynchronousMode::Normal, SynchronousMode::Full] {
        for count in [1, 8, 32] {
            let name = format!("write, synchronous {}, {count} threads", mode_name(synchronous));
            if is_wanted(&name) {
                compare(&name, &SqlitePeer::WRITERS, |peer| threads(peer, synchronous, count, ROUND));
            }
        }
    }
    let name = "write, synchronous normal, 8 processes";
    if is_wanted(name) {
        compare(name, &[SqlitePeer::Store, SqlitePeer::BusyTimeout], |peer| {
            processes(peer, SynchronousMode::Normal, 8, ROUND)
        });
    }
    for count in [1, 2, 8] {
        let name = format!("read, {count} threads");
        if is_wanted(&name) {
            compare(&name, &SqlitePeer::READERS, |peer| sqlite::load::reads(peer, count, ROUND));
        }
    }
    for synchronous in [SynchronousMode::Normal, SynchronousMode::Full] {
        if is_wanted(&format!("consensus, synchronous {}", mode_name(synchronous))) {
            sqlite::consensus::print(synchronous);
        }
    }
    if is_wanted(sqlite::history::NAME) {
        sqlite::history::print();
    }
    if is_wanted("journal modes") {
        sqlite::journal::print();
    }
}

fn compare(name: &str, peers: &[SqlitePeer], run: impl Fn(SqlitePeer) -> Timings) {
    let mut rounds: Vec<Vec<Timings>> = peers.iter().map(|_| Vec::new()).collect();
    for round in 0..ROUNDS {
        for turn in 0..peers.len() {
            // A different peer comes first in each round.
            let which = (turn + round) % peers.len();
            rounds[which].push(run(peers[which]));
        }
    }
    table::print(name, peers, &rounds);
}
