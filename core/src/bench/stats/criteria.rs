//! When a difference counts.

use core::fmt;
use core::str::FromStr;

use super::Comparison;

/// When a difference counts as a regression or an improvement.
///
/// ```
/// use speckit_core::bench::stats::Criteria;
/// let criteria = Criteria::new(0.01, 0.05)?;
/// assert_eq!((criteria.alpha(), criteria.threshold()), (0.01, 0.05));
/// assert_eq!(Criteria::default(), Criteria::new(0.05, 0.10)?);
/// assert_eq!(Criteria::new(0.0, 0.1).unwrap_err().to_string(), "alpha 0, expected a number above 0 and below 1");
/// # Ok::<(), speckit_core::bench::stats::CriteriaError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Criteria {
    alpha: f64,
    threshold: f64,
}

/// The criteria are not usable.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CriteriaError {
    /// The probability of a false alarm is out of range.
    #[error("alpha {0}, expected a number above 0 and below 1")]
    Alpha(f64),
    /// The smallest change that counts is out of range.
    #[error("threshold {0}, expected a number from 0 to 1000 (0.1 is 10 %)")]
    Threshold(f64),
}

impl Criteria {
    /// Criteria with the probability of a false alarm (`alpha`), and the smallest change that counts as a part of 1 (`threshold`):
    /// 0.1 is 10 %, so that a ratio of 1.1 is a regression, and one of 1/1.1 an improvement.
    ///
    /// # Errors
    /// [`CriteriaError`] if a number is out of range.
    pub fn new(alpha: f64, threshold: f64) -> Result<Self, CriteriaError> {
        if !(alpha > 0.0 && alpha < 1.0) {
            return Err(CriteriaError::Alpha(alpha));
        }
        if !(0.0..=1000.0).contains(&threshold) {
            return Err(CriteriaError::Threshold(threshold));
        }
        Ok(Self { alpha, threshold })
    }

    /// The probability of a false alarm.
    pub fn alpha(self) -> f64 {
        self.alpha
    }

    /// The smallest change that counts, as a part of 1.
    pub fn threshold(self) -> f64 {
        self.threshold
    }
}

/// α = 0.05, and a change of 10 %.
impl Default for Criteria {
    fn default() -> Self {
        Self { alpha: 0.05, threshold: 0.1 }
    }
}

/// A claim that the second side is so many times faster, at least: `3x`.
///
/// ```
/// use speckit_core::bench::stats::{Criteria, Samples, Speedup, compare};
/// let claim: Speedup = "3x".parse().unwrap();
/// let samples = |time| Samples::new((0..30).map(|run| time + run % 5).collect()).unwrap();
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
