//! The exact distribution of the Mann–Whitney statistic without ties.

use alloc::vec;
use alloc::vec::Vec;

/// The largest side for which the distribution is exact: the number of arrangements of 50 and 50 fits 128 bits.
pub(super) const MAX_EXACT: usize = 50;

/// How many arrangements of two sides of `first` and `second` samples give each U from 0 to `first · second`; `None` if a side is
/// larger than [`MAX_EXACT`].
///
/// These are the coefficients of the Gaussian binomial ∏ (1 − q^(second + i)) / (1 − q^i) for i from 1 to `first`.
pub(super) fn arrangements(first: usize, second: usize) -> Option<Vec<i128>> {
    if first.max(second) > MAX_EXACT {
        return None;
    }
    let length = first * second + 1;
    let mut counts: Vec<i128> = vec![0; length];
    *counts.first_mut()? = 1;
    for i in 1..=first {
        multiply(&mut counts, second + i);
        divide(&mut counts, i);
    }
    Some(counts)
}

/// Multiplies a polynomial by 1 − q^power.
fn multiply(counts: &mut [i128], power: usize) {
    for place in (power..counts.len()).rev() {
        add(counts, place, place - power, -1);
    }
}

/// Divides a polynomial by 1 − q^power.
fn divide(counts: &mut [i128], power: usize) {
    for place in power..counts.len() {
        add(counts, place, place - power, 1);
    }
}

fn add(counts: &mut [i128], place: usize, other: usize, sign: i128) {
    let added = counts.get(other).copied().unwrap_or(0) * sign;
    if let Some(count) = counts.get_mut(place) {
        *count += added;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_sides_have_the_known_counts() {
        assert_eq!(arrangements(1, 1), Some(vec![1, 1]));
        assert_eq!(arrangements(2, 2), Some(vec![1, 1, 2, 1, 1]));
        assert_eq!(arrangements(3, 2), Some(vec![1, 1, 2, 2, 2, 1, 1]));
        assert_eq!(arrangements(0, 3), Some(vec![1]));
    }

    #[test]
    fn all_arrangements_are_counted() {
        // 100 over 50.
        let total: i128 = arrangements(50, 50).unwrap().iter().sum();
        assert_eq!(total, 100_891_344_545_564_193_334_812_497_256);
        assert_eq!(arrangements(51, 1), None);
    }
}
