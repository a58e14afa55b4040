//! The events of a running gate.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use super::run::{AgentRun, Run, Stream};

/// An event of a gate. Events arrive in the order in which they happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The gate has started.
    Started {
        /// The stage.
        stage: String,
        /// The id of the specification.
        spec: String,
        /// The agents, in the order of the gate.
        agents: Vec<String>,
        /// How many of them must succeed or agree.
        quorum: usize,
    },
    /// An attempt of an agent has begun.
    AgentStarted {
        /// The agent.
        name: String,
        /// The attempt, counted from 1.
        attempt: u32,
    },
    /// An agent wrote a line.
    Output {
        /// The agent.
        name: String,
        /// The stream.
        stream: Stream,
        /// The line, without its line ending.
        line: String,
    },
    /// An attempt failed, and another one follows.
    AgentRetrying {
        /// The agent.
        name: String,
        /// The failed attempt, counted from 1.
        attempt: u32,
        /// Why.
        reason: String,
        /// The least wait before the next one, in milliseconds.
        wait_ms: u64,
    },
    /// An agent has finished. The output is not included: its lines were emitted, and the final run has it.
    AgentFinished(AgentRun),
    /// This subscriber was too slow, and lines of agents were dropped.
    Missed {
        /// How many.
        count: u64,
    },
    /// The gate is over. The output of the agents is not included.
    Finished(Run),
}
