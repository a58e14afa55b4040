//! Measurements: events of the library's own operations, `measure_time!`, and benchmarks of functions and commands.

mod events;
mod measure_time;
#[cfg(target_os = "linux")]
mod probe;
mod recorded_events;
