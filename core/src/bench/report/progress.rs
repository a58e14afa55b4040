//! One line of progress while benchmarks are measured.

use alloc::format;
use alloc::string::String;

use super::words;
use crate::bench::benchmark::Benchmark;
use crate::bench::plan::{PlannedRun, Schedule};
use crate::text::{duration, visible};

/// What is measured now, its median so far, and how long the rest will take.
///
/// ```
/// use core::time::Duration;
/// use speckit_core::bench::plan::{Schedule, StopRule};
/// use speckit_core::bench::report::progress;
/// use speckit_core::bench::{Outcome, Recorder, RunRecord};
/// use speckit_core::retry::Seed;
/// let mut schedule = Schedule::new(1, 1, StopRule::Runs(10), Seed::new(1));
/// let mut recorder = Recorder::new("sort", vec!["sort".into()]);
/// let run = schedule.next_run().unwrap();
/// assert_eq!(progress(&schedule, run, recorder.benchmark()), "sort: warming up");
/// schedule.finished(Duration::from_secs(2));
/// schedule.next_run();
/// recorder.add(RunRecord { outcome: Outcome::exited(0), elapsed_ns: 2_000_000_000, ..RunRecord::default() });
/// schedule.finished(Duration::from_secs(2));
/// let run = schedule.next_run().unwrap();
/// assert_eq!(progress(&schedule, run, recorder.benchmark()), "1 of about 10 runs, 18 s left; sort: median 2 s");
/// ```
pub fn progress(schedule: &Schedule, run: PlannedRun, benchmark: &Benchmark) -> String {
    let name = visible(&benchmark.name);
    if run.is_warmup() {
        return format!("{name}: warming up");
    }
    let left = schedule.time_left().map_or_else(String::new, |left| format!(", {} left", duration(left)));
    let median = benchmark.samples().map(|samples| samples.summary().p50_ns);
    let median = median.map_or_else(String::new, |median| format!(": median {}", words::time(median)));
    format!("{} of about {} runs{left}; {name}{median}", schedule.runs_done(), schedule.runs_expected())
}
