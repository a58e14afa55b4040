//! The Mann–Whitney U test: is one side usually slower than the other?

use alloc::vec::Vec;

use super::exact::{float, wide};
use super::rank_sums::arrangements;
use super::{Samples, Work};

/// The result of the Mann–Whitney U test.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct MannWhitneyTest {
    /// In how many pairs the second side is slower; pairs with equal times count as half.
    pub u: f64,
    /// The two-sided probability of so extreme a `u` if both sides have the same distribution.
    pub p: f64,
    /// Whether `p` is exact, and not from the normal distribution.
    pub is_exact: bool,
}

/// The Mann–Whitney U test of two sides, by the unit of [`Work`] if both state the same kind.
///
/// `p` is exact if no two times are equal and neither side has more than 50 samples; else it is that of the normal distribution,
/// with corrections for ties and for continuity. If all times are equal, it is 1. The test also rejects if only the spreads
/// differ, so [`welch`](super::welch) decides.
///
/// ```
/// use speckit_core::bench::stats::{Samples, mann_whitney};
/// let [first, second] = [vec![1, 2, 3], vec![4, 5, 6, 7]].map(|times| Samples::new(times).unwrap());
/// let test = mann_whitney(&first, &second);
/// assert_eq!((test.u, test.is_exact), (12.0, true));
/// assert!((test.p - 2.0 / 35.0).abs() < 1e-15);
/// ```
pub fn mann_whitney(first: &Samples, second: &Samples) -> MannWhitneyTest {
    let [of_first, of_second] = Work::factors(first.work(), second.work());
    let scaled = |samples: &Samples, factor: u64| -> Vec<u128> {
        samples.sorted().iter().map(|time| u128::from(*time) * u128::from(factor)).collect()
    };
    let (first, second) = (scaled(first, of_first), scaled(second, of_second));
    let (twice_u, ties) = (twice_u(&first, &second), tie_sum(&first, &second));
    let pairs = wide(first.len()) * wide(second.len());
    // The distance from the middle, so that both directions are treated alike.
    let twice_distance = twice_u.abs_diff(pairs);
    let smaller_u = twice_u.min(pairs * 2 - twice_u) / 2;
    let exact = if ties == 0 { exact_p(first.len(), second.len(), smaller_u) } else { None };
    let p = exact.unwrap_or_else(|| normal_p(first.len(), second.len(), twice_distance, ties));
    MannWhitneyTest { u: float(twice_u) / 2.0, p, is_exact: exact.is_some() }
}

/// Twice the number of pairs in which the second side is larger; equal pairs count as half.
fn twice_u(first: &[u128], second: &[u128]) -> u128 {
    let (mut below, mut not_above) = (0, 0);
    let mut sum = 0;
    for value in second {
        while first.get(below).is_some_and(|other| other < value) {
            below += 1;
        }
        while first.get(not_above).is_some_and(|other| other <= value) {
            not_above += 1;
        }
        sum += wide(below) + wide(not_above);
    }
    sum
}

/// The sum of t³ − t over the groups of t equal values of both sides.
fn tie_sum(first: &[u128], second: &[u128]) -> u128 {
    let mut all: Vec<u128> = first.iter().chain(second).copied().collect();
    all.sort_unstable();
    let sizes = all.chunk_by(|a, b| a == b).map(|group| wide(group.len()));
    sizes.map(|size| size * size * size - size).sum()
}

/// The exact probability of a U that is `u` at most, on either side; `None` if a side is too large.
fn exact_p(first: usize, second: usize, u: u128) -> Option<f64> {
    let counts = arrangements(first, second)?;
    let sum = |counts: &[i128]| float(counts.iter().sum::<i128>().unsigned_abs());
    let tail = counts.get(..=usize::try_from(u).ok()?)?;
    Some((2.0 * sum(tail) / sum(&counts)).min(1.0))
}

/// The probability by the normal distribution, for twice the distance of U from its mean.
fn normal_p(first: usize, second: usize, twice_distance: u128, ties: u128) -> f64 {
    let [n, m, ties] = [wide(first), wide(second), ties].map(float);
    let all = n + m;
    let variance = n * m / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)));
    if variance <= 0.0 {
        return 1.0;
    }
    // The correction for continuity is half a pair.
    let distance = (float(twice_distance) - 1.0).max(0.0) / 2.0;
    libm::erfc(distance / libm::sqrt(2.0 * variance))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn test(first: Vec<u64>, second: Vec<u64>) -> MannWhitneyTest {
        mann_whitney(&Samples::new(first).unwrap(), &Samples::new(second).unwrap())
    }

    #[test]
    fn equal_samples_do_not_differ() {
        assert_eq!(test(vec![5; 10], vec![5; 12]).p, 1.0);
        assert_eq!(test(vec![5], vec![5]).p, 1.0);
        assert_eq!(test(vec![1], vec![2]).p, 1.0);
    }

    /// The values of scipy 1.17: `mannwhitneyu(second, first, method="asymptotic")`.
    #[test]
    fn ties_are_corrected() {
        let test = test(vec![1, 2, 2, 3, 4, 5], vec![2, 4, 6, 6, 7, 9]);
        assert_eq!((test.u, test.is_exact), (30.5, false));
        assert!((test.p - 0.052_135_087_724_716_47).abs() < 1e-14, "{test:?}");
    }

    #[test]
    fn the_normal_distribution_continues_the_exact_one() {
        let side = |count: u64, offset| (0..count).map(|run| run * 10 + offset).collect::<Vec<u64>>();
        let exact = test(side(50, 0), side(50, 55));
        let normal = normal_p(50, 50, 520, 0);
        // The values of scipy 1.17, `method="exact"` and `"asymptotic"`.
        assert_eq!((exact.u, exact.is_exact), (1510.0, true));
        assert!((exact.p - 0.073_535_210_625_696_29).abs() < 1e-14, "{exact:?}");
        assert!((normal - 0.073_623_471_072_458_24).abs() < 1e-14, "{normal}");
        assert!(!test(side(51, 0), side(51, 55)).is_exact);
    }

    #[test]
    fn work_is_compared_by_the_unit() {
        use core::num::NonZeroU64;
        let items = |times: [u64; 4], amount| {
            Samples::new(times.to_vec()).unwrap().with_work(NonZeroU64::new(amount).map(Work::Items))
        };
        let test = mann_whitney(&items([10, 11, 12, 13], 1), &items([20, 22, 24, 26], 2));
        assert_eq!((test.u, test.p), (8.0, 1.0), "twice the time for twice the items");
    }
}
