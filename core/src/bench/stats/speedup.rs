//! A claim about how much faster one side is.

use core::fmt;
use core::str::FromStr;

use super::Comparison;

/// A claim that the second side is so many times faster, at least: `3x`.
///
/// ```
/// use speckit_core::bench::stats::{Criteria, Samples, Speedup, compare};
/// let claim: Speedup = "3x".parse().unwrap();
/// let samples = |time: u64| Samples::new((0..30).map(|run| time + run % 5).collect()).unwrap();
/// let holds = |first, second| claim.holds(&compare(&samples(first), &samples(second), Criteria::default()));
/// assert_eq!((holds(3200, 1000), holds(2900, 1000)), (true, false));
/// assert_eq!("fast".parse::<Speedup>(), Err(speckit_core::bench::stats::NotASpeedup));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speedup(f64);

/// The text is not a factor such as `3x` or `1.5x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a factor above 0 such as 3x or 1.5x")]
pub struct NotASpeedup;

impl Speedup {
    /// Whether the claim holds: the lower end of the 95 % interval of first/second is as large. Without an interval it does
    /// not.
    pub fn holds(self, comparison: &Comparison) -> bool {
        let interval = comparison.figures.and_then(|figures| figures.speedup.ci95);
        interval.is_some_and(|[low, _]| low >= self.0)
    }
}

impl FromStr for Speedup {
    type Err = NotASpeedup;

    fn from_str(text: &str) -> Result<Self, NotASpeedup> {
        let number = text.trim().trim_end_matches(['x', '×']);
        let factor = number.parse::<f64>().ok().filter(|factor| factor.is_finite() && *factor > 0.0);
        factor.map(Self).ok_or(NotASpeedup)
    }
}

/// `3x`.
impl fmt::Display for Speedup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x", self.0)
    }
}
