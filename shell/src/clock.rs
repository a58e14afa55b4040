//! The door to the clock.
#![expect(clippy::disallowed_methods, reason = "this module is the door to the clock")]

use std::time::{Duration, Instant};

/// The present moment of the clock that only goes forward.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Waits so long.
pub(crate) fn sleep(wait: Duration) {
    std::thread::sleep(wait);
}
