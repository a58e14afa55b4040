//! Simulates only the gate machine, with scripted processes and a manual clock.
//!
//! A seed determines a script: the plan of a gate, the behaviour of each attempt, and the time of a cancellation. A script
//! always runs in the same way. The log contains all inputs and actions of the machine:
//!
//!     SIMULATION_SEED=7 cargo test -p speckit-tests --test simulation gate -- --nocapture     the log of one seed

mod oracle;
mod process;
mod rules;
mod run;
mod script;

use std::collections::BTreeSet;
use std::ops::Range;

use speckit_core::agents::gate::GateMachine;
use speckit_core::config::redact::Masks;

use run::{SimulatedRun, run};
use script::{STARTED_AT, Script};

const SEEDS: Range<u64> = 0..3000;

/// A situation that some run must reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Situation {
    Full,
    Degraded,
    Insufficient,
    /// The most frequent answers are tied.
    Tie,
    Unanswered,
    SuccessAfterRetries,
    /// All attempts were used up.
    LastAttempt,
    /// An attempt was left, but no time for its wait.
    Deadline,
    Permanent,
    Signal,
    TimeOut,
    /// The agent was rejected before it began.
    Rejected,
    Leak,
    /// A wait was over, but no slot was free.
    LateForASlot,
    CancelledInTheQueue,
    CancelledWhileItWaits,
    /// The agent had a slot, but had not begun.
    CancelledBeforeItBegan,
    CancelledWhileItRan,
    SuccessAfterCancel,
    /// The agent would have been retried.
    FailureAfterCancel,
    /// Every agent ended by itself after the cancellation.
    CancelledWithoutEffect,
    /// A kill after an ignored SIGTERM.
    Killed,
    InvalidInput,
}

const ALL: [Situation; 23] = [
    Situation::Full,
    Situation::Degraded,
    Situation::Insufficient,
    Situation::Tie,
    Situation::Unanswered,
    Situation::SuccessAfterRetries,
    Situation::LastAttempt,
    Situation::Deadline,
    Situation::Permanent,
    Situation::Signal,
    Situation::TimeOut,
    Situation::Rejected,
    Situation::Leak,
    Situation::LateForASlot,
    Situation::CancelledInTheQueue,
    Situation::CancelledWhileItWaits,
    Situation::CancelledBeforeItBegan,
    Situation::CancelledWhileItRan,
    Situation::SuccessAfterCancel,
    Situation::FailureAfterCancel,
    Situation::CancelledWithoutEffect,
    Situation::Killed,
    Situation::InvalidInput,
];

fn run_seed(seed: u64) -> SimulatedRun {
    let outcome = run(&Script::of(seed));
    if let Some(failure) = &outcome.failure {
        panic!("seed {seed}: {failure}\n\n{}", outcome.log);
    }
    outcome
}

#[test]
fn in_every_seed_a_gate_ends_in_time_with_the_expected_verdict_and_without_processes() {
    let mut reached = BTreeSet::new();
    let seeds = crate::seeds_or(SEEDS);
    for seed in seeds.clone() {
        let outcome = run_seed(seed);
        if std::env::var_os("SIMULATION_SEED").is_some() {
            println!("{}", outcome.log);
        }
        reached.extend(outcome.reached);
    }
    // Fewer runs need not reach every situation.
    let is_enough = seeds.end.saturating_sub(seeds.start) >= SEEDS.end;
    let missing: Vec<&Situation> = ALL.iter().filter(|situation| !reached.contains(situation)).collect();
    assert!(!is_enough || missing.is_empty(), "no run has reached {missing:?}");
}

#[test]
fn the_same_seed_gives_the_same_log() {
    for seed in 0..100 {
        assert_eq!(run_seed(seed).log, run_seed(seed).log);
    }
}

#[test]
fn the_same_inputs_give_the_same_actions() {
    for seed in 0..100 {
        let (script, outcome) = (Script::of(seed), run_seed(seed));
        let (mut machine, first) =
            GateMachine::begin(script.plan, Masks::default().into(), script.seed, STARTED_AT);
        let mut actions = vec![first];
        for (now, input) in outcome.inputs {
            actions.push(machine.step(now, input));
        }
        assert_eq!(actions, outcome.actions);
    }
}
