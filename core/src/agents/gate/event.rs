//! The events of a running gate.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;

use super::measures::elapsed;
use super::run::{AgentRun, Run, Stream};
use super::text::visible_line;
use crate::agents::consensus::voters;
use crate::text::{count, visible};

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

/// One log line without a line ending. Standard output of an agent follows `|`, standard error follows `!`.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { stage, spec, agents, quorum } => {
                let [stage, spec, names] = [stage, spec, &agents.join(", ")].map(|text| visible(text));
                write!(f, "{stage} for {spec} begins, quorum {quorum} of {}: {names}", voters(agents))
            }
            Self::AgentStarted { name, attempt } => write!(f, "{}: attempt {attempt} begins", visible(name)),
            Self::Output { name, stream, line } => {
                let mark = match stream {
                    Stream::Stdout => '|',
                    Stream::Stderr => '!',
                };
                let space = if line.is_empty() { "" } else { " " };
                write!(f, "{} {mark}{space}{}", visible(name), visible_line(line))
            }
            Self::AgentRetrying { name, attempt: _, reason, wait_ms } => {
                write!(f, "{}: {}, next attempt in {}", visible(name), visible(reason), elapsed(*wait_ms))
            }
            Self::AgentFinished(agent) => write!(f, "{}: {}", visible(&agent.name), agent.in_words()),
            Self::Missed { count: lines } => {
                write!(f, "{} of output dropped here: it came too fast", count(*lines, "line"))
            }
            Self::Finished(run) => f.write_str(&run.headline()),
        }
    }
}
