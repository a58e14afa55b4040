//! What came of a gate.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::agents::consensus::{Decision, NoAnswer, Verdict};
use crate::agents::process::capture::Captured;
use crate::retry::ErrorClass;

/// One of the two streams of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Its results.
    Stdout,
    /// What it says beside them.
    Stderr,
}

/// How an attempt of an agent ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It ended by itself with this code.
    Exited {
        /// 0 for success.
        code: i32,
    },
    /// A signal ended it that was not ours.
    Signalled {
        /// The number of the signal.
        signal: i32,
    },
    /// Its time was over, and it was made to end.
    TimedOut,
    /// The gate was called off, and it was made to end.
    Cancelled,
    /// It could not be started.
    NotStarted {
        /// Whether another attempt may help.
        class: ErrorClass,
        /// What the system says.
        reason: String,
    },
    /// It was not started, since its provider failed too often of late.
    CircuitOpen,
}

/// One attempt of an agent, when it is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// How it ended.
    pub ending: Ending,
    /// What is kept of its standard output.
    pub stdout: Captured,
    /// What is kept of its standard error.
    pub stderr: Captured,
    /// What [`Plan::scanner`](super::Plan::scanner) finds in all of its standard output; of no account where there is none.
    pub answer: Result<String, NoAnswer>,
    /// From its start to the end of its streams.
    pub elapsed: Duration,
    /// Whether a process that left its group still held a stream, and may be running yet.
    pub is_leaked: bool,
}

/// What became of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It ended with 0.
    Ok,
    /// It ended with another code.
    Failed,
    /// A signal ended it that was not ours.
    Killed,
    /// Its time was over.
    TimedOut,
    /// The gate was called off before it ended.
    Cancelled,
    /// It could not be started.
    NotStarted,
    /// It was not started, since its provider failed too often of late.
    CircuitOpen,
}

impl Status {
    /// The status in words for people: `timed out`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Killed => "killed",
            Self::TimedOut => "timed out",
            Self::Cancelled => "called off",
            Self::NotStarted => "not started",
            Self::CircuitOpen => "not asked",
        }
    }
}

/// What came of one agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentRun {
    /// The canonical name of its model.
    pub name: String,
    /// The provider's own id of the model.
    pub model: String,
    /// What became of it.
    pub status: Status,
    /// How often it was started, or was to be.
    pub attempts: u32,
    /// The exit code of the last attempt, where it had one.
    pub exit: Option<i32>,
    /// The signal that ended the last attempt, where one did.
    pub signal: Option<i32>,
    /// Why it was not started, or not tried again; `None` where it succeeded.
    pub reason: Option<String>,
    /// From its first start to its end, waits included.
    pub elapsed_ms: u64,
    /// Whether a process that left its group may be running yet.
    pub leaked: bool,
    /// How many bytes of the last attempt's two streams were not kept.
    pub dropped_bytes: u64,
    /// When its last attempt ended, since 1970-01-01T00:00:00Z.
    pub ended_at_ms: u64,
    /// What its last attempt wrote. Serde leaves it out; [`Run::to_json_with_outputs`] does not.
    #[serde(skip)]
    pub output: Output,
}

/// What an agent wrote, as texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Its results.
    pub stdout: String,
    /// What it said beside them.
    pub stderr: String,
}

/// What came of a gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The stage.
    pub stage: String,
    /// The id of the specification.
    pub spec: String,
    /// When it began, since 1970-01-01T00:00:00Z.
    pub started_at_ms: u64,
    /// How long it took.
    pub elapsed_ms: u64,
    /// Whether somebody called it off.
    pub cancelled: bool,
    /// What the votes come to.
    #[serde(flatten)]
    pub decision: Decision,
    /// The agents, in the order of the gate.
    pub agents: Vec<AgentRun>,
}

impl Run {
    /// Whether the quorum is there, and nobody called it off.
    pub fn is_ok(&self) -> bool {
        !self.cancelled && self.decision.verdict != Verdict::Insufficient
    }
}
