//! How a run ended.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// How a run ended. That of a function that failed has neither an exit code nor a signal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code of a process that exited by itself.
    pub exit: Option<i32>,
    /// The signal that ended the process.
    pub signal: Option<i32>,
    /// Whether the run was ended at the time limit.
    pub timed_out: bool,
}

impl Outcome {
    /// A run that exited with this code.
    pub const fn exited(code: i32) -> Self {
        Self { exit: Some(code), signal: None, timed_out: false }
    }

    /// Whether the run exited by itself with code 0.
    pub fn is_success(self) -> bool {
        self == Self::exited(0)
    }

    /// Whether the run is a call of a function that failed.
    pub fn is_failed_call(self) -> bool {
        self == Self::default()
    }

    /// Whether the run ended by itself, with any code.
    pub fn exited_by_itself(self) -> bool {
        self.exit.is_some() && !self.timed_out
    }
}

/// `exit 1`, `signal 11`, `timed out`; `failed` for a function, which has no exit code.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.timed_out, self.exit, self.signal) {
            (true, ..) => f.write_str("timed out"),
            (_, _, Some(signal)) => write!(f, "signal {signal}"),
            (_, Some(code), None) => write!(f, "exit {code}"),
            (false, None, None) => f.write_str("failed"),
        }
    }
}

/// The runs of a benchmark that failed in the same way.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct FailedRuns {
    /// The exit code.
    pub exit: Option<i32>,
    /// The signal.
    pub signal: Option<i32>,
    /// Whether they were ended at the time limit.
    pub timed_out: bool,
    /// How many there are.
    pub count: u32,
    /// The number of the first of them, from 1.
    #[serde(default)]
    pub first_run: Option<u32>,
    /// The last line that the first of them wrote to its standard error.
    #[serde(default)]
    pub last_line: Option<String>,
}

impl FailedRuns {
    /// How they ended.
    pub fn outcome(&self) -> Outcome {
        Outcome { exit: self.exit, signal: self.signal, timed_out: self.timed_out }
    }

    /// Counts a failed run, in the order of the first failure of each kind.
    pub(super) fn count(failed: &mut Vec<Self>, outcome: Outcome, run: u32, last_line: Option<String>) {
        if let Some(known) = failed.iter_mut().find(|known| known.outcome() == outcome) {
            known.count = known.count.saturating_add(1);
            return;
        }
        let Outcome { exit, signal, timed_out } = outcome;
        failed.push(Self { exit, signal, timed_out, count: 1, first_run: Some(run), last_line });
    }
}
