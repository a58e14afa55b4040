//! Benchmarks as JSON: the document of `bench run`, of `bench export` and of `bench import`.

use alloc::vec::Vec;

use super::benchmark::Benchmark;
use super::compare::NamedComparison;
use super::machine::Machine;

mod read;
mod unknown_keys;
mod write;

pub use read::DocumentErrors;

/// Benchmarks that were measured together on one machine.
///
/// ```
/// use speckit_core::bench::BenchRun;
/// let text = r#"{
///   "benchmarks": [{"name": "sort", "command": ["sort", "data"], "samples_ns": [1000, 1100, 1050]}],
///   "machine": {"cpu": "AMD EPYC 7B13", "cores": 2, "memory_bytes": 17179869184, "os": "Linux 6.1"}
/// }"#;
/// let run = BenchRun::read("old.json", text).unwrap();
/// assert_eq!(run.benchmarks[0].samples().unwrap().mean(), 1050.0);
/// let errors = BenchRun::read("old.json", &text.replace("1100", "-1100")).unwrap_err().diagnostics;
/// assert_eq!(errors[0].key.to_string(), "benchmarks[0].samples_ns[1]");
/// assert_eq!(errors[0].origin.as_ref().unwrap().to_string(), "old.json:2:85");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BenchRun {
    /// The benchmarks, in the order of their names' first run; each name is there once.
    pub benchmarks: Vec<Benchmark>,
    /// Their comparisons. They are not read from a document, but computed by [`compare_pairs`](super::compare_pairs).
    pub comparisons: Vec<NamedComparison>,
    /// The machine.
    pub machine: Machine,
    /// The seed of the order of runs.
    pub seed: Option<u64>,
}
