//! How often comparisons of simulated times are right, with fixed seeds.

use speckit_core::bench::plan::{Schedule, StopRule};
use speckit_core::bench::stats::{Criteria, Samples, Verdict, compare, mann_whitney, welch};
use speckit_core::retry::{RandomStream, Seed};

use super::samples::noisy;

const PAIRS: u64 = 4000;
const MANN_WHITNEY_PAIRS: u64 = 500;
const RUNS: u32 = 30;
const MEAN_NS: f64 = 10_000_000.0;

/// The samples of two benchmarks: of the number of a benchmark and the part of the whole time that has passed, and a random stream.
fn measured(seed: Seed, time: impl Fn(&mut RandomStream, usize, f64) -> u64) -> [Samples; 2] {
    let mut schedule = Schedule::new(2, 0, StopRule::Runs(RUNS), seed);
    let mut stream = seed.stream("noise");
    let mut times = [Vec::new(), Vec::new()];
    let mut done = 0_u32;
    while let Some(run) = schedule.next_run() {
        times[run.benchmark].push(time(&mut stream, run.benchmark, f64::from(done) / f64::from(2 * RUNS)));
        schedule.finished(std::time::Duration::ZERO);
        done += 1;
    }
    times.map(|times| Samples::new(times).unwrap())
}

/// How many of so many pairs without a difference are significant by each test, and a regression by the verdict.
fn false_alarms(label: u64, time: impl Fn(&mut RandomStream, f64) -> u64) -> [f64; 3] {
    let mut alarms = [0_u32; 3];
    for number in 0..PAIRS {
        let seed = Seed::new(label).nth(number);
        let [first, second] = measured(seed, |stream, _, passed| time(stream, passed));
        let is_significant = welch(&first, &second).unwrap().p < 0.05;
        alarms[0] += u32::from(is_significant);
        // The exact test is slow without optimization, and a part of the pairs suffices for its wider bounds.
        if number < MANN_WHITNEY_PAIRS {
            alarms[1] += u32::from(mann_whitney(&first, &second).p < 0.05);
        }
        // Without significance there is neither a regression nor an improvement.
        if is_significant {
            let verdict = compare(&first, &second, Criteria::default()).verdict;
            alarms[2] += u32::from(verdict == Verdict::Regression);
        }
    }
    let [welch, mann_whitney, regressions] = alarms.map(f64::from);
    [welch / PAIRS as f64, mann_whitney / MANN_WHITNEY_PAIRS as f64, regressions / PAIRS as f64]
}

#[track_caller]
fn assert_honest([welch, mann_whitney, regressions]: [f64; 3]) {
    assert!((0.03..=0.07).contains(&welch), "Welch rejects {welch}");
    assert!((0.02..=0.08).contains(&mann_whitney), "Mann–Whitney rejects {mann_whitney}");
    assert!(regressions <= 0.03, "{regressions} are called regressions");
}

#[test]
fn equal_commands_differ_by_chance_as_often_as_alpha_says() {
    assert_honest(false_alarms(1, |stream, _| noisy(stream, MEAN_NS, 0.05)));
    assert_honest(false_alarms(2, |stream, _| noisy(stream, MEAN_NS, 0.2)));
}

/// hyperfine#21, #483 and #822: one command after the other gives 33 to 63 % false alarms under drift.
#[test]
fn a_machine_that_becomes_slower_makes_no_false_alarms() {
    assert_honest(false_alarms(3, |stream, passed| noisy(stream, MEAN_NS * (1.0 + 0.06 * passed), 0.05)));
}

#[test]
fn commands_in_blocks_make_false_alarms_under_drift() {
    let mut significant = 0_u32;
    for number in 0..500 {
        let mut stream = Seed::new(4).nth(number).stream("noise");
        let mut block = |begin: u32| {
            let part = |run: u32| f64::from(begin + run) / f64::from(2 * RUNS);
            let times = (0..RUNS).map(|run| noisy(&mut stream, MEAN_NS * (1.0 + 0.06 * part(run)), 0.05));
            Samples::new(times.collect()).unwrap()
        };
        let (first, second) = (block(0), block(RUNS));
        significant += u32::from(welch(&first, &second).unwrap().p < 0.05);
    }
    assert!(significant > 250, "{significant} of 500: this test has to show what the order prevents");
}

#[test]
fn a_shift_of_15_percent_is_found() {
    let found = (0..300).filter(|number| {
        let [first, second] = measured(Seed::new(5).nth(*number), |stream, benchmark, _| {
            noisy(stream, if benchmark == 0 { MEAN_NS } else { MEAN_NS * 1.15 }, 0.05)
        });
        compare(&first, &second, Criteria::default()).verdict == Verdict::Regression
    });
    let found = found.count();
    assert!(found >= 297, "{found} of 300");
}
