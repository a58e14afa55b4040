//! The order of runs.

use alloc::vec::Vec;
use core::time::Duration;

use super::StopRule;
use crate::retry::{RandomStream, Seed};

/// The label of the order within a round.
const LABEL: &str = "bench/order";

/// The order of the runs of several benchmarks: rounds of warm-up, then timed rounds until the rule is met. Each round runs every
/// benchmark once, in an order drawn from the seed; of two benchmarks each is the first in about half of the rounds.
#[derive(Clone, Debug)]
pub struct Schedule {
    benchmarks: usize,
    warmup: u32,
    rule: StopRule,
    order: RandomStream,
    /// The benchmarks that this round has still to run, the next one last.
    left: Vec<usize>,
    /// The rounds that were begun, with the warm-up.
    rounds: u32,
    /// The run that was returned last, until it is finished.
    current: Option<PlannedRun>,
    /// The timed runs that finished, and their time.
    finished: u32,
    measured: Duration,
}

/// One run of one benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedRun {
    /// The number of the benchmark, from 0.
    pub benchmark: usize,
    /// The number of the timed round, from 1; `None` for a run that only warms up.
    pub round: Option<u32>,
}

impl PlannedRun {
    /// Whether the run is not timed.
    pub fn is_warmup(self) -> bool {
        self.round.is_none()
    }
}

impl Schedule {
    /// The schedule of so many benchmarks, each with `warmup` runs that are not timed.
    pub fn new(benchmarks: usize, warmup: u32, rule: StopRule, seed: Seed) -> Self {
        Self {
            benchmarks,
            warmup,
            rule,
            order: seed.stream(LABEL),
            left: Vec::new(),
            rounds: 0,
            current: None,
            finished: 0,
            measured: Duration::ZERO,
        }
    }

    /// The next run; `None` at the end.
    pub fn next_run(&mut self) -> Option<PlannedRun> {
        if self.left.is_empty() && !self.begin_round() {
            return None;
        }
        let benchmark = self.left.pop()?;
        let timed = self.rounds.saturating_sub(self.warmup);
        let run = PlannedRun { benchmark, round: (timed > 0).then_some(timed) };
        self.current = Some(run);
        Some(run)
    }

    /// The last run took this long, whether it succeeded or failed. Warm-up does not count for the [`StopRule`].
    pub fn finished(&mut self, elapsed: Duration) {
        if self.current.take().is_some_and(|run| !run.is_warmup()) {
            self.finished += 1;
            self.measured = self.measured.saturating_add(elapsed);
        }
    }

    /// How many timed runs are finished.
    pub fn runs_done(&self) -> u32 {
        self.finished
    }

    /// How many timed runs there will be, at the speed so far.
    pub fn runs_expected(&self) -> u32 {
        let benchmarks = self.benchmark_count();
        let rounds = self.finished.checked_div(benchmarks).unwrap_or(0);
        self.rule.rounds(rounds, benchmarks, self.measured).saturating_mul(benchmarks).max(self.finished)
    }

    /// How long the runs that are left will take, at the speed so far; `None` before the first timed run.
    pub fn time_left(&self) -> Option<Duration> {
        let mean = self.measured.checked_div(self.finished)?;
        Some(mean.saturating_mul(self.runs_expected() - self.finished))
    }

    /// Begins the next round, unless there is none.
    fn begin_round(&mut self) -> bool {
        let timed = self.rounds.checked_sub(self.warmup);
        if timed.is_some_and(|timed| self.rule.is_met(timed, self.benchmark_count(), self.measured)) {
            return false;
        }
        self.rounds += 1;
        self.left = (0..self.benchmarks).collect();
        // Fisher and Yates: each order is equally likely.
        for place in (1..self.left.len()).rev() {
            let other = self.order.up_to(place as u64);
            self.left.swap(place, usize::try_from(other).unwrap_or(place));
        }
        !self.left.is_empty()
    }

    fn benchmark_count(&self) -> u32 {
        u32::try_from(self.benchmarks).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn runs(mut schedule: Schedule, elapsed: Duration) -> Vec<PlannedRun> {
        let mut runs = Vec::new();
        while let Some(run) = schedule.next_run() {
            runs.push(run);
            schedule.finished(elapsed);
        }
        runs
    }

    #[test]
    fn each_round_has_every_benchmark_once_and_warm_up_comes_first() {
        let schedule = Schedule::new(3, 2, StopRule::Runs(4), Seed::new(1));
        let runs = runs(schedule, Duration::from_millis(1));
        assert_eq!(runs.len(), 18);
        for (number, round) in runs.chunks(3).enumerate() {
            let mut benchmarks: Vec<usize> = round.iter().map(|run| run.benchmark).collect();
            benchmarks.sort_unstable();
            assert_eq!(benchmarks, [0, 1, 2]);
            let timed = u32::try_from(number).unwrap().checked_sub(1).filter(|round| *round > 0);
            assert!(round.iter().all(|run| run.round == timed));
        }
    }

    #[test]
    fn the_order_comes_from_the_seed_and_each_is_first_as_often() {
        let firsts = |seed| {
            let schedule = Schedule::new(2, 0, StopRule::Runs(1000), Seed::new(seed));
            runs(schedule, Duration::ZERO).chunks(2).map(|pair| pair[0].benchmark).collect::<Vec<_>>()
        };
        assert_eq!(firsts(7), firsts(7));
        assert_ne!(firsts(7), firsts(8));
        assert!((450..550).contains(&firsts(7).iter().sum::<usize>()));
    }

    #[test]
    fn the_time_rule_counts_only_timed_runs() {
        let schedule = Schedule::new(2, 5, StopRule::default(), Seed::new(1));
        assert_eq!(runs(schedule, Duration::from_millis(100)).len(), 2 * (5 + 50));
    }

    #[test]
    fn progress_is_estimated_from_the_runs_so_far() {
        let mut schedule = Schedule::new(2, 0, StopRule::Runs(10), Seed::new(1));
        assert_eq!((schedule.runs_done(), schedule.runs_expected(), schedule.time_left()), (0, 20, None));
        for _ in 0..4 {
            schedule.next_run();
            schedule.finished(Duration::from_secs(3));
        }
        assert_eq!((schedule.runs_done(), schedule.time_left()), (4, Some(Duration::from_secs(48))));
    }

    #[test]
    fn nothing_to_measure_has_no_runs() {
        assert_eq!(runs(Schedule::new(0, 1, StopRule::Runs(5), Seed::new(1)), Duration::ZERO), vec![]);
    }
}
