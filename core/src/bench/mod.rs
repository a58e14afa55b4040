//! Benchmarks: what is measured and in which order, the statistics of the samples, and reports.
//!
//! Nothing here starts a process or reads a clock. A runner does, in this order:
//!
//! 1. [`plan::variations`] turns commands and parameters into what is measured, and [`plan::pairs`] names what is compared.
//! 2. A [`plan::Schedule`] returns the next run until enough are measured, and estimates the time that is left.
//! 3. A [`Recorder`] for each benchmark takes every finished run. Its [`Benchmark`] is complete at any time: after a failure, and
//!    when the measuring is interrupted.
//! 4. [`compare_pairs`] compares benchmarks that were measured together, [`CompareReport`] those of two documents, which
//!    may come from different [machines](Machine).
//! 5. [`BenchRun`] is the document: JSON to keep and to import, text, Markdown, and one HTML page with plots.
//!
//! ```
//! use core::time::Duration;
//! use speckit_core::bench::plan::{Schedule, StopRule, pairs, variations};
//! use speckit_core::bench::stats::{Criteria, Verdict};
//! use speckit_core::bench::{BenchRun, Machine, Outcome, Recorder, RunRecord, compare_pairs};
//! use speckit_core::retry::Seed;
//! use speckit_core::text::{command_line, split_words};
//!
//! let commands = [split_words("sort data")?, split_words("sort -u data")?];
//! let variations = variations(&commands, &[])?;
//! let recorders = variations.iter().map(|variation| Recorder::of_variation(&command_line(&variation.command), variation));
//! let mut recorders: Vec<Recorder> = recorders.collect();
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
//! let compared: Vec<_> = pairs(&variations).iter().map(|[base, other]| (&benchmarks[*base], &benchmarks[*other])).collect();
//! let comparisons = compare_pairs(&compared, Criteria::default());
//! assert_eq!(comparisons[0].comparison.verdict, Verdict::Regression);
//!
//! let machine = Machine::of_linux("processor : 0\nmodel name : AMD EPYC\n", "MemTotal: 8039324 kB\n", "Linux", "6.1.0");
//! let run = BenchRun { benchmarks, comparisons, machine, seed: Some(seed.number()) };
//! assert!(run.to_text().contains("30 % slower (30 … 30), p < 0.001, 30 runs each"));
//! assert_eq!(BenchRun::read("kept.json", &serde_json::to_string(&run.to_json())?).unwrap().benchmarks, run.benchmarks);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod benchmark;
mod compare;
mod document;
mod machine;
mod outcome;
pub mod plan;
mod recorder;
pub mod report;
pub mod stats;

pub use benchmark::Benchmark;
pub use compare::{Answer, CompareReport, NamedComparison, compare_pairs};
pub use document::{BenchRun, DocumentErrors};
pub use machine::{Machine, MachineField, memory_class};
pub use outcome::{FailedRuns, Outcome};
pub use recorder::{Recorder, RunRecord};
