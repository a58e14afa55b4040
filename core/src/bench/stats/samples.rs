//! The samples of one benchmark, with their mean and variance.

use alloc::vec::Vec;

use super::Work;
use super::exact::{float, float_count, quotient, wide};

/// The times of the runs of one benchmark in whole nanoseconds; at least one.
///
/// ```
/// use speckit_core::bench::stats::Samples;
/// let samples = Samples::new(vec![30, 10, 20])?;
/// assert_eq!((samples.count(), samples.mean(), samples.variance()), (3, 20.0, Some(100.0)));
/// assert_eq!(samples.in_order_of_time(), [30, 10, 20]);
/// assert_eq!(samples.sorted(), [10, 20, 30]);
/// # Ok::<(), speckit_core::bench::stats::NoSamples>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Samples {
    times: Vec<u64>,
    sorted: Vec<u64>,
    work: Option<Work>,
}

/// There are no samples, so no figure exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no samples, expected at least 1")]
pub struct NoSamples;

impl Samples {
    /// The samples in the order in which they were measured.
    ///
    /// # Errors
    /// [`NoSamples`] if there are none.
    pub fn new(times: Vec<u64>) -> Result<Self, NoSamples> {
        if times.is_empty() {
            return Err(NoSamples);
        }
        let mut sorted = times.clone();
        sorted.sort_unstable();
        Ok(Self { times, sorted, work: None })
    }

    /// States how much work each run does.
    #[must_use]
    pub fn with_work(self, work: Option<Work>) -> Self {
        Self { work, ..self }
    }

    /// How much work each run does, if that is known.
    pub fn work(&self) -> Option<Work> {
        self.work
    }

    /// The samples in the order in which they were measured.
    pub fn in_order_of_time(&self) -> &[u64] {
        &self.times
    }

    /// The samples from the shortest to the longest.
    pub fn sorted(&self) -> &[u64] {
        &self.sorted
    }

    /// How many samples there are.
    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// The shortest time.
    pub fn min(&self) -> u64 {
        self.sorted.first().copied().unwrap_or(0)
    }

    /// The longest time.
    pub fn max(&self) -> u64 {
        self.sorted.last().copied().unwrap_or(0)
    }

    /// The arithmetic mean, rounded once.
    pub fn mean(&self) -> f64 {
        quotient(self.sum(), wide(self.count()))
    }

    /// The sample variance, with n − 1 in its denominator; `None` for one sample.
    pub fn variance(&self) -> Option<f64> {
        let count = self.count();
        if count < 2 {
            return None;
        }
        // n times each deviation from the mean is a whole number, so that no digit is lost before the squares.
        let (n, sum) = (float_count(count), self.sum());
        let deviations =
            self.sorted.iter().map(|time| float((u128::from(*time) * wide(count)).abs_diff(sum)));
        let squares: f64 = deviations.map(|deviation| deviation * deviation).sum();
        Some(squares / (n * n * (n - 1.0)))
    }

    /// The largest step of a clock on which all samples lie: their greatest common divisor.
    ///
    /// A clock that counts in steps of 100 µs gives samples that are multiples of 100,000 ns.
    pub fn clock_step(&self) -> u64 {
        self.sorted.iter().fold(0, |step, time| greatest_common_divisor(step, *time))
    }

    fn sum(&self) -> u128 {
        self.sorted.iter().copied().map(u128::from).sum()
    }
}

fn greatest_common_divisor(mut larger: u64, mut smaller: u64) -> u64 {
    while smaller > 0 {
        (larger, smaller) = (smaller, larger.checked_rem(smaller).unwrap_or(0));
    }
    larger
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn no_samples_are_refused() {
        assert_eq!(Samples::new(vec![]), Err(NoSamples));
    }

    #[test]
    fn one_sample_has_a_mean_and_no_variance() {
        let samples = Samples::new(vec![7]).unwrap();
        assert_eq!((samples.mean(), samples.variance(), samples.clock_step()), (7.0, None, 7));
    }

    #[test]
    fn equal_samples_have_a_variance_of_exactly_zero() {
        for time in [0, 1, 10_000_001, (1 << 53) + 1, u64::MAX] {
            let samples = Samples::new(vec![time; 1001]).unwrap();
            assert_eq!(samples.mean(), float(time.into()), "{time}");
            assert_eq!(samples.variance(), Some(0.0), "{time}");
        }
    }

    #[test]
    fn the_largest_times_neither_overflow_nor_lose_their_differences() {
        let samples = Samples::new(vec![u64::MAX, u64::MAX - 2, u64::MAX - 1]).unwrap();
        assert_eq!(samples.variance(), Some(1.0));
        let samples = Samples::new(vec![u64::MAX, 0]).unwrap();
        assert_eq!(samples.mean(), 9_223_372_036_854_775_807.5);
        assert_eq!(samples.variance(), Some(2.0_f64.powi(127)));
    }

    #[test]
    fn the_step_of_a_coarse_clock_is_found() {
        let samples = Samples::new(vec![5_100_000, 5_000_000, 5_300_000]).unwrap();
        assert_eq!(samples.clock_step(), 100_000);
        assert_eq!(Samples::new(vec![0, 0]).unwrap().clock_step(), 0);
    }
}
