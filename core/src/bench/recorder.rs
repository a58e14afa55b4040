//! The runs of one benchmark while it is measured.

use alloc::string::String;

use super::benchmark::Benchmark;
use super::outcome::{FailedRuns, Outcome};
use super::plan::Variation;
use super::provenance::Provenance;
use super::stats::Work;

/// One finished run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunRecord {
    /// How it ended.
    pub outcome: Outcome,
    /// The elapsed time.
    pub elapsed_ns: u64,
    /// The processor time of the program.
    pub user_ns: Option<u64>,
    /// The processor time of the system for the program.
    pub system_ns: Option<u64>,
    /// The most memory that the program used at once.
    pub peak_rss_bytes: Option<u64>,
    /// The last line of its standard error, if it failed.
    pub last_line: Option<String>,
}

/// Collects the runs of one benchmark. [`Self::benchmark`] is complete at any time, so that nothing is lost when a later run fails or
/// the measuring is interrupted.
///
/// ```
/// use speckit_core::bench::{Outcome, Recorder, RunRecord};
/// let mut recorder = Recorder::new("sort", vec!["sort".into(), "data".into()]);
/// recorder.add(RunRecord { outcome: Outcome::exited(0), elapsed_ns: 5_000_000, ..RunRecord::default() });
/// recorder.add(RunRecord { outcome: Outcome::exited(2), last_line: Some("sort: no space".into()), ..RunRecord::default() });
/// let benchmark = recorder.benchmark();
/// assert_eq!((benchmark.runs, benchmark.samples_ns.as_slice()), (2, &[5_000_000][..]));
/// assert_eq!((benchmark.failed[0].count, benchmark.failed[0].first_run), (1, Some(2)));
/// ```
#[derive(Clone, Debug)]
pub struct Recorder {
    benchmark: Benchmark,
    counts_failures: bool,
    user: Mean,
    system: Mean,
}

/// A mean of whole nanoseconds; unknown if one of them is.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: u128,
    count: u32,
    is_incomplete: bool,
}

impl Recorder {
    /// A benchmark without a run. The command is empty for a function.
    pub fn new(name: impl Into<String>, command: alloc::vec::Vec<String>) -> Self {
        let benchmark = Benchmark { name: name.into(), command, ..Benchmark::default() };
        Self { benchmark, counts_failures: false, user: Mean::default(), system: Mean::default() }
    }

    /// A benchmark of a [`Variation`] without a run.
    pub fn of_variation(name: impl Into<String>, variation: &Variation) -> Self {
        let mut recorder = Self::new(name, variation.command.clone());
        recorder.benchmark.parameters = variation.parameters.clone();
        recorder
    }

    /// States how many runs warm up before the first one.
    #[must_use]
    pub fn with_warmup(mut self, warmup: u32) -> Self {
        self.benchmark.warmup = warmup;
        self
    }

    /// States when the runs are begun, and of which version of the program.
    #[must_use]
    pub fn with_provenance(mut self, provenance: Provenance) -> Self {
        self.benchmark.provenance = provenance;
        self
    }

    /// States how much work each run does.
    #[must_use]
    pub fn with_work(mut self, work: Option<Work>) -> Self {
        self.benchmark.set_work(work);
        self
    }

    /// Also takes the time of a run that exited with another code than 0, for programs whose code is an answer. It is still
    /// counted as failed. A run that was ended by a signal or at the time limit is never a sample.
    #[must_use]
    pub fn counting_failures(mut self) -> Self {
        self.counts_failures = true;
        self
    }

    /// Adds the next run.
    pub fn add(&mut self, run: RunRecord) {
        let benchmark = &mut self.benchmark;
        benchmark.runs = benchmark.runs.saturating_add(1);
        if !run.outcome.is_success() {
            FailedRuns::count(&mut benchmark.failed, run.outcome, benchmark.runs, run.last_line);
        }
        let counts = run.outcome.is_success() || (self.counts_failures && run.outcome.exited_by_itself());
        if !counts {
            return;
        }
        benchmark.samples_ns.push(run.elapsed_ns);
        benchmark.user_ns = self.user.with(run.user_ns);
        benchmark.system_ns = self.system.with(run.system_ns);
        benchmark.peak_rss_bytes = benchmark.peak_rss_bytes.max(run.peak_rss_bytes);
    }

    /// States the least peak memory that can be measured: that of the measuring program itself, which grows meanwhile.
    pub fn set_memory_floor(&mut self, bytes: Option<u64>) {
        self.benchmark.peak_rss_floor_bytes = bytes;
    }

    /// Marks the benchmark as interrupted before all runs were done.
    pub fn interrupt(&mut self) {
        self.benchmark.partial = true;
    }

    /// The benchmark with the runs so far.
    pub fn benchmark(&self) -> &Benchmark {
        &self.benchmark
    }
}

impl Mean {
    /// The mean with one more number.
    #[expect(clippy::cast_precision_loss, reason = "a sum of nanoseconds above 2^53 is 100 days")]
    fn with(&mut self, number: Option<u64>) -> Option<f64> {
        self.is_incomplete |= number.is_none();
        self.sum += u128::from(number.unwrap_or(0));
        self.count += 1;
        (!self.is_incomplete).then(|| self.sum as f64 / f64::from(self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn run(outcome: Outcome, elapsed_ns: u64) -> RunRecord {
        RunRecord { outcome, elapsed_ns, user_ns: Some(elapsed_ns / 2), ..RunRecord::default() }
    }

    const CRASHED: Outcome = Outcome { exit: None, signal: Some(11), timed_out: false };
    const TIMED_OUT: Outcome = Outcome { exit: None, signal: Some(9), timed_out: true };

    fn recorded(mut recorder: Recorder) -> Benchmark {
        for outcome in [Outcome::exited(0), Outcome::exited(1), CRASHED, TIMED_OUT, Outcome::exited(1)] {
            recorder.add(run(outcome, 100));
        }
        recorder.benchmark().clone()
    }

    #[test]
    fn failed_runs_are_counted_by_their_end_and_are_no_samples() {
        let benchmark = recorded(Recorder::new("a", vec![]));
        assert_eq!((benchmark.runs, benchmark.samples_ns.len(), benchmark.user_ns), (5, 1, Some(50.0)));
        let failed = benchmark.failed.iter().map(|failed| (failed.outcome(), failed.count, failed.first_run));
        assert_eq!(
            failed.collect::<vec::Vec<_>>(),
            [(Outcome::exited(1), 2, Some(2)), (CRASHED, 1, Some(3)), (TIMED_OUT, 1, Some(4))]
        );
    }

    #[test]
    fn an_exit_code_may_be_an_answer_but_a_crash_is_none() {
        let benchmark = recorded(Recorder::new("grep", vec![]).counting_failures());
        assert_eq!((benchmark.samples_ns.len(), benchmark.failed.len()), (3, 3));
    }

    #[test]
    fn a_mean_of_unknown_times_is_unknown() {
        let mut recorder = Recorder::new("a", vec![]);
        recorder.add(run(Outcome::exited(0), 100));
        recorder.add(RunRecord { user_ns: None, ..run(Outcome::exited(0), 100) });
        recorder.add(run(Outcome::exited(0), 100));
        assert_eq!(recorder.benchmark().user_ns, None);
    }
}
