//! Welch's t-test: do the means of two sides differ?

use super::exact::{float, float_count};
use super::{Samples, Work, student_two_sided};

/// The result of Welch's t-test.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct WelchTest {
    /// The statistic, positive if the second side has the larger mean; `None` if neither side varies.
    pub t: Option<f64>,
    /// The degrees of freedom by Welch and Satterthwaite; `None` if neither side varies.
    pub degrees_of_freedom: Option<f64>,
    /// The two-sided probability of so large a difference if the means are equal.
    pub p: f64,
}

/// Welch's t-test of two sides, by the unit of [`Work`] if both state the same kind.
///
/// If neither side varies, p is 1 for equal means and 0 for others, the limits for small variances. `None` if a side has only
/// one sample.
///
/// ```
/// use speckit_core::bench::stats::{Samples, welch};
/// let [first, second] = [vec![10, 12, 14], vec![20, 21, 25]].map(|times| Samples::new(times).unwrap());
/// let test = welch(&first, &second).unwrap();
/// assert!((test.t.unwrap() - 5.222_329_678_670_935).abs() < 1e-14);
/// assert!((test.p - 0.007_800_429_240_485_057).abs() < 1e-14);
/// ```
pub fn welch(first: &Samples, second: &Samples) -> Option<WelchTest> {
    let [first, second] = Moments::of_both(first, second)?;
    let errors = [first, second].map(|side| side.variance / side.n);
    let (error, difference) = (errors.iter().sum::<f64>(), second.mean - first.mean);
    if error == 0.0 {
        let p = if difference == 0.0 { 1.0 } else { 0.0 };
        return Some(WelchTest { t: None, degrees_of_freedom: None, p });
    }
    let t = difference / libm::sqrt(error);
    // Shares of the error, so that no square overflows or vanishes.
    let [of_first, of_second] = errors.map(|of_side| of_side / error);
    let degrees_of_freedom =
        1.0 / (of_first * of_first / (first.n - 1.0) + of_second * of_second / (second.n - 1.0));
    let p = student_two_sided(t, degrees_of_freedom)?;
    Some(WelchTest { t: Some(t), degrees_of_freedom: Some(degrees_of_freedom), p })
}

/// What a t-test needs to know of a side.
#[derive(Clone, Copy)]
pub(super) struct Moments {
    pub(super) n: f64,
    pub(super) mean: f64,
    pub(super) variance: f64,
}

impl Moments {
    /// The moments of two sides in the same unit; `None` if a side has only one sample.
    pub(super) fn of_both(first: &Samples, second: &Samples) -> Option<[Self; 2]> {
        let [of_first, of_second] = Work::factors(first.work(), second.work());
        Some([Self::of(first, of_first)?, Self::of(second, of_second)?])
    }

    fn of(samples: &Samples, factor: u64) -> Option<Self> {
        let (n, factor) = (float_count(samples.count()), float(factor.into()));
        Some(Self { n, mean: samples.mean() * factor, variance: samples.variance()? * factor * factor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;

    fn test(first: Vec<u64>, second: Vec<u64>) -> Option<WelchTest> {
        welch(&Samples::new(first).unwrap(), &Samples::new(second).unwrap())
    }

    #[test]
    fn one_sample_on_a_side_cannot_be_tested() {
        assert_eq!(test(vec![1], vec![1, 2, 3]), None);
        assert_eq!(test(vec![1, 2, 3], vec![9]), None);
    }

    #[test]
    fn sides_that_do_not_vary_differ_for_certain_or_not_at_all() {
        let p = |first, second| test(vec![first; 5], vec![second; 5]).unwrap();
        assert_eq!(p(7, 7), WelchTest { t: None, degrees_of_freedom: None, p: 1.0 });
        assert_eq!(p(7, 8), WelchTest { t: None, degrees_of_freedom: None, p: 0.0 });
        assert_eq!(p(u64::MAX, u64::MAX).p, 1.0);
    }

    #[test]
    fn one_side_that_varies_has_all_degrees_of_freedom() {
        assert_eq!(test(vec![5; 9], vec![4, 5, 6]).unwrap().degrees_of_freedom, Some(2.0));
    }

    #[test]
    fn the_largest_times_have_a_result() {
        let test = test(vec![0, u64::MAX, 0], vec![u64::MAX, u64::MAX, 0]).unwrap();
        assert!(test.p > 0.4 && test.p < 0.7, "{test:?}");
    }
}
