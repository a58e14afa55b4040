//! What is measured, and in which order.
//!
//! Commands and [parameters](Parameter) give [variations](Variation), and each is one benchmark. A [`Schedule`] measures them in rounds:
//! each round runs every benchmark once, in an order drawn from the seed, so that a machine that becomes slower or faster
//! meanwhile affects all of them alike.
//!
//! ```
//! use speckit_core::bench::plan::{Parameter, Schedule, StopRule, variations};
//! use speckit_core::retry::Seed;
//! use speckit_core::text::split_words;
//! let commands = [split_words("sort --parallel={threads} data")?, split_words("sort data")?];
//! let threads: Parameter = "threads=1,4".parse()?;
//! let variations = variations(&commands, &[], &[threads])?;
//! assert_eq!(variations.len(), 4);
//! assert_eq!(variations[2].command, ["sort", "--parallel=4", "data"]);
//!
//! let mut schedule = Schedule::new(variations.len(), 1, StopRule::Runs(30), Seed::new(42));
//! let mut timed = [0; 4];
//! while let Some(run) = schedule.next_run() {
//!     // The shell runs `variations[run.benchmark].command` here, and measures it.
//!     schedule.finished(core::time::Duration::from_millis(20));
//!     timed[run.benchmark] += u32::from(!run.is_warmup());
//! }
//! assert_eq!(timed, [30; 4]);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod names;
mod parameters;
mod schedule;
mod stop;

pub use names::benchmark_names;
pub use parameters::{MAX_VARIATIONS, Parameter, ParameterError, Variation, variations};
pub use schedule::{PlannedRun, Schedule};
pub use stop::StopRule;
