//! Why an agent failed, and why it is not tried again, in plain words: lowercase fragments.

use alloc::format;
use alloc::string::String;

use crate::agents::gate::plan::{Agent, Plan};
use crate::agents::gate::run::Ending;
use crate::agents::gate::signal;
use crate::retry::GiveUp;

/// What went wrong with an attempt.
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
        Ending::CircuitOpen => format!("its provider {} failed too often of late", agent.provider),
    }
}

/// Why there is no attempt after this one. Where another one would fail in the same way only an exit says so: the others
/// say it by what they are.
pub(super) fn given_up(ending: &Ending, why: GiveUp, agent: &Agent, plan: &Plan) -> String {
    let failure = failure(ending, agent, plan);
    match (ending, why) {
        (Ending::Exited { .. }, _) => format!("{failure}; {why}"),
        (_, GiveUp::Permanent) => failure,
        _ => format!("{failure}; {why}"),
    }
}

/// What is said of an attempt that was made to end since the gate was called off.
pub(super) fn stopped() -> String {
    String::from("the gate was called off while it ran")
}

/// What is said where the gate was called off before an attempt, after one that ended so, if there was one.
pub(super) fn left(last: Option<&Ending>, agent: &Agent, plan: &Plan) -> String {
    match last {
        None => String::from("the gate was called off before it began"),
        Some(ending) => {
            format!("{}; the gate was called off before another attempt", failure(ending, agent, plan))
        }
    }
}
