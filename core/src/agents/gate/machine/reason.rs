//! Why an agent failed and why it is not retried: lowercase fragments of sentences.

use alloc::format;
use alloc::string::String;

use crate::agents::gate::plan::{Agent, Plan};
use crate::agents::gate::run::Ending;
use crate::agents::gate::signal;
use crate::retry::GiveUp;

/// How an attempt ended.
pub(super) fn ending(ending: &Ending, agent: &Agent, plan: &Plan) -> String {
    match ending {
        Ending::Exited { code } => format!("exit {code}"),
        Ending::Signalled { signal } => match signal::name(*signal) {
            Some(name) => format!("signal {signal} ({name}) ended it"),
            None => format!("signal {signal} ended it"),
        },
        Ending::TimedOut => {
            format!("it was not done after {:?} (`orchestrator.agent_timeout_s`)", plan.timeout)
        }
        Ending::Cancelled => stopped(),
        Ending::NotStarted { reason, .. } => reason.clone(),
        Ending::CircuitOpen => format!("the circuit breaker of its provider {} is open", agent.provider),
    }
}

/// Why there is no attempt after this failure.
pub(super) fn given_up(failure: String, is_obviously_permanent: bool, why: GiveUp) -> String {
    match why {
        GiveUp::Permanent if is_obviously_permanent => failure,
        _ => format!("{failure}; {why}"),
    }
}

/// Why an attempt was stopped.
pub(super) fn stopped() -> String {
    String::from("the gate was cancelled while it ran")
}

/// Why there is no further attempt after the gate was cancelled; `last` is the failure of the attempt before.
pub(super) fn not_retried(last: Option<String>) -> String {
    match last {
        None => String::from("the gate was cancelled before it began"),
        Some(failure) => format!("{failure}; the gate was cancelled before another attempt"),
    }
}
