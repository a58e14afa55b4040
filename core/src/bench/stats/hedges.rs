//! The size of an effect by Hedges.

use super::Samples;
use super::beta::gamma_ratio;
use super::welch::Moments;

/// Hedges' g: the difference of the means in pooled standard deviations, corrected for small samples (Hedges, "Distribution Theory
/// for Glass's Estimator of Effect Size", 1981). It is positive if the second side is slower.
///
/// It is 0 if neither side varies and the means are equal. `None` if a side has only one sample, or if neither side varies and
/// the means differ: the effect would be infinite.
///
/// ```
/// use speckit_core::bench::stats::{Samples, hedges_g};
/// let [first, second] = [vec![10, 12, 14], vec![20, 22, 24]].map(|times| Samples::new(times).unwrap());
/// assert!((hedges_g(&first, &second).unwrap() - 5.0 * 0.797_884_560_802_865).abs() < 1e-12);
/// ```
pub fn hedges_g(first: &Samples, second: &Samples) -> Option<f64> {
    let [first, second] = Moments::of_both(first, second)?;
    let degrees_of_freedom = first.n + second.n - 2.0;
    let squares = [first, second].map(|side| side.variance * (side.n - 1.0));
    let pooled = libm::sqrt(squares.iter().sum::<f64>() / degrees_of_freedom);
    let difference = second.mean - first.mean;
    if difference == 0.0 {
        return Some(0.0);
    }
    let correction = gamma_ratio((degrees_of_freedom - 1.0) / 2.0) / libm::sqrt(degrees_of_freedom / 2.0);
    (pooled > 0.0).then(|| difference / pooled * correction)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn sides_that_do_not_vary_have_no_effect_or_an_infinite_one() {
        let side = |time| Samples::new(vec![time; 4]).unwrap();
        assert_eq!(hedges_g(&side(5), &side(5)), Some(0.0));
        assert_eq!(hedges_g(&side(5), &side(6)), None);
        assert_eq!(hedges_g(&side(5), &Samples::new(vec![5]).unwrap()), None);
    }
}
