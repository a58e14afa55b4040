//! What is told of a gate while it runs.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use super::run::{AgentRun, Run, Stream};

/// What happened, in the order in which it happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The gate begins.
    Started {
        /// The stage.
        stage: String,
        /// The id of the specification.
        spec: String,
        /// The agents, in the order of the gate.
        agents: Vec<String>,
        /// How many of them have to count for it.
        quorum: usize,
    },
    /// An attempt of an agent begins.
    AgentStarted {
        /// The agent.
        name: String,
        /// Which attempt, counted from 1.
        attempt: u32,
    },
    /// An agent wrote a line.
    Output {
        /// The agent.
        name: String,
        /// Where it wrote.
        stream: Stream,
        /// The line, without its end.
        line: String,
    },
    /// An attempt failed, and another one follows.
    AgentRetrying {
        /// The agent.
        name: String,
        /// Which attempt failed.
        attempt: u32,
        /// Why.
        reason: String,
        /// How long until the next one, at least.
        wait_ms: u64,
    },
    /// An agent is through. What it wrote is not in it: its lines were told, and the run that the gate ends with has it.
    AgentFinished(AgentRun),
    /// This listener was too slow: so many lines of agents were dropped.
    Missed {
        /// How many.
        count: u64,
    },
    /// The gate is over. What its agents wrote is not in it.
    Finished(Run),
}
