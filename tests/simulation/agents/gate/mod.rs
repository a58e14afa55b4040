//! One gate over processes that are played, on a clock that only moves when it is told to: the pure machine alone.
//!
//! A seed becomes a script: the plan of a gate, what each attempt does, and who calls the gate off when. The run of a script
//! is the same each time. All that the machine is told and answers is in its log:
//!
//!     SIMULATION_SEED=7 cargo test -p speckit-tests --test simulation gate -- --nocapture     the log of one seed

mod oracle;
mod process;
mod run;
mod script;
mod watch;

use std::collections::BTreeSet;
use std::ops::Range;

use speckit_core::agents::gate::Machine;
use speckit_core::config::redact::Masks;

use run::{Outcome, run};
use script::{STARTED_AT, Script};

const SEEDS: Range<u64> = 0..3000;

/// What a run may meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    Full,
    Degraded,
    Insufficient,
    /// Two answers have equally many agents.
    Tie,
    Unanswered,
    SuccessAfterRetries,
    /// All attempts were used up.
    LastAttempt,
    /// An attempt was left, and no time for its wait.
    Deadline,
    Permanent,
    Signal,
    TimeOut,
    /// It was refused without having begun.
    Refused,
    Leak,
    /// A wait was over, and no slot was free.
    LateForASlot,
    CalledOffInTheQueue,
    CalledOffWhileItWaits,
    /// It had a slot, and did not begin.
    CalledOffBeforeItBegan,
    CalledOffWhileItRan,
    SuccessAfterTheCall,
    /// It would have been tried again.
    FailureAfterTheCall,
    /// The gate was called off, and everybody came to their own end.
    InVain,
    /// A kill after a call that was not obeyed.
    Killed,
    Nonsense,
}

const ALL: [Seen; 23] = [
    Seen::Full,
    Seen::Degraded,
    Seen::Insufficient,
    Seen::Tie,
    Seen::Unanswered,
    Seen::SuccessAfterRetries,
    Seen::LastAttempt,
    Seen::Deadline,
    Seen::Permanent,
    Seen::Signal,
    Seen::TimeOut,
    Seen::Refused,
    Seen::Leak,
    Seen::LateForASlot,
    Seen::CalledOffInTheQueue,
    Seen::CalledOffWhileItWaits,
    Seen::CalledOffBeforeItBegan,
    Seen::CalledOffWhileItRan,
    Seen::SuccessAfterTheCall,
    Seen::FailureAfterTheCall,
    Seen::InVain,
    Seen::Killed,
    Seen::Nonsense,
];

fn demand_success(seed: u64) -> Outcome {
    let outcome = run(&Script::of(seed));
    if let Some(failure) = &outcome.failure {
        panic!("seed {seed}: {failure}\n\n{}", outcome.log);
    }
    outcome
}

#[test]
fn in_every_seed_a_gate_ends_in_time_with_the_right_verdict_and_no_process_left() {
    let mut seen = BTreeSet::new();
    let seeds = crate::seeds_or(SEEDS);
    for seed in seeds.clone() {
        let outcome = demand_success(seed);
        if std::env::var_os("SIMULATION_SEED").is_some() {
            println!("{}", outcome.log);
        }
        seen.extend(outcome.seen);
    }
    // Of fewer runs not so much can be asked.
    let is_enough = seeds.end.saturating_sub(seeds.start) >= SEEDS.end;
    let missing: Vec<&Seen> = ALL.iter().filter(|what| !seen.contains(what)).collect();
    assert!(!is_enough || missing.is_empty(), "no run has met {missing:?}");
}

#[test]
fn a_gate_of_the_same_seed_has_the_same_log() {
    for seed in 0..100 {
        assert_eq!(demand_success(seed).log, demand_success(seed).log);
    }
}

#[test]
fn what_a_machine_was_told_is_enough_to_have_its_answers_again() {
    for seed in 0..100 {
        let (script, outcome) = (Script::of(seed), demand_success(seed));
        let (mut machine, first) =
            Machine::begin(script.plan, Masks::default().into(), script.seed, STARTED_AT);
        let mut answers = vec![first];
        for (now, input) in outcome.inputs {
            answers.push(machine.step(now, input));
        }
        assert_eq!(answers, outcome.answers);
    }
}
