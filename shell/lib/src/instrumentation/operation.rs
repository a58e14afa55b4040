//! The operations of this library that emit an event. Without the feature `tracing` nothing is measured.

#[cfg(feature = "tracing")]
use super::event::{self, Measurement, Outcome, TARGET};
#[cfg(feature = "tracing")]
use super::stopwatch::Stopwatch;

/// An operation of this library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Load,
    Parse,
    Merge,
    Check,
    Type,
    Publish,
    Reload,
    #[cfg(feature = "sqlite")]
    StoreWrite,
    #[cfg(feature = "agents")]
    GateSpawn,
    #[cfg(feature = "agents")]
    GateAgent,
    #[cfg(all(feature = "agents", feature = "sqlite"))]
    GateStore,
}

#[cfg(feature = "tracing")]
impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Parse => "parse",
            Self::Merge => "merge",
            Self::Check => "check",
            Self::Type => "type",
            Self::Publish => "publish",
            Self::Reload => "reload",
            #[cfg(feature = "sqlite")]
            Self::StoreWrite => "store.write",
            #[cfg(feature = "agents")]
            Self::GateSpawn => "gate.spawn",
            #[cfg(feature = "agents")]
            Self::GateAgent => "gate.agent",
            #[cfg(all(feature = "agents", feature = "sqlite"))]
            Self::GateStore => "gate.store",
        }
    }

    /// Operations that a person waits for are at the level INFO, their parts at DEBUG.
    fn is_info(self) -> bool {
        match self {
            Self::Load | Self::Reload => true,
            #[cfg(feature = "agents")]
            Self::GateAgent => true,
            _ => false,
        }
    }

    /// Whether a subscriber wants its events.
    fn is_enabled(self) -> bool {
        match self.is_info() {
            true => tracing::enabled!(target: TARGET, tracing::Level::INFO),
            false => tracing::enabled!(target: TARGET, tracing::Level::DEBUG),
        }
    }
}

/// Measures an operation that cannot fail.
pub(crate) fn timed<T>(operation: Operation, run: impl FnOnce() -> T) -> T {
    let timer = OperationTimer::start(operation);
    let result = run();
    timer.finish(true);
    result
}

/// Measures an operation; its outcome is `failed` if the result is an error.
pub(crate) fn timed_result<T, E>(operation: Operation, run: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let timer = OperationTimer::start(operation);
    let result = run();
    timer.finish(result.is_ok());
    result
}

/// Measures an operation until it is finished or dropped.
#[derive(Debug)]
#[must_use = "a timer that is dropped has the outcome `early`"]
pub(crate) struct OperationTimer {
    /// `None` if no subscriber wants the event.
    #[cfg(feature = "tracing")]
    running: Option<Running>,
}

#[cfg(feature = "tracing")]
#[derive(Debug)]
struct Running {
    operation: Operation,
    stopwatch: Stopwatch,
    agent: Option<String>,
    generation: Option<u64>,
}

impl OperationTimer {
    #[inline]
    pub(crate) fn start(
        #[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "nothing is measured"))]
        operation: Operation,
    ) -> Self {
        Self {
            #[cfg(feature = "tracing")]
            running: operation.is_enabled().then(|| Running {
                operation,
                stopwatch: Stopwatch::start(),
                agent: None,
                generation: None,
            }),
        }
    }
}

#[cfg(feature = "tracing")]
impl OperationTimer {
    /// Adds the name of the agent to the event.
    #[cfg(feature = "agents")]
    pub(crate) fn of_agent(mut self, name: &str) -> Self {
        if let Some(running) = &mut self.running {
            running.agent = Some(name.to_owned());
        }
        self
    }

    /// Adds the published generation to the event.
    pub(crate) fn of_generation(mut self, generation: u64) -> Self {
        if let Some(running) = &mut self.running {
            running.generation = Some(generation);
        }
        self
    }

    /// Ends with the outcome `ok` or `failed`.
    pub(crate) fn finish(mut self, is_ok: bool) {
        self.emit(|_| if is_ok { Outcome::Ok } else { Outcome::Failed });
    }

    /// Ends with the outcome `ok` or `failed`, or without an event.
    pub(crate) fn finish_if(mut self, is_ok: Option<bool>) {
        match is_ok {
            Some(is_ok) => self.finish(is_ok),
            None => self.running = None,
        }
    }

    fn emit(&mut self, outcome: impl FnOnce(Stopwatch) -> Outcome) {
        let Some(Running { operation, stopwatch, agent, generation }) = self.running.take() else { return };
        let measurement = Measurement {
            operation: operation.name(),
            outcome: outcome(stopwatch),
            elapsed: stopwatch.elapsed(),
            agent: agent.as_deref(),
            generation,
        };
        if operation.is_info() { event::info(measurement) } else { event::debug(measurement) }
    }
}

#[cfg(feature = "tracing")]
impl Drop for OperationTimer {
    fn drop(&mut self) {
        self.emit(Stopwatch::outcome_of_drop);
    }
}

#[cfg(not(feature = "tracing"))]
impl OperationTimer {
    #[cfg(feature = "agents")]
    pub(crate) fn of_agent(self, _: &str) -> Self {
        self
    }

    pub(crate) fn of_generation(self, _: u64) -> Self {
        self
    }

    pub(crate) fn finish(self, _: bool) {}

    pub(crate) fn finish_if(self, _: Option<bool>) {}
}
