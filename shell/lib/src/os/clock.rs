//! Access to the clock: the current time, elapsed time, and waiting.
#![expect(clippy::disallowed_methods, reason = "this module is the only access to the clock")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The current time of the monotonic clock.
pub fn now() -> Instant {
    Instant::now()
}

/// The time since 1970-01-01T00:00:00Z. It can be set back, so it is only for records.
pub fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A time in whole milliseconds.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A time in whole nanoseconds: up to 584 years.
#[cfg(any(feature = "bench", feature = "tracing"))]
pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Blocks the thread.
pub fn sleep(wait: Duration) {
    std::thread::sleep(wait);
}

/// Ready after this time, in a tokio runtime with time.
#[cfg(feature = "tokio")]
pub(crate) fn sleeping(wait: Duration) -> tokio::time::Sleep {
    tokio::time::sleep(wait)
}

/// The current time of tokio's clock, which a test can pause.
#[cfg(feature = "agents")]
pub(crate) fn runtime_now() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

/// Ready at this time, in a tokio runtime with time.
#[cfg(feature = "agents")]
pub(crate) fn sleeping_until(at: tokio::time::Instant) -> tokio::time::Sleep {
    tokio::time::sleep_until(at)
}

#[cfg(feature = "retry")]
pub(crate) use coarse::Moment;

/// The monotonic clock at the last tick of the kernel takes a third of the time of the exact clock.
#[cfg(all(feature = "retry", target_os = "linux"))]
mod coarse {
    use std::time::Duration;

    use rustix::time::{ClockId, Timespec, clock_gettime};

    /// A time that is cheap to read: up to one tick of the system's timer early (4 ms at 250 ticks a second), never late.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Moment(Timespec);

    impl Moment {
        #[inline]
        pub(crate) fn now() -> Self {
            Self(clock_gettime(ClockId::MonotonicCoarse))
        }

        /// The elapsed time by the exact clock: never too short, and up to one tick too long.
        pub(crate) fn elapsed(self) -> Duration {
            duration(clock_gettime(ClockId::Monotonic)).saturating_sub(duration(self.0))
        }

        /// The time since some fixed moment.
        pub(crate) fn since_start(self) -> Duration {
            duration(self.0)
        }
    }

    /// The clock starts with the machine and is never negative.
    fn duration(time: Timespec) -> Duration {
        Duration::try_from(time).unwrap_or_default()
    }
}

#[cfg(all(feature = "retry", not(target_os = "linux")))]
mod coarse {
    use std::sync::OnceLock;
    use std::time::{Duration, Instant};

    /// An exact time.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Moment(Instant);

    impl Moment {
        #[inline]
        pub(crate) fn now() -> Self {
            Self(Instant::now())
        }

        /// The elapsed time.
        pub(crate) fn elapsed(self) -> Duration {
            self.0.elapsed()
        }

        /// The time since some fixed moment.
        pub(crate) fn since_start(self) -> Duration {
            static START: OnceLock<Instant> = OnceLock::new();
            self.0.saturating_duration_since(*START.get_or_init(|| self.0))
        }
    }
}

#[cfg(all(test, feature = "retry"))]
mod tests {
    use super::*;

    #[test]
    fn a_coarse_moment_is_never_late_and_at_most_some_ticks_early() {
        let mut min_early = Duration::MAX;
        for _ in 0..1000 {
            let coarse = Moment::now();
            let exact = now();
            let by_exact = exact.elapsed();
            let by_coarse = coarse.elapsed();
            assert!(by_coarse >= by_exact, "{by_coarse:?} {by_exact:?}");
            min_early = min_early.min(by_coarse - by_exact);
        }
        assert!(min_early < Duration::from_millis(20), "{min_early:?}");
    }

    #[test]
    fn the_time_since_a_coarse_moment_covers_all_that_passed() {
        let wait = Duration::from_millis(5);
        let coarse = Moment::now();
        sleep(wait);
        assert!(coarse.elapsed() >= wait);
        assert!(Moment::now().since_start() >= coarse.since_start());
    }
}
