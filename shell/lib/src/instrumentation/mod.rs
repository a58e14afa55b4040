//! Measures how long parts of a running program take: [`measure_time!`](crate::measure_time), and events of this library's own operations.
//!
#![cfg_attr(
    feature = "instrumentation",
    doc = "The [guide](crate::guide::instrumentation) has the table of events and fields, and examples."
)]

#[cfg(feature = "tracing")]
mod event;
mod measure_time;
pub(crate) mod operation;
#[cfg(feature = "instrumentation")]
mod performance_metrics;
#[cfg(feature = "tracing")]
mod stopwatch;
#[cfg(feature = "instrumentation")]
mod timer;

#[cfg(feature = "instrumentation")]
pub use performance_metrics::{OperationTimes, PerformanceMetrics};
#[cfg(feature = "instrumentation")]
pub use timer::Timer;
