//! What speaks against the figures of a benchmark or of a comparison, each with a way out.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

use super::words;
use crate::bench::benchmark::Benchmark;
use crate::bench::compare::{CompareReport, NamedComparison};
use crate::bench::outcome::Outcome;
use crate::bench::stats::{MIN_SAMPLES, Samples, mann_whitney, ratio};
use crate::text::{count, visible};

/// With fewer runs than this, figures are rough.
const FEW_RUNS: usize = 10;
/// From so many samples on a drift is looked for.
const MIN_FOR_DRIFT: usize = 20;
/// A drift is at least this probable to be none by chance …
const DRIFT_ALPHA: f64 = 0.001;
/// … and at least so large, as a ratio.
const DRIFT_RATIO: f64 = 1.02;

/// A reason to doubt figures. Its text is one line that ends with a way out.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Caveat {
    /// Runs failed in one way.
    Failed {
        /// How many.
        count: u32,
        /// Of how many runs.
        runs: u32,
        /// How they ended.
        end: Outcome,
        /// The first of them, from 1.
        first_run: Option<u32>,
        /// The last line that it wrote.
        last_line: Option<String>,
    },
    /// The measuring ended before the planned number of runs.
    Partial {
        /// How many runs were done.
        runs: u32,
    },
    /// There are few samples.
    FewRuns {
        /// How many.
        samples: usize,
    },
    /// The first run was slow.
    SlowStart {
        /// By which factor it was slower than the median.
        factor: f64,
    },
    /// Some samples are outliers.
    Outliers {
        /// How many.
        outliers: usize,
        /// Of how many samples.
        samples: usize,
    },
    /// The clock is coarse.
    CoarseClock {
        /// The time of which all samples are multiples.
        step_ns: u64,
    },
    /// The second half of the runs differs from the first.
    Drift {
        /// Second half over first half.
        ratio: f64,
    },
    /// The two tests of a comparison disagree.
    TestsDisagree {
        /// The probability of Welch's test.
        p_welch: f64,
        /// The probability of the Mann–Whitney test.
        p_mann_whitney: f64,
    },
    /// The sides of a comparison were measured on different machines.
    Machines {
        /// The values that differ, of both machines: `processor (A, B)`.
        differences: Vec<String>,
    },
}

impl Benchmark {
    /// The reasons to doubt the figures of the benchmark, the most serious first.
    pub fn caveats(&self) -> Vec<Caveat> {
        let failed = self.failed.iter().map(|failed| Caveat::Failed {
            count: failed.count,
            runs: self.runs,
            end: failed.outcome(),
            first_run: failed.first_run,
            last_line: failed.last_line.clone(),
        });
        let partial = self.partial.then_some(Caveat::Partial { runs: self.runs });
        let of_samples = self.samples().map(|samples| of_samples(&samples));
        failed.chain(partial).chain(of_samples.into_iter().flatten()).collect()
    }
}

impl NamedComparison {
    /// The reasons to doubt the comparison.
    pub fn caveats(&self) -> Vec<Caveat> {
        let Some(figures) = self.comparison.figures else { return Vec::new() };
        let disagree = figures.p_welch.filter(|_| figures.tests_disagree(self.comparison.criteria.alpha()));
        let disagree =
            disagree.map(|p_welch| Caveat::TestsDisagree { p_welch, p_mann_whitney: figures.p_mann_whitney });
        disagree.into_iter().collect()
    }
}

impl CompareReport {
    /// The reasons to doubt all comparisons: different machines.
    pub fn caveats(&self) -> Vec<Caveat> {
        let [first, second] = &self.machines;
        let differences: Vec<String> = self
            .machine_differs()
            .into_iter()
            .map(|field| {
                alloc::format!(
                    "{field} ({}; {})",
                    visible(&first.value(field)),
                    visible(&second.value(field))
                )
            })
            .collect();
        if differences.is_empty() { Vec::new() } else { Vec::from([Caveat::Machines { differences }]) }
    }
}

