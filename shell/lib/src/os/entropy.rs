//! Access to the randomness of the system: one seed for each process, from which all others are derived.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is the only access to the randomness of the system"
)]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use speckit_core::retry::Seed;

use crate::os::clock::Moment;

/// A seed that is unique in this process, and almost certainly among processes.
#[cold]
pub fn seed() -> Seed {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    process().nth(CALLS.fetch_add(1, Ordering::Relaxed))
}

/// The randomness of the system, read once. If the system has none yet, the time and the process id are used, which differ enough
/// to spread waits.
fn process() -> Seed {
    static PROCESS: OnceLock<Seed> = OnceLock::new();
    *PROCESS.get_or_init(|| {
        let number = getrandom::u64().unwrap_or_else(|_| {
            let time = Moment::now().since_start().as_nanos() as u64;
            time ^ u64::from(std::process::id()).rotate_left(32)
        });
        Seed::new(number)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_calls_have_the_same_seed() {
        let seeds: std::collections::BTreeSet<_> = (0..1000).map(|_| seed()).collect();
        assert_eq!(seeds.len(), 1000);
    }
}
