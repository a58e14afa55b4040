//! Gates as texts for people, and as JSON for programs.

use alloc::string::String;
use core::fmt;

use serde_json::Value;

use super::event::Event;
use super::plan::Plan;
use super::run::Run;

impl Plan {
    /// What `gate run --dry-run` shows: long arguments cut, so that a terminal can hold it.
    pub fn to_text(&self) -> String {
        String::new()
    }

    /// The same with everything.
    pub fn to_json(&self) -> Value {
        Value::Null
    }
}

impl Run {
    /// The verdict, each agent in a line, and who disagrees.
    pub fn to_text(&self) -> String {
        String::new()
    }

    /// The same and what the agents wrote.
    pub fn to_text_with_outputs(&self) -> String {
        String::new()
    }

    /// The event `finished` with the number under which the run is kept.
    pub fn to_json(&self, run_id: Option<i64>) -> Value {
        let _ = run_id;
        Value::Null
    }

    /// The same and what the agents wrote; [`Run::from_json`] reads it.
    pub fn to_json_with_outputs(&self, run_id: Option<i64>) -> Value {
        let _ = run_id;
        Value::Null
    }
}

/// One line of a log, without its end.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// Runs with their numbers as a table, the newest last.
pub fn list_text(runs: &[(i64, Run)]) -> String {
    let _ = runs;
    String::new()
}
