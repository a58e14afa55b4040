//! The result of a gate.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::agents::consensus::{Decision, OutputReading, Verdict};
use crate::agents::process::capture::Captured;
use crate::retry::ErrorClass;

/// One of the two streams of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
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
    /// A signal that the gate did not send ended it.
    Signalled {
        /// The number of the signal.
        signal: i32,
    },
    /// It timed out and was stopped.
    TimedOut,
    /// The gate was cancelled, and it was stopped or never begun.
    Cancelled,
    /// It could not be started.
    NotStarted {
        /// Whether another attempt may help.
        class: ErrorClass,
        /// The error of the system.
        reason: String,
    },
    /// It was not started: the circuit breaker of its provider is open.
    CircuitOpen,
}

/// A finished attempt of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// How it ended.
    pub ending: Ending,
    /// Its captured standard output.
    pub stdout: Captured,
    /// Its captured standard error.
    pub stderr: Captured,
    /// The result of [`Plan::reader`](super::Plan::reader) for its whole standard output.
    pub reading: OutputReading,
    /// From its start to the end of its streams.
    pub elapsed: Duration,
    /// Whether a process of the attempt may still be running.
    pub leaked: bool,
    /// Such processes, as far as they are known.
    pub left: Vec<LeftProcess>,
}

/// A process that an agent has left behind and that may still be running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftProcess {
    /// Its process id.
    pub pid: u32,
    /// Its program as it calls itself, without its other arguments.
    pub command: String,
}

/// The final status of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It exited with 0, and nothing in its output shows a failure.
    Ok,
    /// It exited with another code, or its output shows a failure.
    Failed,
    /// A signal that the gate did not send ended it.
    Killed,
    /// It timed out.
    TimedOut,
    /// The gate was cancelled before it ended.
    Cancelled,
    /// It could not be started.
    NotStarted,
    /// It was not started: the circuit breaker of its provider is open.
    CircuitOpen,
}

impl Status {
    /// The status as text: `timed out`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Killed => "killed",
            Self::TimedOut => "timed out",
            Self::Cancelled => "cancelled",
            Self::NotStarted => "not started",
            Self::CircuitOpen => "skipped",
        }
    }
}

/// The result of one agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentRun {
    /// The canonical name of its model.
    pub name: String,
    /// The provider's own id of the model.
    pub model: String,
    /// Its final status.
    pub status: Status,
    /// How many attempts it had, including rejected ones.
    pub attempts: u32,
    /// The exit code of the last attempt, if any.
    pub exit: Option<i32>,
    /// The signal that ended the last attempt, if any.
    pub signal: Option<i32>,
    /// Why it was not started or not retried; `None`: it succeeded.
    pub reason: Option<String>,
    /// From its first start to its end, waits included.
    pub elapsed_ms: u64,
    /// Whether a process of any of its attempts may still be running.
    pub leaked: bool,
    /// Such processes, as far as they are known.
    #[serde(default)]
    pub left: Vec<LeftProcess>,
    /// How many bytes of the last attempt's two streams were dropped.
    pub dropped_bytes: u64,
    /// When its last attempt ended, since 1970-01-01T00:00:00Z.
    pub ended_at_ms: u64,
    /// The output of its last attempt. Serde skips it; [`Run::to_json_with_outputs`] includes it.
    #[serde(skip)]
    pub output: Output,
}

/// The output of an agent, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// The result of a gate.
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
    /// Whether cancelling it kept an agent from an end of its own.
    pub cancelled: bool,
    /// Whether no agent could be started. Records of older releases have `false`.
    #[serde(default)]
    pub not_started: bool,
    /// Whether answers were compared; `None`: an older release recorded it.
    #[serde(default)]
    pub answers_compared: Option<bool>,
    /// The decision of the ballot.
    #[serde(flatten)]
    pub decision: Decision,
    /// The agents, in the order of the gate.
    pub agents: Vec<AgentRun>,
}

impl Run {
    /// Whether the quorum is reached, its answer means yes, and the gate was not cancelled.
    pub fn is_ok(&self) -> bool {
        !self.cancelled && self.decision.verdict != Verdict::Insufficient && !self.decision.is_refused()
    }
}
