//! When a write looks whether the file that it writes is still at its path.

use core::time::Duration;

/// A write that begins sooner after another one needs no look: a look takes as long as a tenth of a short write.
const SERIES: Duration = Duration::from_micros(50);
/// How long a look counts in a series of such writes.
const LOOK_COUNTS: Duration = Duration::from_micros(250);

/// Whether a write looks at its path, this long after the last write began and after the last look.
///
/// ```
/// use core::time::Duration;
/// use speckit_core::store::is_look_due;
/// let us = Duration::from_micros;
/// assert!(is_look_due(us(50), us(50)), "the first write after a pause looks");
/// assert!(!is_look_due(us(15), us(240)));
/// assert!(is_look_due(us(15), us(250)), "a series of writes looks too");
/// ```
pub fn is_look_due(since_write: Duration, since_look: Duration) -> bool {
    since_write >= SERIES || since_look >= LOOK_COUNTS
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    /// The times of the looks of writes that begin after these pauses. The database is opened, and looked at, at the time 0.
    fn looks(pauses: impl IntoIterator<Item = Duration>) -> Vec<Duration> {
        let (mut now, mut looked, mut looks) = (Duration::ZERO, Duration::ZERO, Vec::new());
        for pause in pauses {
            now += pause;
            if is_look_due(pause, now - looked) {
                looked = now;
                looks.push(now);
            }
        }
        looks
    }

    #[test]
    fn each_write_after_a_pause_looks() {
        for pause in [50, 51, 249, 250, 1_000_000].map(Duration::from_micros) {
            assert_eq!(looks([pause; 8]).len(), 8, "{pause:?}");
        }
    }

    #[test]
    fn a_series_of_writes_looks_every_250_us() {
        for (pause, expected) in [(10, 250), (25, 250), (49, 294)] {
            let (pause, expected) = (Duration::from_micros(pause), Duration::from_micros(expected));
            let every = (1..=4).map(|number| expected * number).collect::<Vec<_>>();
            let series = looks([pause; 200]);
            assert_eq!(series.get(..4), Some(&every[..]), "{pause:?}");
        }
    }
}
