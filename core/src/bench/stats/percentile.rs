//! Percentiles and the median absolute deviation.

use alloc::vec::Vec;

use super::Samples;
use super::exact::{float, quotient, wide};

impl Samples {
    /// The percentile by linear interpolation between the two nearest samples: type 7 of Hyndman and Fan, "Sample
    /// Quantiles in Statistical Packages" (1996), rounded once. Above 100 it is the longest time.
    ///
    /// ```
    /// use speckit_core::bench::stats::Samples;
    /// let samples = Samples::new((1..=10).map(|time| time * 10).collect())?;
    /// assert_eq!([0, 50, 95, 100].map(|percent| samples.percentile(percent)), [10.0, 55.0, 95.5, 100.0]);
    /// # Ok::<(), speckit_core::bench::stats::NoSamples>(())
    /// ```
    pub fn percentile(&self, percent: u8) -> f64 {
        let hundredths = (self.count() - 1).saturating_mul(percent.min(100).into());
        let (place, rest) = (hundredths / 100, hundredths % 100);
        let at = |place: usize| self.sorted().get(place).copied().map(u128::from);
        let lower = at(place).unwrap_or(self.max().into());
        let upper = at(place + 1).unwrap_or(lower);
        quotient(lower * 100 + (upper - lower) * wide(rest), 100)
    }

    /// The median: the 50th percentile.
    pub fn median(&self) -> f64 {
        self.percentile(50)
    }

    /// The median absolute deviation from the median, not scaled to a standard deviation.
    pub fn median_absolute_deviation(&self) -> f64 {
        let twice_median = middle_sum(self.sorted().iter().copied().map(u128::from));
        let mut twice: Vec<u128> =
            self.sorted().iter().map(|time| (u128::from(*time) * 2).abs_diff(twice_median)).collect();
        twice.sort_unstable();
        float(middle_sum(twice.into_iter())) / 4.0
    }
}

/// The sum of the two middle numbers of sorted ones, which is twice their median.
fn middle_sum(sorted: impl ExactSizeIterator<Item = u128> + Clone) -> u128 {
    let count = sorted.len();
    let at = |place: usize| sorted.clone().nth(place).unwrap_or(0);
    at(count.saturating_sub(1) / 2) + at(count / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(times: &[u64]) -> Samples {
        Samples::new(times.to_vec()).unwrap()
    }

    /// Values of numpy 1.26 (`numpy.percentile`, its default method).
    #[test]
    fn percentiles_are_those_of_numpy() {
        let samples = samples(&[15, 20, 35, 40, 50]);
        assert_eq!([5, 25, 40, 95].map(|percent| samples.percentile(percent)), [16.0, 20.0, 29.0, 48.0]);
    }

    #[test]
    fn a_percentile_beyond_100_is_the_longest_time() {
        assert_eq!(samples(&[1, 2]).percentile(255), 2.0);
    }

    #[test]
    fn the_largest_times_do_not_overflow() {
        let samples = samples(&[u64::MAX, u64::MAX - 1, u64::MAX]);
        assert_eq!(samples.percentile(99), 18_446_744_073_709_551_616.0);
        assert_eq!(samples.median_absolute_deviation(), 0.0);
    }

    #[test]
    fn the_median_absolute_deviation_ignores_one_extreme_sample() {
        assert_eq!(samples(&[1, 1, 2, 2, 4, 6, 9]).median_absolute_deviation(), 1.0);
        assert_eq!(samples(&[1, 2]).median_absolute_deviation(), 0.5);
        assert_eq!(samples(&[10, 10, 10, 99_999]).median_absolute_deviation(), 0.0);
        assert_eq!(samples(&[7]).median_absolute_deviation(), 0.0);
    }

    #[test]
    fn ten_samples_have_a_median_between_the_fifth_and_the_sixth() {
        assert_eq!(samples(&[10, 20, 30, 40, 50, 60, 70, 80, 90, 100]).median(), 55.0);
    }
}
