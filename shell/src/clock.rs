//! The door to the clock.
#![expect(clippy::disallowed_methods, reason = "this module is the door to the clock")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The present moment of the clock that only goes forward.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The time since 1970-01-01T00:00:00Z, which somebody may set back. It is for records, and decides nothing.
pub(crate) fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Waits so long.
pub(crate) fn sleep(wait: Duration) {
    std::thread::sleep(wait);
}
