//! Benchmarks of functions and of commands.
//!
//! [`BenchmarkHarness`] measures a function of yours, and [`CommandRunner`] runs a command, each run with its time, its processor times and its peak
//! memory. The statistics of the samples are in [`speckit_core::bench::stats`].

#[cfg(unix)]
mod command;
mod harness;

#[cfg(unix)]
pub use command::{CommandEnd, CommandError, CommandRun, CommandRunner, CommandStopper, PeakMemory};
pub use harness::{Benchmark, BenchmarkHarness, FailedIterations, MIN_ITERATIONS};
