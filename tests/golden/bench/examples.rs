//! Benchmarks with known samples.

use speckit_core::bench::stats::Criteria;
use speckit_core::bench::{BenchRun, Benchmark, Machine, Outcome, Recorder, RunRecord, compare_together};
use speckit_core::retry::Seed;

pub(super) const SEED: u64 = 42;

/// Times around a mean with a spread of so many thousandths, each equally likely.
pub(super) fn times(label: &str, count: usize, mean_ns: u64, spread: u64) -> Vec<u64> {
    let mut stream = Seed::new(SEED).stream(label);
    let half = mean_ns * spread / 1000;
    (0..count).map(|_| mean_ns - half + stream.up_to(2 * half)).collect()
}

pub(super) fn benchmark(name: &str, samples_ns: Vec<u64>) -> Benchmark {
    let mut recorder = Recorder::new(name, name.split(' ').map(String::from).collect()).with_warmup(3);
    recorder.set_memory_floor(Some(8 << 20));
    for elapsed_ns in samples_ns {
        recorder.add(RunRecord {
            outcome: Outcome::exited(0),
            elapsed_ns,
            user_ns: Some(elapsed_ns / 2),
            system_ns: Some(elapsed_ns / 5),
            peak_rss_bytes: Some(24 << 20),
            ..RunRecord::default()
        });
    }
    recorder.benchmark().clone()
}

/// A run of benchmarks, each compared with the first.
pub(super) fn run(benchmarks: Vec<Benchmark>) -> BenchRun {
    let comparisons = compare_together(&benchmarks, Criteria::default());
    let machine = machine(4);
    BenchRun { benchmarks, comparisons, machine, seed: Some(SEED) }
}

pub(super) fn machine(cores: u32) -> Machine {
    Machine {
        cpu: Some("AMD EPYC 7B13".into()),
        cores: Some(cores),
        memory_bytes: Some(16 << 30),
        os: Some("Linux 6.1".into()),
    }
}

/// Two commands, of which the second is slower by so many thousandths.
pub(super) fn slower_by(thousandths: u64) -> BenchRun {
    let first = times("first", 30, 12_000_000, 80);
    let second = times("second", 30, 12_000 * (1000 + thousandths), 80);
    run(vec![benchmark("sort data", first), benchmark("sort -u data", second)])
}
