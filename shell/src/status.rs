//! How a running configuration is doing.

use std::path::PathBuf;
use std::time::Duration;

use speckit_core::Diagnostic;
use speckit_core::diff::Change;

use crate::events::Diagnostics;

/// How a running configuration is doing, as [`Shell::status`](crate::Shell::status) found it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Status {
    /// The generation in force.
    pub generation: u64,
    /// How long it has been in force.
    pub age: Duration,
    /// How many reloads put something in force.
    pub reloads: u64,
    /// How many reloads were refused.
    pub refusals: u64,
    /// How long the last reload that put something in force took, from the end of the quiet period to the swap.
    pub last_reload: Option<Duration>,
    /// What 95 of 100 such reloads stay within (nearest rank, over the last 1000).
    pub p95_reload: Option<Duration>,
    /// How changes are noticed.
    pub watching: Watching,
    /// Whether changes wait for the end of a quiet period, or a file for its content.
    pub is_waiting: bool,
    /// Whether an accepted configuration waits for the last guard.
    pub is_deferred: bool,
    /// How many guards there are.
    pub busy: usize,
    /// What keeps its running value until the program starts again, in key order; secrets are redacted.
    pub pending_restart: Vec<Change>,
    /// Why the newest content of the files is not in force; `None` where it is, or waits.
    pub refusal: Option<Diagnostics>,
    /// What a person should know about the watching itself.
    pub warnings: Vec<Diagnostic>,
    /// The files whose present content is not what runs, in the order of their names.
    pub drift: Vec<PathBuf>,
}

/// How changes are noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Watching {
    /// Not at all: there is no watcher.
    #[default]
    Off,
    /// By events of the system.
    Native,
    /// By reading at intervals.
    Poll {
        /// The interval.
        every: Duration,
    },
}