fn of_samples(samples: &Samples) -> Vec<Caveat> {
    let (n, median) = (samples.count(), samples.median());
    let few = (n < FEW_RUNS).then_some(Caveat::FewRuns { samples: n });
    let slow_start = slow_start(samples, median);
    let outliers = samples.outliers() - usize::from(slow_start.is_some());
    let outliers = (outliers > 0).then_some(Caveat::Outliers { outliers, samples: n });
    let step_ns = samples.clock_step();
    let is_coarse = n >= MIN_SAMPLES && step_ns > 1 && step_ns as f64 >= median / 100.0;
    let coarse = is_coarse.then_some(Caveat::CoarseClock { step_ns });
    [few, slow_start, outliers, coarse, drift(samples)].into_iter().flatten().collect()
}

/// A first run that is the slowest and an outlier: without it there is one outlier less.
fn slow_start(samples: &Samples, median: f64) -> Option<Caveat> {
    let (first, others) = samples.in_order_of_time().split_first()?;
    let is_slowest = others.iter().all(|other| other < first);
    let is_outlier = is_slowest && samples.outliers() > 0 && *first as f64 > median * 1.2;
    is_outlier.then(|| Caveat::SlowStart { factor: *first as f64 / median.max(1.0) })
}

/// Whether the runs become slower or faster, apart from the first.
fn drift(samples: &Samples) -> Option<Caveat> {
    let times = samples.in_order_of_time();
    if times.len() < MIN_FOR_DRIFT {
        return None;
    }
    let (first, second) = times.split_at(times.len() / 2);
    let [first, second] = [first, second].map(|half| Samples::new(half.to_vec()).ok());
    let (first, second) = (first?, second?);
    let ratio = ratio(&first, &second).value;
    let is_large = ratio.max(1.0 / ratio) >= DRIFT_RATIO;
    (is_large && mann_whitney(&first, &second).p < DRIFT_ALPHA).then_some(Caveat::Drift { ratio })
}

