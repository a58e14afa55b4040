//! A whole program with files in memory and a clock that only the test moves, in one thread.
//!
//! A seed determines a plan: what editors, the system, workers, readers and an operator do, and when. A plan always runs
//! in the same way, and the log of a run contains its plan:
//!
//!     SIMULATION_SEED=7 cargo test -p speckit-tests --test simulation in_every_seed -- --nocapture    the log of one seed
//!     SIMULATION_SEEDS=1000..9000 cargo test --release …                                              other seeds
//!     SIMULATION_LOG=failed.log cargo test … run_again                                                repeat a logged run

mod agents;
mod config;

use std::ops::Range;

/// The seeds that an environment variable selects, or else these.
fn seeds_or(default: Range<u64>) -> Range<u64> {
    if let Ok(seed) = std::env::var("SIMULATION_SEED") {
        let seed = seed.parse().expect("SIMULATION_SEED is a number");
        return seed..seed + 1;
    }
    let Ok(range) = std::env::var("SIMULATION_SEEDS") else { return default };
    let (from, to) = range.split_once("..").expect("SIMULATION_SEEDS is from..to");
    from.parse().expect("a number")..to.parse().expect("a number")
}
