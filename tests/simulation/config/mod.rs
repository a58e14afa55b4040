//! Simulates a program whose files change, with workers, readers and an operator.

mod actors;
mod contents;
mod coverage;
mod events;
mod model;
mod observers;
mod oracle;
mod program;
mod regressions;
mod run;
mod shrink;
mod steps;
mod texts;

use std::ops::Range;

use crate::seeds_or;
use coverage::CoverageCounts;
use oracle::Oracle;
use run::{SimulationOutcome, run, silence_expected_panics};
use steps::SimulationPlan;

const SEEDS: Range<u64> = 0..250;

fn run_seed(seed: u64, oracle: &Oracle) -> SimulationOutcome {
    silence_expected_panics();
    run(&actors::plan(seed), oracle)
}

/// Panics if a run has failed, with its log and the log of the shortest run that fails too.
fn assert_success(plan: &SimulationPlan, outcome: &SimulationOutcome, oracle: &Oracle) {
    let Some(failure) = &outcome.failure else { return };
    let short_plan = shrink::shrink_plan(plan, oracle);
    let shortest = run(&short_plan, oracle).log;
    let seed = plan.setup.seed;
    panic!("seed {seed}: {failure}\n\nwhole log:\n{}\nshortest log:\n{shortest}", outcome.log);
}

#[test]
fn in_every_seed_the_newest_valid_configuration_is_used_and_readers_see_only_complete_ones() {
    let oracle = Oracle::new();
    let mut coverage = CoverageCounts::default();
    let seeds = seeds_or(SEEDS);
    for seed in seeds.clone() {
        let outcome = run_seed(seed, &oracle);
        if std::env::var_os("SIMULATION_SEED").is_some() {
            println!("{}", outcome.log);
        }
        assert_success(&actors::plan(seed), &outcome, &oracle);
        coverage.add(outcome.coverage);
    }
    // Fewer runs need not cover every case.
    let is_enough = seeds.end.saturating_sub(seeds.start) >= SEEDS.end;
    assert!(!is_enough || coverage.missing().is_empty(), "no run covers {:?}", coverage.missing());
}

#[test]
fn the_same_seed_gives_the_same_log() {
    for seed in 0..10 {
        let [first, second] = [(); 2].map(|()| run_seed(seed, &Oracle::new()).log);
        assert_eq!(first, second);
    }
}

#[test]
fn a_logged_run_can_be_run_again() {
    silence_expected_panics();
    let oracle = Oracle::new();
    if let Ok(path) = std::env::var("SIMULATION_LOG") {
        let log = std::fs::read_to_string(path).expect("SIMULATION_LOG names a log");
        let plan = SimulationPlan::from_log(&log).unwrap();
        let outcome = run(&plan, &oracle);
        println!("{}", outcome.log);
        return assert_success(&plan, &outcome, &oracle);
    }
    for seed in 0..10 {
        let log = run_seed(seed, &oracle).log;
        let (plan, plan_of_log) = (actors::plan(seed), SimulationPlan::from_log(&log).unwrap());
        assert_eq!((&plan_of_log.setup, &plan_of_log.before), (&plan.setup, &plan.before));
        // The log of a program that does not start contains no steps.
        let is_started = !plan_of_log.steps.is_empty();
        assert!(!is_started || plan_of_log.steps == plan.steps, "the log contains all steps");
        assert_eq!(run(&plan_of_log, &oracle).log, log);
    }
}
