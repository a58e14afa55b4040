//! Measurements: events of the library's own operations, `measure_time!`, and benchmarks of functions and commands.

#[cfg(unix)]
mod command;
mod events;
mod harness;
mod machine;
mod measure_time;
#[cfg(target_os = "linux")]
mod probe;
#[cfg(unix)]
mod runner;
