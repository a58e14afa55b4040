//! The `tracing` events of measurements. The guide has the table of their fields.

use std::time::Duration;

use crate::os::clock::{millis, nanos};

/// The target of all events, for filters: `speckit=debug`.
pub(super) const TARGET: &str = "speckit";

/// How a measured operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It reached its end.
    Ok,
    /// One of this library's operations reached its end with an error.
    Failed,
    /// It was left by `?`, `return` or `break`, or its future was dropped.
    Early,
    /// It panicked.
    Panic,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Early => "early",
            Self::Panic => "panic",
        }
    }
}

/// A measurement that has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measurement<'a> {
    pub(super) operation: &'static str,
    pub(super) outcome: Outcome,
    pub(super) elapsed: Duration,
    /// The name of the agent that was measured.
    pub(super) agent: Option<&'a str>,
    /// The generation that was published.
    pub(super) generation: Option<u64>,
}

/// Emits at a level, which has to be a constant.
macro_rules! emit {
    ($level:ident, $measurement:expr) => {{
        let Measurement { operation, outcome, elapsed, agent, generation } = $measurement;
        tracing::event!(
            target: TARGET,
            tracing::Level::$level,
            operation,
            outcome = outcome.name(),
            agent,
            generation,
            elapsed_ms = millis(elapsed),
            elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
            elapsed_ns = nanos(elapsed),
        )
    }};
}

/// Emits an event at the level INFO.
pub(super) fn info(measurement: Measurement<'_>) {
    emit!(INFO, measurement);
}

/// Emits an event at the level DEBUG.
pub(super) fn debug(measurement: Measurement<'_>) {
    emit!(DEBUG, measurement);
}
