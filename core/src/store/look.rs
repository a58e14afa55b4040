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
