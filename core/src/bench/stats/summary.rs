//! The summary of one benchmark.

use super::exact::float_count;
use super::{Samples, student_quantile};

/// From so many samples on there is a 95th percentile. With fewer it would be nearly the longest time.
pub const MIN_FOR_P95: usize = 20;
/// From so many samples on there is a 99th percentile.
pub const MIN_FOR_P99: usize = 100;

/// The summary of the samples of one benchmark, in nanoseconds. Its JSON is the contract's.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// How many samples there are.
    pub n: usize,
    /// The arithmetic mean.
    pub mean_ns: f64,
    /// The sample standard deviation; `None` for one sample.
    pub stddev_ns: Option<f64>,
    /// The shortest time.
    pub min_ns: u64,
    /// The median.
    pub p50_ns: f64,
    /// The 95th percentile; `None` below [`MIN_FOR_P95`] samples.
    pub p95_ns: Option<f64>,
    /// The 99th percentile; `None` below [`MIN_FOR_P99`] samples.
    pub p99_ns: Option<f64>,
    /// The longest time.
    pub max_ns: u64,
    /// The median absolute deviation from the median.
    pub mad_ns: f64,
    /// The 95 % interval of the mean by Student's t distribution; `None` for one sample. The lower end of few and skewed times
    /// may be below zero.
    pub ci95_ns: Option<[f64; 2]>,
    /// How many samples are outliers; see [`Samples::outliers`].
    pub outliers: usize,
}

impl Samples {
    /// The summary of the samples.
    pub fn summary(&self) -> Summary {
        let n = self.count();
        let percentile = |percent, min| (n >= min).then(|| self.percentile(percent));
        let (mean_ns, stddev_ns) = (self.mean(), self.variance().map(libm::sqrt));
        let interval = |stddev: f64| {
            let t = student_quantile(0.05, float_count(n) - 1.0)?;
            let half = t * stddev / libm::sqrt(float_count(n));
            Some([mean_ns - half, mean_ns + half])
        };
        Summary {
            n,
            mean_ns,
            stddev_ns,
            min_ns: self.min(),
            p50_ns: self.median(),
            p95_ns: percentile(95, MIN_FOR_P95),
            p99_ns: percentile(99, MIN_FOR_P99),
            max_ns: self.max(),
            mad_ns: self.median_absolute_deviation(),
            ci95_ns: stddev_ns.and_then(interval),
            outliers: self.outliers(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn one_sample_has_no_spread() {
        let summary = Samples::new(vec![250]).unwrap().summary();
        assert_eq!((summary.n, summary.mean_ns, summary.p50_ns, summary.mad_ns), (1, 250.0, 250.0, 0.0));
        assert_eq!((summary.stddev_ns, summary.ci95_ns), (None, None));
        assert_eq!((summary.p95_ns, summary.p99_ns, summary.outliers), (None, None, 0));
    }

    #[test]
    fn high_percentiles_need_enough_samples() {
        let of = |count| Samples::new((0..count).collect()).unwrap().summary();
        assert_eq!((of(19).p95_ns, of(20).p95_ns), (None, Some(18.05)));
        assert_eq!((of(99).p99_ns, of(101).p99_ns), (None, Some(99.0)));
    }

    #[test]
    fn the_interval_of_the_mean_uses_the_t_distribution() {
        let summary = Samples::new(vec![10, 20, 30]).unwrap().summary();
        let half = 4.302_652_729_749_464 * 10.0 / libm::sqrt(3.0);
        let [low, high] = summary.ci95_ns.unwrap();
        assert!((low - (20.0 - half)).abs() < 1e-12 && (high - (20.0 + half)).abs() < 1e-12);
    }

    #[test]
    fn equal_samples_have_an_interval_without_a_width() {
        let summary = Samples::new(vec![u64::MAX; 2]).unwrap().summary();
        assert_eq!(summary.stddev_ns, Some(0.0));
        assert_eq!(summary.ci95_ns, Some([summary.mean_ns; 2]));
    }
}
