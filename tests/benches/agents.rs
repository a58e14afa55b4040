//! Agents in parallel: speckit's `AsyncOrchestrator` beside one after another, `xargs -P` and GNU parallel.
//!
//! Each peer is a whole process, speckit's too (this program, run once more), so that everybody pays for starting. They take turns
//! in rounds; medians of the rounds are shown, with ratios. `spawn` starts them from a program that already runs. It needs `xargs`, and GNU `parallel` where that is installed.
//!
//!     cargo bench -p speckit-tests -F benches --bench agents
//!     cargo bench -p speckit-tests -F benches --bench agents -- true 100     # only what has these words
//!     cargo bench -p speckit-tests -F benches --bench agents -- spawn 3
//!     cargo bench -p speckit-tests -F benches --bench agents -- start        # one start each, from a small and a large program
//!     cargo bench -p speckit-tests -F benches --bench agents -- memory

mod agents {
    pub(crate) mod gate;
    pub(crate) mod peers;
    pub(crate) mod spawn;
    pub(crate) mod start;
    pub(crate) mod turns;
}

use agents::gate;
use agents::peers::{Peer, Work};
use agents::spawn::Spawner;
use agents::start::Starter;
use agents::turns::in_turns;
use speckit_core::bench::stats::Samples;

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
        for count in [1, 3, 5] {
            if is_wanted(&format!("spawn {count} agents of {}", work.name())) {
                compare_spawners(work, count);
            }
        }
    }
    if is_wanted("start") {
        compare_starters();
    }
    if is_wanted("memory") {
        memory();
    }
}

fn compare(work: Work, count: usize) {
    let peers: Vec<Peer> = Peer::ALL.into_iter().filter(|peer| peer.is_there(work, count)).collect();
    let samples = in_turns(&peers, |peer| peer.run(work, count));
    println!("{count} agents of {}", work.name());
    let names = peers.iter().map(|peer| peer.name());
    print(names.zip(&samples), work);
}

fn compare_spawners(work: Work, count: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let samples = in_turns(&Spawner::ALL, |spawner| spawner.run(&runtime, work, count));
    println!("spawn {count} agents of {}", work.name());
    let names = Spawner::ALL.iter().map(|spawner| spawner.name());
    print(names.zip(&samples), work);
}

/// Starts a program from this one as it is, and with 200 MiB more memory.
fn compare_starters() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for mebibytes in [0, 200] {
        let memory = std::hint::black_box(vec![1_u8; mebibytes << 20]);
        let samples = in_turns(&Starter::ALL, |starter| starter.run(&runtime));
        println!("start, {mebibytes} MiB more");
        print(Starter::ALL.iter().map(|starter| starter.name()).zip(&samples), Work::True);
        drop(memory);
    }
}

/// Prints the medians, and the ratios of the first one to each.
fn print<'a>(peers: impl Iterator<Item = (&'static str, &'a Samples)>, work: Work) {
    let mut own = None;
    for (name, samples) in peers {
        let time = samples.median() / 1e6;
        let own = *own.get_or_insert(time);
        print!("  {name:<20} {time:>9.2} ms");
        if let Some(alone) = work.alone() {
            print!("   {:>8.2} ms over the slowest", time - alone.as_secs_f64() * 1e3);
        }
        println!("   {:>6.2} of it", own / time);
    }
    println!();
}

/// The memory of the orchestrator's process beside 100 agents that write 1 MB each.
fn memory() {
    for agents in [1, 100] {
        let grown: Vec<u64> = (0..3).map(|_| gate::grown_kib(agents)).collect();
        let median = Samples::new(grown).expect("it was measured").median();
        println!("memory, {agents} agents with 1 MB of output each: {median} KiB more at the most");
    }
}
