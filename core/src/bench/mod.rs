//! Benchmarks: what is measured and in which order, the statistics of the samples, and reports.
//!
//! Nothing here starts a process or reads a clock. A runner does, in this order:
//!
//! 1. [`plan::variations`] turns commands and parameters into what is measured.
//! 2. A [`plan::Schedule`] returns the next run until enough are measured, and estimates the time that is left.
//! 3. A [`Recorder`] for each benchmark takes every finished run. Its [`Benchmark`] is complete at any time: after a failure, and
//!    when the measuring is interrupted.
//! 4. [`compare_together`] compares benchmarks that were measured together, [`CompareReport`] those of two documents, which
//!    may come from different [machines](Machine).
//! 5. [`BenchRun`] is the document: JSON to keep and to import, text, Markdown, and one HTML page with plots.
//! 6. A [`Baseline`] is a benchmark that is kept under a name.
//!
//! ```
//! use core::time::Duration;
//! use speckit_core::bench::plan::{Schedule, StopRule, benchmark_names, variations};
//! use speckit_core::bench::stats::{Criteria, Verdict};
//! use speckit_core::bench::{BenchRun, Machine, Outcome, Recorder, RunRecord, compare_together};
//! use speckit_core::retry::Seed;
//! use speckit_core::text::split_words;
//!
//! let commands = [split_words("sort data")?, split_words("sort -u data")?];
//! let variations = variations(&commands, &[], &[])?;
//! let named = benchmark_names(&variations, &[]).into_iter().zip(&variations);
//! let mut recorders: Vec<Recorder> = named.map(|(name, variation)| Recorder::of_variation(name, variation)).collect();
//!
//! let seed = Seed::new(42);
//! let mut schedule = Schedule::new(variations.len(), 3, StopRule::Runs(30), seed);
//! while let Some(run) = schedule.next_run() {
//!     // A runner starts `variations[run.benchmark].command` here, waits for it, and measures.
//!     let elapsed = Duration::from_micros([1000, 1300][run.benchmark]);
//!     schedule.finished(elapsed);
//!     if !run.is_warmup() {
//!         let elapsed_ns = u64::try_from(elapsed.as_nanos())?;
//!         recorders[run.benchmark].add(RunRecord { outcome: Outcome::exited(0), elapsed_ns, ..RunRecord::default() });
//!     }
//! }
//!
//! let benchmarks: Vec<_> = recorders.iter().map(|recorder| recorder.benchmark().clone()).collect();
//! let comparisons = compare_together(&benchmarks, Criteria::default());
//! assert_eq!(comparisons[0].comparison.verdict, Verdict::Regression);
//!
//! let machine = Machine::of_linux("processor : 0\nmodel name : AMD EPYC\n", "MemTotal: 8039324 kB\n", "Linux", "6.1.0");
//! let run = BenchRun { benchmarks, comparisons, machine, seed: Some(seed.number()) };
//! assert!(run.to_text().contains("30 % slower (30 … 30), p < 0.001, 30 runs each"));
//! assert_eq!(BenchRun::read("kept.json", &serde_json::to_string(&run.to_json())?).unwrap().benchmarks, run.benchmarks);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod baseline;
mod benchmark;
mod compare;
mod document;
mod machine;
mod outcome;
pub mod plan;
mod provenance;
mod recorder;
pub mod report;
pub mod stats;

pub use baseline::{Baseline, BaselineError, Side, baselines_of, names_of, partners, stands_for};
pub use benchmark::Benchmark;
pub use compare::{Answer, CompareReport, NamedComparison, compare_pairs, compare_together};
pub use document::{BenchRun, DocumentErrors};
pub use machine::{Machine, MachineField, memory_class};
pub use outcome::{FailedRuns, Outcome};
pub use provenance::Provenance;
pub use recorder::{Recorder, RunRecord};
