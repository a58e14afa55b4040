//! How far the clocks of the machine run apart during a login.

use core::fmt;
use core::time::Duration;

use crate::text::duration;

/// The time by two clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// A clock that never goes back and that nobody sets. It need not count while the machine sleeps.
    pub monotonic: Duration,
    /// The clock of the machine: the time since 1970-01-01T00:00:00Z.
    pub wall: Duration,
}

/// Differences below this are those of any two clocks.
const NEGLIGIBLE: Duration = Duration::from_secs(1);

/// How much time passed by each of the two clocks.
///
/// Under some virtual machines the monotonic clock runs too fast. Polls then come too early for the provider, which asks for
/// slower ones again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockDrift {
    /// By the monotonic clock.
    pub monotonic: Duration,
    /// By the wall clock; zero if it was set back.
    pub wall: Duration,
}

impl ClockDrift {
    pub(super) fn between(start: Now, end: Now) -> Self {
        Self {
            monotonic: end.monotonic.saturating_sub(start.monotonic),
            wall: end.wall.saturating_sub(start.wall),
        }
    }

    /// The difference of both clocks.
    pub fn difference(&self) -> Duration {
        self.monotonic.abs_diff(self.wall)
    }
}

/// A hint for a person.
impl fmt::Display for ClockDrift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the provider demands slower polls for the second time; ")?;
        let difference = self.difference();
        if difference < NEGLIGIBLE {
            return f.write_str(
                "the clocks of this machine agree, so another login may poll for the same client",
            );
        }
        let [monotonic, wall] = [self.monotonic, self.wall].map(duration);
        write!(
            f,
            "since the login began, the monotonic clock of this machine advanced by {monotonic} and its wall clock by {wall}, \
             which is a drift of {}",
            duration(difference)
        )
    }
}
