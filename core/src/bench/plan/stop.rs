//! When enough runs are measured.

use core::time::Duration;

/// When the measuring stops. It stops after a whole round, so that every benchmark has as many runs.
///
/// No rule looks at the differences between benchmarks: to stop at the first significant one would find one in equal commands far
/// more often than α says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopRule {
    /// After so many runs of each benchmark; at least one.
    Runs(u32),
    /// After at least `min_runs` runs of each benchmark, as soon as the benchmarks have taken `time` each, on average; after
    /// `max_runs` in any case.
    Time {
        /// The fewest runs of each benchmark.
        min_runs: u32,
        /// The most runs of each benchmark.
        max_runs: u32,
        /// The time for each benchmark.
        time: Duration,
    },
}

/// 10 to 1,000 runs within about 5 s for each benchmark.
impl Default for StopRule {
    fn default() -> Self {
        Self::Time { min_runs: 10, max_runs: 1000, time: Duration::from_secs(5) }
    }
}

impl StopRule {
    /// Whether `rounds` rounds of `benchmarks` benchmarks, which took `measured` together, are enough.
    pub(super) fn is_met(self, rounds: u32, benchmarks: u32, measured: Duration) -> bool {
        rounds >= self.rounds(rounds, benchmarks, measured)
    }

    /// How many rounds there will be at the speed so far.
    pub(super) fn rounds(self, rounds: u32, benchmarks: u32, measured: Duration) -> u32 {
        match self {
            Self::Runs(runs) => runs.max(1),
            Self::Time { min_runs, max_runs, time } => {
                let all = time.as_nanos() * u128::from(benchmarks) * u128::from(rounds);
                let needed = match measured.as_nanos() {
                    0 => u32::MAX,
                    measured => u32::try_from(all.div_ceil(measured)).unwrap_or(u32::MAX),
                };
                needed.min(max_runs).max(min_runs).max(1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: StopRule = StopRule::Time { min_runs: 10, max_runs: 1000, time: Duration::from_secs(5) };

    #[test]
    fn a_slow_benchmark_has_the_fewest_runs_and_a_fast_one_the_most() {
        let rounds =
            |ms: u64, done: u32| RULE.rounds(done, 2, Duration::from_millis(ms * 2 * u64::from(done)));
        assert_eq!([2000, 500, 100, 5, 1].map(|ms| rounds(ms, 10)), [10, 10, 50, 1000, 1000]);
        assert_eq!(RULE.rounds(10, 2, Duration::ZERO), 1000);
        assert_eq!(RULE.rounds(0, 2, Duration::ZERO), 1000);
    }

    #[test]
    fn a_rule_is_met_after_its_rounds() {
        let is_met = |done: u32| RULE.is_met(done, 1, Duration::from_millis(100) * done);
        assert_eq!([9, 10, 49, 50].map(is_met), [false, false, false, true]);
        assert_eq!([0, 1].map(|done| StopRule::Runs(0).is_met(done, 1, Duration::ZERO)), [false, true]);
    }
}
