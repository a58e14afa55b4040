//! Writes and reads of a SQLite database from many threads and processes: speckit's `Store` beside what people do, which is
//! `busy_timeout` with `BEGIN IMMEDIATE` on one connection a thread, and a mutex around one connection.
//!
//! Each write inserts one row in a transaction of its own. The peers take turns in rounds; medians of the rounds are
//! shown, with ratios. It prints percentiles, which is what a caller feels, and so it is no criterion bench.
//!
//!     cargo bench -p speckit-tests -F benches --bench sqlite
//!     cargo bench -p speckit-tests -F benches --bench sqlite -- full 32      # only what has these words

mod sqlite {
    pub(crate) mod load;
    pub(crate) mod peers;
    pub(crate) mod table;
}

use std::time::Duration;

use sqlite::load::{Figures, processes, threads};
use sqlite::peers::{Peer, Sync};
use sqlite::table;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(1000);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if words.first().is_some_and(|word| word == "process") {
        return sqlite::load::be_process(&words);
    }
    let is_wanted = |name: &str| words.iter().all(|word| name.contains(word.as_str()));
    for synchronous in [Sync::Normal, Sync::Full] {
        for count in [1, 8, 32] {
            let name = format!("write, synchronous {}, {count} threads", synchronous.name());
            if is_wanted(&name) {
                compare(&name, &Peer::ALL, |peer| threads(peer, synchronous, count, ROUND));
            }
        }
    }
    let name = "write, synchronous normal, 8 processes";
    if is_wanted(name) {
        compare(name, &[Peer::Store, Peer::BusyTimeout], |peer| processes(peer, Sync::Normal, 8, ROUND));
    }
    for count in [1, 2, 8] {
        let name = format!("read, {count} threads");
        if is_wanted(&name) {
            compare(&name, &[Peer::Store, Peer::BusyTimeout, Peer::Mutex], |peer| {
                sqlite::load::reads(peer, count, ROUND)
            });
        }
    }
}

fn compare(name: &str, peers: &[Peer], run: impl Fn(Peer) -> Figures) {
    let mut rounds: Vec<Vec<Figures>> = peers.iter().map(|_| Vec::new()).collect();
    for round in 0..ROUNDS {
        for turn in 0..peers.len() {
            // Nobody always comes first.
            let which = (turn + round) % peers.len();
            rounds[which].push(run(peers[which]));
        }
    }
    table::print(name, peers, &rounds);
}
