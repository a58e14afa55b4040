//! The runs of gates in the store: each is recorded in one transaction with the outputs of three agents, and read again.

use std::time::{Duration, Instant};

use speckit::agents::{Runs, RunsFilter};
use speckit::store::{StoreOptions, SynchronousMode};
use speckit_core::agents::consensus::{Ballot, Vote};
use speckit_core::agents::gate::{AgentRun, Output, Run, Status};
use speckit_core::bench::stats::Samples;
use speckit_tests::samples;

use super::peers::mode_name;

const RUNS: usize = 1000;
/// How many runs the store keeps.
const KEEP: u32 = 500;
const OUTPUT_BYTES: usize = 10_000;

/// Prints the times of recording a run, of reading one, and of finding the newest ten of a stage.
pub(crate) fn print(synchronous: SynchronousMode) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let store = StoreOptions::new(folder.path().join("bench.db")).synchronous(synchronous).open();
    let runs = Runs::of(store.expect("it can be opened"));
    let mut numbers = Vec::new();
    let add = (0..RUNS).map(|number| {
        let run = run(number);
        let started = Instant::now();
        numbers.push(runs.add(&run, KEEP).expect("it can be written"));
        started.elapsed()
    });
    let add = samples(add.collect::<Vec<_>>());
    let kept = &numbers[RUNS - KEEP as usize..];
    let read = samples(
        kept.iter().map(|number| timed(|| assert!(runs.run(*number).expect("it can be read").is_some()))),
    );
    let filter = RunsFilter { stage: Some("plan".into()), limit: Some(10), ..RunsFilter::default() };
    let find = samples(
        kept.iter().map(|_| timed(|| assert_eq!(runs.find(&filter).expect("it can be read").runs.len(), 10))),
    );
    println!("consensus, synchronous {}", mode_name(synchronous));
    for (name, samples) in [("record a run", add), ("read a run", read), ("find ten runs", find)] {
        print_samples(name, &samples);
    }
    println!();
}

fn timed(call: impl FnOnce()) -> Duration {
    let started = Instant::now();
    call();
    started.elapsed()
}

fn print_samples(name: &str, samples: &Samples) {
    let ms = |percent| samples.percentile(percent) / 1e6;
    println!(
        "  {name:<13} p50 {:>8.3} ms   p95 {:>8.3} ms   p99 {:>8.3} ms   max {:>8.3} ms",
        ms(50),
        ms(95),
        ms(99),
        ms(100)
    );
}

fn run(number: usize) -> Run {
    let names = ["gemini", "claude", "gpt_pro"];
    let mut ballot = Ballot::new(names, 3);
    for name in names {
        ballot.cast(name, Vote::Succeeded);
    }
    let started_at_ms = 1_790_000_000_000 + number as u64 * 1000;
    let agent = |name: &str| AgentRun {
        name: name.into(),
        model: name.into(),
        status: Status::Ok,
        attempts: 1,
        exit: Some(0),
        signal: None,
        reason: None,
        elapsed_ms: 800,
        leaked: false,
        left: Vec::new(),
        dropped_bytes: 0,
        ended_at_ms: started_at_ms + 800,
        output: Output { stdout: "a line of an answer\n".repeat(OUTPUT_BYTES / 20), stderr: String::new() },
    };
    Run {
        stage: ["plan", "tasks", "validate"][number % 3].into(),
        spec: format!("SPEC-{}", number / 3),
        started_at_ms,
        elapsed_ms: 850,
        cancelled: false,
        not_started: false,
        answers_compared: Some(false),
        decision: ballot.close(),
        agents: names.map(agent).into(),
    }
}
