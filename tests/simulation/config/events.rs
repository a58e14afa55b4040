//! Comparable summaries of events, and the rules for every sequence of events.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value as Json;
use speckit::{ConfigReloadEvent, Diagnostic, Severity};

use crate::config::oracle::diagnostics_json;

/// An event without the text of its report, so that a model can predict it.
#[derive(Clone, Debug, PartialEq)]
pub enum EventSummary {
    Changed(Vec<PathBuf>),
    Success {
        generation: u64,
        changed: Vec<(String, Json, Json)>,
        pending: Vec<String>,
        elapsed: Duration,
    },
    Failed {
        generation: u64,
        diagnostics: Json,
    },
    Deferred {
        busy: usize,
    },
    /// The closure that returns the hot-reload settings has panicked.
    ClosurePanicked,
    Other(String),
}

impl From<&ConfigReloadEvent> for EventSummary {
    fn from(event: &ConfigReloadEvent) -> Self {
        match event {
            ConfigReloadEvent::FileChanged { paths } => Self::Changed(paths.clone()),
            ConfigReloadEvent::ReloadSuccess { generation, changed, pending_restart, elapsed, .. } => {
                let json = |side: &_| serde_json::to_value(side).expect("a value is JSON");
                let changed = changed
                    .iter()
                    .map(|change| (change.key.to_string(), json(&change.old), json(&change.new)))
                    .collect();
                let pending = pending_restart.iter().map(ToString::to_string).collect();
                Self::Success { generation: *generation, changed, pending, elapsed: *elapsed }
            }
            ConfigReloadEvent::ReloadFailed { generation, diagnostics } => {
                Self::Failed { generation: *generation, diagnostics: diagnostics_json(diagnostics) }
            }
            ConfigReloadEvent::ReloadDeferred { busy } => Self::Deferred { busy: *busy },
            ConfigReloadEvent::Warning { diagnostics } if diagnostics.iter().all(is_closure_warning) => {
                Self::ClosurePanicked
            }
            other => Self::Other(format!("{other:?}")),
        }
    }
}

fn is_closure_warning(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Warning && diagnostic.message.contains("the closure has a mistake")
}

impl fmt::Display for EventSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(paths) => {
                let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
                write!(f, "changed {}", paths.join(", "))
            }
            Self::Success { generation, changed, pending, elapsed } => {
                write!(f, "success: generation {generation} after {elapsed:?}")?;
                changed.iter().try_for_each(|(key, old, new)| write!(f, ", {key} {old} -> {new}"))?;
                if pending.is_empty() { Ok(()) } else { write!(f, "; pending {}", pending.join(", ")) }
            }
            Self::Failed { generation, diagnostics } => {
                write!(f, "failed: generation {generation} stays")?;
                let found = diagnostics.as_array().into_iter().flatten();
                found.into_iter().try_for_each(|found| write!(f, "; {} {}", found["code"], found["message"]))
            }
            Self::Deferred { busy } => write!(f, "deferred by {busy}"),
            Self::ClosurePanicked => f.write_str("warning about the closure"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// Checks the rules for every sequence of events.
#[derive(Debug)]
pub struct EventOrderChecker {
    generation: u64,
    last_event: LastEvent,
    /// Whether `FileChanged` was sent without its result so far.
    is_open: bool,
}

#[derive(Debug, PartialEq)]
enum LastEvent {
    InUse,
    Refused(Json),
    Deferred,
}

impl EventOrderChecker {
    pub fn new(refused: Option<Json>) -> Self {
        Self {
            generation: 1,
            last_event: refused.map_or(LastEvent::InUse, LastEvent::Refused),
            is_open: false,
        }
    }

    pub fn check(&mut self, event: &EventSummary) -> Result<(), String> {
        let was_open = std::mem::take(&mut self.is_open);
        match event {
            EventSummary::Changed(paths) => {
                self.is_open = true;
                let is_allowed = !was_open || self.last_event == LastEvent::Deferred;
                ensure(is_allowed, "`FileChanged` was sent twice without a result of the first")?;
                ensure(!paths.is_empty() && paths.is_sorted(), "the changed files are empty or not sorted")
            }
            EventSummary::Success { generation, changed, .. } => {
                let is_same = *generation == self.generation;
                ensure(is_same || *generation == self.generation + 1, "a generation was skipped")?;
                ensure(
                    !is_same || self.last_event != LastEvent::InUse,
                    "a success was sent without a change",
                )?;
                ensure(!is_same || changed.is_empty(), "the configuration changed within a generation")?;
                self.generation = *generation;
                self.last_event = LastEvent::InUse;
                Ok(())
            }
            EventSummary::Failed { generation, diagnostics } => {
                let last_event = LastEvent::Refused(diagnostics.clone());
                ensure(*generation == self.generation, "a refusal changed the generation")?;
                ensure(self.last_event != last_event, "the same refusal was sent twice")?;
                ensure(diagnostics[0]["severity"].is_string(), "a refusal has no diagnostic")?;
                self.last_event = last_event;
                Ok(())
            }
            EventSummary::Deferred { busy } => {
                ensure(*busy > 0, "a reload was deferred without a read guard")?;
                ensure(self.last_event != LastEvent::Deferred, "the same reload was deferred twice")?;
                self.last_event = LastEvent::Deferred;
                Ok(())
            }
            EventSummary::ClosurePanicked => Ok(()),
            EventSummary::Other(text) => Err(format!("unexpected event: {text}")),
        }
    }

    /// Checks that every change was sent with its result, after all events of a call. A reload that is already deferred may
    /// change again without a new result.
    pub fn check_end_of_call(&mut self) -> Result<(), String> {
        let is_open = std::mem::take(&mut self.is_open);
        ensure(!is_open || self.last_event == LastEvent::Deferred, "`FileChanged` was sent without a result")
    }
}

/// Returns the message as an error unless the condition holds.
pub fn ensure(condition: bool, message: &str) -> Result<(), String> {
    if condition { Ok(()) } else { Err(message.into()) }
}