impl fmt::Display for Caveat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { count, runs, end, first_run, last_line } => {
                let way_out = match end {
                    Outcome { timed_out: true, .. } => "allow more time with `--timeout`",
                    Outcome { signal: Some(_), .. } => "run the command by itself to see why",
                    _ if end.is_failed_call() => "call the function by itself to see why",
                    _ => "run the command by itself, or allow other exit codes with `--ignore-failure`",
                };
                let end = (!end.is_failed_call()).then(|| end.to_string());
                let run = first_run.map(|run| format!("first run {run}"));
                let which: Vec<String> = end.into_iter().chain(run).collect();
                let line = last_line.as_deref().map(visible);
                let details: Vec<String> = Some(which.join(", "))
                    .filter(|which| !which.is_empty())
                    .into_iter()
                    .chain(line)
                    .collect();
                write!(f, "{count} of {runs} runs failed")?;
                if !details.is_empty() {
                    write!(f, " ({})", details.join(": "))?;
                }
                write!(f, ": {way_out}")
            }
            Self::Partial { runs } => {
                write!(
                    f,
                    "partial: ended after {}, before the planned number: measure again",
                    count(*runs, "run")
                )
            }
            Self::FewRuns { samples } => write!(
                f,
                "only {}: measure at least {FEW_RUNS}, better 30 (`-n 30`)",
                count(*samples as u64, "run")
            ),
            Self::SlowStart { factor } => write!(
                f,
                "the first run took {} times the median, as if caches were cold: add `--warmup 3`, or empty the caches before each run with `--prepare`",
                words::fixed(*factor)
            ),
            Self::Outliers { outliers, samples } => write!(
                f,
                "{} among {samples} samples, kept in all figures: close other programs, or measure more runs",
                count(*outliers as u64, "outlier")
            ),
            Self::CoarseClock { step_ns } => write!(
                f,
                "all samples are multiples of {}, as if the clock were coarse: let each run do more work",
                words::time(*step_ns as f64)
            ),
            Self::Drift { ratio } => write!(
                f,
                "the second half of the runs took {} times as long as the first, so the machine changed: compare commands with `--vs`, which runs them in turn",
                words::fixed(*ratio)
            ),
            Self::TestsDisagree { p_welch, p_mann_whitney } => write!(
                f,
                "the tests disagree (Welch {}, Mann–Whitney {}), so the spreads differ or some samples are extreme: look at the plots, or measure more runs",
                words::probability(*p_welch),
                words::probability(*p_mann_whitney)
            ),
            Self::Machines { differences } => write!(
                f,
                "the machines differ in {}: measure both sides on one machine, or compare them with `--anyway`",
                differences.join(", ")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::stats::{Criteria, compare};

    fn of(times: impl IntoIterator<Item = u64>) -> Vec<Caveat> {
        of_samples(&Samples::new(times.into_iter().collect()).unwrap())
    }

    /// Some spread without a trend.
    fn steady(count: u64) -> impl Iterator<Item = u64> {
        (0..count).map(|run| 1_000_003 + run * 7919 % 97 * 100)
    }

    #[test]
    fn steady_runs_have_no_caveat() {
        assert_eq!(of(steady(40)), []);
    }

    #[test]
    fn a_cold_start_is_no_further_outlier() {
        let caveats = of([3_000_009].into_iter().chain(steady(40)));
        assert!(
            matches!(caveats[..], [Caveat::SlowStart { factor }] if (2.9..3.1).contains(&factor)),
            "{caveats:?}"
        );
    }

    #[test]
    fn an_outlier_in_the_middle_is_counted() {
        let times = steady(20).chain([3_000_009]).chain(steady(20));
        assert_eq!(of(times), [Caveat::Outliers { outliers: 1, samples: 41 }]);
    }

    #[test]
    fn few_runs_and_a_coarse_clock_are_noticed() {
        assert_eq!(
            of([5_000_000, 5_100_000, 5_000_000, 5_000_000, 5_100_000]),
            [Caveat::FewRuns { samples: 5 }, Caveat::CoarseClock { step_ns: 100_000 }]
        );
    }

    /// libretro#534: 12.5 % slower in sequence, 11.7 % faster in turn, with the same programs.
    #[test]
    fn runs_that_become_slower_are_noticed() {
        let caveats = of(steady(40).zip(0..).map(|(time, run)| time + run * 3000));
        assert!(matches!(caveats[..], [Caveat::Drift { ratio }] if ratio > 1.02), "{caveats:?}");
    }

    #[test]
    fn a_failed_run_has_its_end_its_number_and_its_last_line() {
        let text = |end, first_run, last_line: Option<&str>| {
            let last_line = last_line.map(String::from);
            Caveat::Failed { count: 1, runs: 9, end, first_run, last_line }.to_string()
        };
        let command = "run the command by itself, or allow other exit codes with `--ignore-failure`";
        assert_eq!(
            text(Outcome::exited(3), Some(2), Some("no")),
            format!("1 of 9 runs failed (exit 3, first run 2: no): {command}")
        );
        // A function has no exit code.
        let function = "call the function by itself to see why";
        assert_eq!(
            text(Outcome::default(), Some(2), Some("no")),
            format!("1 of 9 runs failed (first run 2: no): {function}")
        );
        assert_eq!(text(Outcome::default(), None, None), format!("1 of 9 runs failed: {function}"));
    }

    #[test]
    fn tests_that_disagree_are_noticed() {
        // The same median, but one side with rare and extreme times.
        let first = (0..30).map(|run| 1_000_000 + run * 10).collect();
        let second =
            (0..30).map(|run| if run % 10 == 9 { 9_000_000 } else { 1_000_200 + run * 10 }).collect();
        let [first, second] = [first, second].map(|times| Samples::new(times).unwrap());
        let comparison = compare(&first, &second, Criteria::default());
        let compared = NamedComparison { baseline: "a".into(), other: "b".into(), comparison };
        assert!(matches!(compared.caveats()[..], [Caveat::TestsDisagree { .. }]), "{comparison:?}");
    }
}
