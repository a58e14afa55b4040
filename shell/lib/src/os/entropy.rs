//! Access to the randomness of the system: one seed a process, from which everything else is derived.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is the only access to the randomness of the system"
)]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use speckit_core::retry::Seed;

use crate::os::clock::Moment;

/// A seed that no other call of this process has, and other processes hardly.
#[cold]
pub(crate) fn seed() -> Seed {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    process().nth(CALLS.fetch_add(1, Ordering::Relaxed))
}

/// What the system gives once. A system that has no randomness yet is asked for its time and the number of the process, which
/// differ enough to keep waits apart.
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
