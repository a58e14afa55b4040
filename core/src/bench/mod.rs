//! Benchmarks: statistics of measured times.

pub mod stats;
