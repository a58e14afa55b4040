//! The times of each measured operation since the start of the program, in bounded memory.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::event::Outcome;
use crate::os::clock::nanos;
use crate::sync::Mutex;

/// Digits of a percentile that are right: an error of at most 1 %.
const DIGITS: u8 = 2;

static OPERATIONS: Mutex<BTreeMap<&'static str, Recorded>> = Mutex::new(BTreeMap::new());

/// The measurements of one operation by [`measure_time!`](crate::measure_time) and [`Timer`](super::Timer).
///
/// An operation takes at most 60 KiB of memory, however often it is measured.
///
/// ```
/// use speckit::instrumentation::PerformanceMetrics;
/// use speckit::measure_time;
///
/// for number in 0..100u32 {
///     measure_time!("square", std::hint::black_box(number).pow(2));
/// }
/// let metrics = PerformanceMetrics::of("square").unwrap();
/// assert_eq!(metrics.ok, 100);
/// let times = metrics.times.unwrap();
/// assert!(times.min_ns <= times.p50_ns && times.p95_ns <= times.max_ns);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PerformanceMetrics {
    /// The name of the operation.
    pub operation: &'static str,
    /// How often it reached its end.
    pub ok: u64,
    /// How often it was left by `?`, `return` or `break`, or its future was dropped.
    pub early: u64,
    /// How often it panicked.
    pub panicked: u64,
    /// The times of those that reached their end; `None` without one.
    pub times: Option<OperationTimes>,
}

/// The times of one operation in nanoseconds. Percentiles have an error of at most 1 %; the other values are exact.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OperationTimes {
    /// The mean.
    pub mean_ns: f64,
    /// The shortest time.
    pub min_ns: u64,
    /// The median.
    pub p50_ns: u64,
    /// 95 % of the times are not longer.
    pub p95_ns: u64,
    /// 99 % of the times are not longer.
    pub p99_ns: u64,
    /// The longest time.
    pub max_ns: u64,
}

impl PerformanceMetrics {
    /// The metrics of every measured operation, by name.
    pub fn all() -> Vec<Self> {
        OPERATIONS.lock().iter().map(|(operation, recorded)| recorded.metrics(operation)).collect()
    }

    /// The metrics of one operation; `None` if it was never measured.
    pub fn of(operation: &str) -> Option<Self> {
        let operations = OPERATIONS.lock();
        operations.get_key_value(operation).map(|(operation, recorded)| recorded.metrics(operation))
    }

    /// Forgets all measurements, such as those of a warm-up.
    pub fn reset() {
        OPERATIONS.lock().clear();
    }
}

/// Adds a measurement.
pub(super) fn record(operation: &'static str, outcome: Outcome, elapsed: Duration) {
    OPERATIONS.lock().entry(operation).or_default().add(outcome, nanos(elapsed));
}

#[derive(Debug, Default)]
struct Recorded {
    early: u64,
    panicked: u64,
    ok: Option<OkTimes>,
}

#[derive(Debug)]
struct OkTimes {
    count: u64,
    sum_ns: u128,
    min_ns: u64,
    max_ns: u64,
    histogram: Histogram<u64>,
}

impl Recorded {
    fn add(&mut self, outcome: Outcome, elapsed_ns: u64) {
        match outcome {
            Outcome::Ok | Outcome::Failed => {
                if self.ok.is_none() {
                    self.ok = OkTimes::new();
                }
                if let Some(times) = &mut self.ok {
                    times.add(elapsed_ns);
                }
            }
            Outcome::Early => self.early += 1,
            Outcome::Panic => self.panicked += 1,
        }
    }

    fn metrics(&self, operation: &'static str) -> PerformanceMetrics {
        PerformanceMetrics {
            operation,
            ok: self.ok.as_ref().map_or(0, |times| times.count),
            early: self.early,
            panicked: self.panicked,
            times: self.ok.as_ref().map(OkTimes::summary),
        }
    }
}

impl OkTimes {
    /// `None` is not reached: the number of digits is one that a histogram can have.
    fn new() -> Option<Self> {
        let histogram = Histogram::new(DIGITS).ok()?;
        Some(Self { count: 0, sum_ns: 0, min_ns: u64::MAX, max_ns: 0, histogram })
    }

    fn add(&mut self, elapsed_ns: u64) {
        self.count += 1;
        self.sum_ns += u128::from(elapsed_ns);
        self.min_ns = self.min_ns.min(elapsed_ns);
        self.max_ns = self.max_ns.max(elapsed_ns);
        // The histogram grows up to the longest time there is, so this cannot fail.
        let _ = self.histogram.record(elapsed_ns);
    }

    fn summary(&self) -> OperationTimes {
        // A bucket's highest value may exceed the longest time.
        let percentile = |rank| self.histogram.value_at_quantile(rank).clamp(self.min_ns, self.max_ns);
        OperationTimes {
            mean_ns: self.sum_ns as f64 / self.count as f64,
            min_ns: self.min_ns,
            p50_ns: percentile(0.5),
            p95_ns: percentile(0.95),
            p99_ns: percentile(0.99),
            max_ns: self.max_ns,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_right_to_one_percent_and_the_rest_is_exact() {
        let mut recorded = Recorded::default();
        for elapsed_ns in (1..=1000).map(|number| number * 1001) {
            recorded.add(Outcome::Ok, elapsed_ns);
        }
        recorded.add(Outcome::Early, 1);
        recorded.add(Outcome::Panic, 1);
        let metrics = recorded.metrics("x");
        assert_eq!((metrics.ok, metrics.early, metrics.panicked), (1000, 1, 1));
        let times = metrics.times.unwrap();
        assert_eq!((times.min_ns, times.max_ns, times.mean_ns), (1001, 1_001_000, 501_000.5));
        for (found, exact) in [(times.p50_ns, 500_500), (times.p95_ns, 950_950), (times.p99_ns, 990_990)] {
            assert!(found.abs_diff(exact) * 100 <= exact, "{found} {exact}");
        }
    }

    #[test]
    fn any_time_is_counted_in_bounded_memory() {
        let mut times = OkTimes::new().unwrap();
        for shift in 0..64 {
            times.add(u64::MAX >> shift);
        }
        times.add(0);
        assert_eq!((times.count, times.summary().min_ns, times.summary().max_ns), (65, 0, u64::MAX));
        assert!(times.histogram.distinct_values() * size_of::<u64>() <= 60 << 10);
    }
}
