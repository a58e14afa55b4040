//! Benchmarks.

mod benchmark;
mod compare;
mod document;
mod machine;
mod outcome;
pub mod plan;
mod recorder;
pub mod stats;

pub use benchmark::Benchmark;
pub use compare::{Answer, CompareReport, NamedComparison, compare_pairs};
pub use document::BenchRun;
pub use machine::{Machine, MachineField, memory_class};
pub use outcome::{FailedRuns, Outcome};
pub use recorder::{Recorder, RunRecord};
