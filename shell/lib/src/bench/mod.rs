//! Benchmarks of functions and of commands.
//!
//! [`BenchmarkHarness`] measures a function of yours, and [`CommandRunner`] runs a command and measures each run. Their results are values of
//! [`speckit_core::bench`], which summarizes, compares and reports them. [`machine`] says where
//! they were measured, and [`provenance`] when, and of which commit. With feature `sqlite`, a store keeps them as
//! `Baselines`.

#[cfg(feature = "sqlite")]
mod baselines;
#[cfg(unix)]
mod command;
mod harness;
mod machine_files;
pub(crate) mod working_folder;

#[cfg(feature = "sqlite")]
pub use baselines::{Baselines, RunInStore};
#[cfg(unix)]
pub use command::{CommandError, CommandRunner, CommandStopper, memory_floor_bytes};
pub use harness::{BenchmarkHarness, MIN_ITERATIONS};
pub use machine_files::machine;
pub use working_folder::provenance;
