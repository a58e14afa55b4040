//! Agents in parallel: speckit's `AsyncOrchestrator` beside one after another, `xargs -P` and GNU parallel.
//!
//! Each peer is a whole process, speckit's too (this program, run once more), so that everybody pays for starting. They take turns
//! in rounds; medians of the rounds are shown, with ratios. It needs `xargs`, and GNU `parallel` where that is installed.
//!
//!     cargo bench -p speckit-tests -F benches --bench agents
//!     cargo bench -p speckit-tests -F benches --bench agents -- true 100     # only what has these words
//!     cargo bench -p speckit-tests -F benches --bench agents -- memory

mod agents {
    pub(crate) mod gate;
    pub(crate) mod peers;
}

use std::time::Duration;

use agents::gate;
use agents::peers::{Peer, Work};

const ROUNDS: usize = 9;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if words.first().is_some_and(|word| word == gate::PROCESS) {
        return gate::be_process(&words);
    }
    let is_wanted = |name: &str| words.iter().all(|word| name.split(' ').any(|part| part == word));
    for work in Work::ALL {
        for count in [1, 3, 10, 100] {
            if is_wanted(&format!("{count} agents of {}", work.name())) {
                compare(work, count);
            }
        }
    }
    if is_wanted("memory") {
        memory();
    }
}

fn compare(work: Work, count: usize) {
    let peers: Vec<Peer> = Peer::ALL.into_iter().filter(|peer| peer.is_there(work, count)).collect();
    let mut rounds: Vec<Vec<Duration>> = peers.iter().map(|_| Vec::new()).collect();
    for round in 0..ROUNDS {
        for turn in 0..peers.len() {
            // Nobody always comes first.
            let which = (turn + round) % peers.len();
            rounds[which].push(peers[which].run(work, count));
        }
    }
    println!("{count} agents of {}", work.name());
    let own = median(&mut rounds[0]);
    for (peer, times) in peers.iter().zip(&mut rounds) {
        let time = median(times);
        print!("  {:<18} {:>9.2} ms", peer.name(), ms(time));
        match work.alone() {
            Some(alone) if time > alone => print!("   {:>8.2} ms over the slowest", ms(time - alone)),
            _ => {}
        }
        println!("   {:>6.2} of it", ms(own) / ms(time));
    }
    println!();
}

/// The memory of the orchestrator's process beside 100 agents that write 1 MB each.
fn memory() {
    for agents in [1, 100] {
        let mut grown: Vec<u64> = (0..3).map(|_| gate::grown_kib(agents)).collect();
        grown.sort_unstable();
        println!("memory, {agents} agents with 1 MB of output each: {} KiB more at the most", grown[1]);
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
