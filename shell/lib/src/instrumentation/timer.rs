//! A guard that measures a scope.

use std::time::Duration;

use super::event::{self, Measurement, Outcome};
use super::performance_metrics;
use super::stopwatch::Stopwatch;

/// Measures from its creation until it is finished or dropped. [`measure_time!`](crate::measure_time) is made of it.
///
/// A timer that is dropped has the outcome `early`, or `panic` during a panic; only [`Timer::finish`] gives `ok`.
///
/// ```
/// use speckit::instrumentation::{PerformanceMetrics, Timer};
///
/// fn first_line(text: &str) -> Option<usize> {
///     let timer = Timer::start("first_line");
///     let line = text.lines().next()?;
///     timer.finish();
///     Some(line.len())
/// }
/// first_line("a\nb");
/// first_line("");
/// let metrics = PerformanceMetrics::of("first_line").unwrap();
/// assert_eq!((metrics.ok, metrics.early), (1, 1));
/// ```
#[derive(Debug)]
#[must_use = "a timer that is dropped has the outcome `early`"]
pub struct Timer {
    operation: &'static str,
    stopwatch: Stopwatch,
    is_finished: bool,
}

impl Timer {
    /// Starts to measure the operation of this name.
    pub fn start(operation: &'static str) -> Self {
        Self { operation, stopwatch: Stopwatch::start(), is_finished: false }
    }

    /// Ends with the outcome `ok`, and returns the time since the start.
    pub fn finish(mut self) -> Duration {
        self.is_finished = true;
        self.end(Outcome::Ok)
    }

    fn end(&self, outcome: Outcome) -> Duration {
        let elapsed = self.stopwatch.elapsed();
        performance_metrics::record(self.operation, outcome, elapsed);
        let operation = self.operation;
        event::info(Measurement { operation, outcome, elapsed, agent: None, generation: None });
        elapsed
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if !self.is_finished {
            self.end(self.stopwatch.outcome_of_drop());
        }
    }
}
