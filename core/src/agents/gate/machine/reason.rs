//! Why an agent failed and why it is not retried: lowercase fragments of sentences.

use alloc::format;
use alloc::string::String;

use crate::agents::gate::plan::{Agent, Plan};
use crate::agents::gate::run::Ending;
use crate::agents::gate::signal;
use crate::retry::GiveUp;

/// Why an attempt failed.
pub(super) fn failure(ending: &Ending, agent: &Agent, plan: &Plan) -> String {
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

/// Why there is no attempt after this one. Only for an exit code it says that this kind of failure is not retried; for
/// the others that is obvious.
pub(super) fn given_up(ending: &Ending, why: GiveUp, agent: &Agent, plan: &Plan) -> String {
    let failure = failure(ending, agent, plan);
    match (ending, why) {
        (Ending::Exited { .. }, _) => format!("{failure}; {why}"),
        (_, GiveUp::Permanent) => failure,
        _ => format!("{failure}; {why}"),
    }
}

/// Why an attempt was stopped.
pub(super) fn stopped() -> String {
    String::from("the gate was cancelled while it ran")
}

/// Why there is no further attempt after the gate was cancelled; `last` is the ending of the attempt before.
pub(super) fn not_retried(last: Option<&Ending>, agent: &Agent, plan: &Plan) -> String {
    match last {
        None => String::from("the gate was cancelled before it began"),
        Some(ending) => {
            format!("{}; the gate was cancelled before another attempt", failure(ending, agent, plan))
        }
    }
}
