//! Access to the randomness of the system: one seed for each process, from which all others are derived, and bytes for secrets, which no
//! seed determines.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is the only access to the randomness of the system"
)]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use speckit_core::retry::Seed;
#[cfg(feature = "auth")]
use speckit_core::tree::typed::Secret;

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

/// Random bytes that nobody can guess.
///
/// # Errors
/// The system has no randomness.
#[cfg(feature = "auth")]
pub(crate) fn secret_bytes<const N: usize>() -> std::io::Result<Secret<[u8; N]>> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(Secret::new(bytes))
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
