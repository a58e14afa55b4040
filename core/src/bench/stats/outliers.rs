//! Outliers by Tukey's fences.

use super::Samples;
use super::exact::float;

impl Samples {
    /// How many samples are outliers: beyond the quartiles by more than 1.5 times their distance (Tukey, "Exploratory Data
    /// Analysis", 1977), and away from the median by more than 1 % of it and by more than one
    /// [step of the clock](Self::clock_step), so that times without a spread have no outliers because of a rounding.
    ///
    /// Outliers stay in every figure: without them, Welch's test rejects 13 % of equal skewed samples, and not 5 %.
    ///
    /// ```
    /// use speckit_core::bench::stats::Samples;
    /// let mut times = vec![5_000_000; 20];
    /// times.push(5_100_000);
    /// assert_eq!(Samples::new(times.clone())?.outliers(), 0, "the clock counts in steps of 0.1 ms");
    /// times.push(9_000_000);
    /// assert_eq!(Samples::new(times)?.outliers(), 1);
    /// # Ok::<(), speckit_core::bench::stats::NoSamples>(())
    /// ```
    pub fn outliers(&self) -> usize {
        let [lower, median, upper] = [25, 50, 75].map(|percent| self.percentile(percent));
        let reach = 1.5 * (upper - lower);
        let least = (median / 100.0).max(float(self.clock_step().into()));
        let times = self.sorted().iter().map(|time| float(u128::from(*time)));
        times
            .filter(|time| (*time < lower - reach || *time > upper + reach) && (time - median).abs() > least)
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn an_outlier_differs_by_more_than_one_percent() {
        let with = |last: u64| {
            let mut times = vec![1_000_003; 20];
            times.push(last);
            Samples::new(times).unwrap().outliers()
        };
        assert_eq!([with(1_000_003), with(1_009_999), with(1_010_100), with(1)], [0, 0, 1, 1]);
    }

    #[test]
    fn the_usual_spread_has_no_outliers() {
        assert_eq!(Samples::new((1000..1100).collect()).unwrap().outliers(), 0);
        assert_eq!(Samples::new(vec![1]).unwrap().outliers(), 0);
        assert_eq!(Samples::new(vec![0, u64::MAX]).unwrap().outliers(), 0);
    }
}
