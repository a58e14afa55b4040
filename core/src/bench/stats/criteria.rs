//! When a difference counts.

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
