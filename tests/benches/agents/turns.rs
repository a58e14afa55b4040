//! Peers that take turns.

use std::time::Duration;

use speckit_core::bench::stats::Samples;
use speckit_tests::samples;

const ROUNDS: usize = 9;

/// Runs every peer once in each round, and returns the samples of each. A different peer comes first in each round.
pub(crate) fn in_turns<P: Copy>(peers: &[P], mut run: impl FnMut(P) -> Duration) -> Vec<Samples> {
    let mut times: Vec<Vec<Duration>> = peers.iter().map(|_| Vec::new()).collect();
    for round in 0..ROUNDS {
        for turn in 0..peers.len() {
            let which = (turn + round) % peers.len();
            times[which].push(run(peers[which]));
        }
    }
    times.into_iter().map(samples).collect()
}
