//! Holm's correction for several comparisons.

use alloc::vec::Vec;

/// The probabilities adjusted by Holm, "A Simple Sequentially Rejective Multiple Test Procedure" (1979), in the given order: each may
/// be compared with α as if there were no others.
///
/// A missing probability stays missing and counts for nothing.
///
/// ```
/// use speckit_core::bench::stats::holm;
/// assert_eq!(holm(&[Some(0.01), Some(0.04), None, Some(0.03)]), [Some(0.03), Some(0.06), None, Some(0.06)]);
/// assert_eq!(holm(&[Some(0.02)]), [Some(0.02)]);
/// ```
pub fn holm(probabilities: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut known: Vec<(usize, f64)> =
        probabilities.iter().enumerate().filter_map(|(place, p)| p.map(|p| (place, p))).collect();
    known.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    let mut adjusted = probabilities.to_vec();
    let mut largest: f64 = 0.0;
    let mut left = super::exact::float_count(known.len());
    for (place, p) in known {
        largest = largest.max((p * left).min(1.0));
        left -= 1.0;
        if let Some(adjusted) = adjusted.get_mut(place) {
            *adjusted = Some(largest);
        }
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_probability_is_multiplied_by_the_number_of_all() {
        assert_eq!(holm(&[Some(0.5), Some(0.01), Some(0.5)]), [Some(1.0), Some(0.03), Some(1.0)]);
        assert_eq!(holm(&[None, Some(0.2), Some(0.25)]), [None, Some(0.4), Some(0.4)]);
        assert_eq!(holm(&[]), []);
    }
}
