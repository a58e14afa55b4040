//! The status of a running configuration.

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use speckit_core::Diagnostic;
use speckit_core::config::reload::ReloadMachine;
use speckit_core::tree::diff::Change;

use crate::config::events::{ConfigReloadEvent, Diagnostics};
use crate::config::snapshot::Snapshot;
#[cfg(feature = "sources")]
use crate::config::source::SourceStatus;

/// The status of a running configuration, from [`Config::status`](crate::Config::status).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Status {
    /// The generation in use.
    pub generation: u64,
    /// How long it has been in use.
    pub age: Duration,
    /// The number of reloads that changed the configuration.
    pub reloads: u64,
    /// The number of refused reloads.
    pub refusals: u64,
    /// The duration of the last reload that changed the configuration, from the end of the quiet period to the swap.
    pub last_reload: Option<Duration>,
    /// The 95th percentile of these durations (nearest rank, over the last 1000).
    pub p95_reload: Option<Duration>,
    /// How changes are detected.
    pub watching: Watching,
    /// Whether changes wait for the end of the debounce period, or a lost file for its content.
    pub is_waiting: bool,
    /// Whether an accepted configuration waits for the last guard.
    pub is_deferred: bool,
    /// The number of guards.
    pub busy: usize,
    /// Changes that need a restart of the program, in key order; secrets are redacted.
    pub pending_restart: Vec<Change>,
    /// Why the newest content of the files is refused; `None` if it is in use or waits.
    pub refusal: Option<Diagnostics>,
    /// Warnings about watching and about the history.
    pub warnings: Vec<Diagnostic>,
    /// The files that differ from the running configuration, sorted by path.
    pub drift: Vec<PathBuf>,
    /// The sources of the program, in the order of their calls.
    #[cfg(feature = "sources")]
    pub sources: Vec<SourceStatus>,
}

/// How changes are detected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Watching {
    /// Not at all: there is no watcher.
    #[default]
    Off,
    /// By events of the system.
    Native,
    /// By polling.
    Poll {
        /// The interval.
        every: Duration,
    },
}

/// The number of durations that the percentile is taken from.
const MAX_RELOAD_TIMES: usize = 1000;

/// Collects the status; each turn updates it.
#[derive(Debug)]
pub(crate) struct StatusTracker {
    since: Duration,
    reloads: u64,
    refusals: u64,
    times: VecDeque<Duration>,
    refusal: Option<Diagnostics>,
    /// The files of the last read.
    pub(crate) files: BTreeSet<PathBuf>,
    pub(crate) watching: Watching,
    pub(crate) warnings: Vec<Diagnostic>,
    is_waiting: bool,
    is_deferred: bool,
}

impl StatusTracker {
    pub(crate) fn new(now: Duration, refusal: Option<Diagnostics>) -> Self {
        Self {
            since: now,
            reloads: 0,
            refusals: 0,
            times: VecDeque::new(),
            refusal,
            files: BTreeSet::new(),
            watching: Watching::Off,
            warnings: Vec::new(),
            is_waiting: false,
            is_deferred: false,
        }
    }

    /// Why the newest content of the files is not in use.
    #[cfg(any(feature = "sqlite", feature = "tracing"))]
    pub(crate) fn refusal(&self) -> Option<&Diagnostics> {
        self.refusal.as_ref()
    }

    /// Records a publication; `is_renewed` is set if the values differ.
    pub(crate) fn published(&mut self, now: Duration, elapsed: Duration, is_renewed: bool) {
        self.refusal = None;
        if is_renewed {
            self.since = now;
            self.reloads += 1;
            if self.times.len() >= MAX_RELOAD_TIMES {
                self.times.pop_front();
            }
            self.times.push_back(elapsed);
        }
    }

    /// Updates what waits, before the events of a step are emitted.
    pub(crate) fn update_waiting(&mut self, machine: &ReloadMachine) {
        self.is_waiting = machine.is_settling();
        self.is_deferred = machine.is_deferred();
    }

    pub(crate) fn record(&mut self, event: &ConfigReloadEvent) {
        match event {
            ConfigReloadEvent::ReloadFailed { diagnostics, .. } => {
                self.refusals += 1;
                self.refusal = Some(diagnostics.clone());
            }
            ConfigReloadEvent::ReloadDeferred { .. } => self.refusal = None,
            ConfigReloadEvent::Warning { diagnostics } => self.warnings.extend_from_slice(diagnostics),
            _ => {}
        }
    }

    pub(crate) fn status<T>(
        &self,
        now: Duration,
        current: &Snapshot<T>,
        busy: usize,
        drift: Vec<PathBuf>,
    ) -> Status {
        Status {
            generation: current.generation(),
            age: now.saturating_sub(self.since),
            reloads: self.reloads,
            refusals: self.refusals,
            last_reload: self.times.back().copied(),
            p95_reload: nearest_rank(self.times.iter().copied().collect(), 95),
            watching: self.watching,
            is_waiting: self.is_waiting,
            is_deferred: self.is_deferred,
            busy,
            pending_restart: current.pending_restart(),
            refusal: self.refusal.clone(),
            warnings: self.warnings.clone(),
            drift,
            #[cfg(feature = "sources")]
            sources: Vec::new(),
        }
    }
}

/// The smallest value that so many percent of all are at most.
fn nearest_rank(mut values: Vec<Duration>, percent: usize) -> Option<Duration> {
    values.sort_unstable();
    let rank = (values.len() * percent).div_ceil(100);
    values.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values = |count: u64| (1..=count).map(Duration::from_millis).collect::<Vec<_>>();
        let of = |count: u64| nearest_rank(values(count), 95).map(|value| value.as_millis());
        assert_eq!(of(0), None);
        assert_eq!(of(1), Some(1));
        assert_eq!(of(20), Some(19));
        assert_eq!(of(100), Some(95));
        assert_eq!(of(101), Some(96));
    }
}
