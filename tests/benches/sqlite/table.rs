//! Prints the timings as a table.

use speckit_tests::samples;

use super::load::Timings;
use super::peers::SqlitePeer;

/// Prints medians over the rounds, and the ratios to the first peer.
pub(crate) fn print(name: &str, peers: &[SqlitePeer], rounds: &[Vec<Timings>]) {
    println!("{name}");
    let rate = |which: usize| 1e9 / samples(rounds[which].iter().map(Timings::per_call)).median();
    let within = |which: usize, of_thousand| {
        samples(rounds[which].iter().map(|round| round.within(of_thousand))).median() / 1e6
    };
    for (which, peer) in peers.iter().enumerate() {
        println!(
            "  {:<13} {:>9.0}/s   p50 {:>8.3} ms   p99 {:>9.3} ms   p99.9 {:>9.3} ms   max {:>9.3} ms",
            peer.name(),
            rate(which),
            within(which, 500),
            within(which, 990),
            within(which, 999),
            within(which, 1000),
        );
    }
    for (which, peer) in peers.iter().enumerate().skip(1) {
        println!(
            "  {} / {}: {:.2} times the calls, {:.3} of the p99.9",
            peers[0].name(),
            peer.name(),
            rate(0) / rate(which),
            within(0, 999) / within(which, 999),
        );
    }
    println!();
}
