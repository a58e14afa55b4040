//! The ratio of two sides by Hodges and Lehmann.

use alloc::vec::Vec;

use super::exact::{float, wide};
use super::rank_sums::arrangements;
use super::{Samples, Work};

/// The 97.5 % quantile of the normal distribution.
const NORMAL_QUANTILE: f64 = 1.959_963_984_540_054;

/// How many times longer the second side takes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct RatioEstimate {
    /// The median of the ratios of all pairs.
    pub value: f64,
    /// The 95 % interval; `None` with so few samples that it would have no ends.
    pub ci95: Option<[f64; 2]>,
}

/// The ratio second/first by Hodges and Lehmann, by the unit of [`Work`] if both state the same kind.
///
/// It is the median of the ratios of all pairs, that is, the shift of the logarithms. Its interval has the ratios that the
/// Mann–Whitney test of 5 % does not reject, by the distribution without ties, which is the wider one. A time of 0 counts as
/// 1 ns here. Scaling all times by the same power of two changes nothing.
///
/// ```
/// use speckit_core::bench::stats::{Samples, ratio};
/// let [first, second] = [vec![100; 8], vec![110; 8]].map(|times| Samples::new(times).unwrap());
/// assert_eq!(ratio(&first, &second).value, 1.1);
/// assert_eq!(ratio(&first, &second).ci95, Some([1.1, 1.1]));
/// ```
pub fn ratio(first: &Samples, second: &Samples) -> RatioEstimate {
    let ratios = PairRatios::of(first, second);
    let pairs = ratios.pairs();
    let (lower, upper) = (ratios.nth(pairs.div_ceil(2)), ratios.nth(pairs / 2 + 1));
    // The geometric mean of two middle ratios is the mean of their logarithms.
    let value = if lower == upper { lower } else { libm::sqrt(lower * upper) };
    let ends = |rank: u128| [ratios.nth(rank), ratios.nth(pairs + 1 - rank)];
    RatioEstimate { value, ci95: rank_of_end(first.count(), second.count()).map(ends) }
}

/// The rank of the lower end of the interval among the sorted pairs: the largest with P(U < rank) ≤ 2.5 %. `None` if there is none.
fn rank_of_end(first: usize, second: usize) -> Option<u128> {
    let rank = match arrangements(first, second) {
        Some(counts) => {
            let all = counts.iter().sum::<i128>();
            let sums = counts.iter().scan(0, |sum, count| {
                *sum += count;
                Some(*sum)
            });
            wide(sums.take_while(|sum| *sum <= all / 40).count())
        }
        None => {
            let [n, m] = [first, second].map(wide).map(float);
            let rank = n * m / 2.0 - NORMAL_QUANTILE * libm::sqrt(n * m * (n + m + 1.0) / 12.0);
            whole(rank)
        }
    };
    (rank > 0).then_some(rank)
}

/// The whole part of a number; 0 below 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float that is too large or small is the nearest integer"
)]
fn whole(number: f64) -> u128 {
    number as u128
}

/// The ratios of all pairs, which are never listed: a million samples on each side have 10¹² of them.
struct PairRatios {
    /// Ascending and above zero, as both are.
    first: Vec<f64>,
    second: Vec<f64>,
}

impl PairRatios {
    fn of(first: &Samples, second: &Samples) -> Self {
        let [of_first, of_second] = Work::factors(first.work(), second.work());
        let scaled = |samples: &Samples, factor: u64| {
            samples
                .sorted()
                .iter()
                .map(|time| float(u128::from((*time).max(1)) * u128::from(factor)))
                .collect()
        };
        Self { first: scaled(first, of_first), second: scaled(second, of_second) }
    }

    fn pairs(&self) -> u128 {
        wide(self.first.len()) * wide(self.second.len())
    }

    /// The ratio of this rank from 1, the smallest first: the smallest float that so many ratios do not exceed.
    fn nth(&self, rank: u128) -> f64 {
        let ends =
            |low: Option<&f64>, high: Option<&f64>| low.zip(high).map_or(1.0, |(low, high)| low / high);
        // The bits of positive floats are in the order of the floats.
        let mut low = ends(self.second.first(), self.first.last()).to_bits();
        let mut high = ends(self.second.last(), self.first.first()).to_bits();
        while low < high {
            let middle = low + (high - low) / 2;
            if self.count_up_to(f64::from_bits(middle)) >= rank {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        f64::from_bits(low)
    }

    /// How many ratios are `limit` at most.
    fn count_up_to(&self, limit: f64) -> u128 {
        let mut sum = 0;
        let mut above = 0;
        for second in &self.second {
            while self.first.get(above).is_some_and(|first| second / first > limit) {
                above += 1;
            }
            sum += wide(self.first.len() - above);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn estimate(first: Vec<u64>, second: Vec<u64>) -> RatioEstimate {
        ratio(&Samples::new(first).unwrap(), &Samples::new(second).unwrap())
    }

    #[test]
    fn the_ranks_are_those_of_listed_ratios() {
        let (first, second) = (vec![3, 5, 8, 13, 21], vec![2, 7, 7, 11, 19, 23]);
        let mut listed: Vec<f64> =
            first.iter().flat_map(|a| second.iter().map(move |b| *b as f64 / *a as f64)).collect();
        listed.sort_by(f64::total_cmp);
        let ratios = PairRatios::of(&Samples::new(first).unwrap(), &Samples::new(second).unwrap());
        for (rank, expected) in (1..).zip(listed) {
            assert_eq!(ratios.nth(rank), expected);
        }
    }

    #[test]
    fn the_interval_needs_four_samples_on_each_side() {
        let ci95 = |count: u64| estimate((1..=count).collect(), (1..=count).collect()).ci95;
        assert_eq!(ci95(1), None);
        assert_eq!(ci95(3), None);
        assert_eq!(ci95(4), Some([0.25, 4.0]));
    }

    /// The values of R, `qwilcox(0.025, n, m)`, which its `wilcox.test` takes.
    #[test]
    fn the_ends_have_the_critical_ranks() {
        assert_eq!(rank_of_end(8, 8), Some(14));
        assert_eq!(rank_of_end(5, 5), Some(3));
        assert_eq!(rank_of_end(10, 10), Some(24));
    }

    #[test]
    fn a_time_of_zero_counts_as_one_nanosecond() {
        assert_eq!(estimate(vec![0; 5], vec![0; 5]).value, 1.0);
        assert_eq!(estimate(vec![0; 5], vec![3; 5]).value, 3.0);
        assert_eq!(estimate(vec![u64::MAX; 5], vec![0; 5]).value, 2.0_f64.powi(-64));
    }

    #[test]
    fn swapping_the_sides_inverts_the_ratio() {
        let (first, second) = (vec![3, 5, 8, 13, 21], vec![2, 7, 9, 11, 19, 23]);
        let (there, back) = (estimate(first.clone(), second.clone()), estimate(second, first));
        assert!((there.value * back.value - 1.0).abs() < 1e-15);
    }
}
