//! A program under files that change, workers, readers and an operator.

mod actors;
mod contents;
mod found;
mod model;
mod notices;
mod observers;
mod oracle;
mod program;
mod run;
mod shrink;
mod steps;
mod tally;
mod texts;

use std::ops::Range;

use crate::seeds_or;
use oracle::Oracle;
use run::{SimulationOutcome, run, silence_foretold_panics};
use steps::SimulationPlan;
use tally::Tally;

const SEEDS: Range<u64> = 0..250;

fn run_seed(seed: u64, oracle: &Oracle) -> SimulationOutcome {
    silence_foretold_panics();
    run(&actors::plan(seed), oracle)
}

/// Fails with the log of a run that went wrong, and with that of the shortest one like it.
fn demand_success(plan: &SimulationPlan, outcome: &SimulationOutcome, oracle: &Oracle) {
    let Some(failure) = &outcome.failure else { return };
    let short = shrink::shrunk(plan, oracle);
    let shortest = run(&short, oracle).log;
    let seed = plan.setup.seed;
    panic!("seed {seed}: {failure}\n\nwhole log:\n{}\nshortest log:\n{shortest}", outcome.log);
}

#[test]
fn in_every_seed_the_newest_good_configuration_runs_and_no_reader_gets_half_of_one() {
    let oracle = Oracle::new();
    let mut tally = Tally::default();
    let seeds = seeds_or(SEEDS);
    for seed in seeds.clone() {
        let outcome = run_seed(seed, &oracle);
        if std::env::var_os("SIMULATION_SEED").is_some() {
            println!("{}", outcome.log);
        }
        demand_success(&actors::plan(seed), &outcome, &oracle);
        tally.add(outcome.tally);
    }
    // Fewer runs cannot cover everything.
    let is_enough = seeds.end.saturating_sub(seeds.start) >= SEEDS.end;
    assert!(!is_enough || tally.missing().is_empty(), "no run has met {:?}", tally.missing());
}

#[test]
fn the_same_seed_gives_the_same_log() {
    for seed in 0..10 {
        let [first, second] = [(); 2].map(|()| run_seed(seed, &Oracle::new()).log);
        assert_eq!(first, second);
    }
}

#[test]
fn a_log_is_enough_to_run_it_again() {
    silence_foretold_panics();
    let oracle = Oracle::new();
    if let Ok(path) = std::env::var("SIMULATION_LOG") {
        let log = std::fs::read_to_string(path).expect("SIMULATION_LOG names a log");
        let plan = SimulationPlan::of_log(&log).unwrap();
        let outcome = run(&plan, &oracle);
        println!("{}", outcome.log);
        return demand_success(&plan, &outcome, &oracle);
    }
    for seed in 0..10 {
        let log = run_seed(seed, &oracle).log;
        let (whole, found) = (actors::plan(seed), SimulationPlan::of_log(&log).unwrap());
        assert_eq!((&found.setup, &found.before), (&whole.setup, &whole.before));
        // A program that does not start does nothing.
        let is_started = !found.steps.is_empty();
        assert!(!is_started || found.steps == whole.steps, "all that happened is in the log");
        assert_eq!(run(&found, &oracle).log, log);
    }
}
