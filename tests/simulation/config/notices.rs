//! Events as they can be foretold and compared, and the grammar that each sequence of them obeys.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value as Json;
use speckit::{ConfigReloadEvent, Diagnostic, Severity};

use crate::config::oracle::diagnostics_json;

/// An event without the report.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
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
    /// The closure that says how the files are followed has panicked.
    Warned,
    Other(String),
}

impl From<&ConfigReloadEvent> for Notice {
    fn from(event: &ConfigReloadEvent) -> Self {
        match event {
            ConfigReloadEvent::FileChanged { paths } => Self::Changed(paths.clone()),
            ConfigReloadEvent::ReloadSuccess { generation, changed, pending_restart, elapsed } => {
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
            ConfigReloadEvent::Warning { diagnostics } if diagnostics.iter().all(is_of_closure) => {
                Self::Warned
            }
            other => Self::Other(format!("{other:?}")),
        }
    }
}

fn is_of_closure(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Warning && diagnostic.message.contains("the closure has a mistake")
}

impl fmt::Display for Notice {
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
            Self::Warned => f.write_str("warned of the closure"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// The rules for every sequence of events.
#[derive(Debug)]
pub struct Grammar {
    generation: u64,
    said: LastEvent,
    /// `FileChanged` was emitted, and its result was not yet.
    is_open: bool,
}

#[derive(Debug, PartialEq)]
enum LastEvent {
    InForce,
    Refused(Json),
    Deferred,
}

impl Grammar {
    pub fn new(refused: Option<Json>) -> Self {
        Self { generation: 1, said: refused.map_or(LastEvent::InForce, LastEvent::Refused), is_open: false }
    }

    pub fn take(&mut self, notice: &Notice) -> Result<(), String> {
        let was_open = std::mem::take(&mut self.is_open);
        match notice {
            Notice::Changed(paths) => {
                self.is_open = true;
                let is_told = !was_open || self.said == LastEvent::Deferred;
                claim(is_told, "`FileChanged` twice, without a result of the first")?;
                claim(!paths.is_empty() && paths.is_sorted(), "the files that changed are not in order")
            }
            Notice::Success { generation, changed, .. } => {
                let is_same = *generation == self.generation;
                claim(is_same || *generation == self.generation + 1, "a generation is missing")?;
                claim(!is_same || self.said != LastEvent::InForce, "a success without a change")?;
                claim(!is_same || changed.is_empty(), "another configuration in the same generation")?;
                self.generation = *generation;
                self.said = LastEvent::InForce;
                Ok(())
            }
            Notice::Failed { generation, diagnostics } => {
                let said = LastEvent::Refused(diagnostics.clone());
                claim(*generation == self.generation, "a refusal changed the generation")?;
                claim(self.said != said, "the same refusal twice")?;
                claim(diagnostics[0]["severity"].is_string(), "a refusal without a diagnostic")?;
                self.said = said;
                Ok(())
            }
            Notice::Deferred { busy } => {
                claim(*busy > 0, "deferred without a guard")?;
                claim(self.said != LastEvent::Deferred, "deferred twice")?;
                self.said = LastEvent::Deferred;
                Ok(())
            }
            Notice::Warned => Ok(()),
            Notice::Other(text) => Err(format!("nobody foretold {text}")),
        }
    }

    /// All events of one call are out: each change came with its result. Only a change that waits for the
    /// last guard already may change again without an event.
    pub fn pause(&mut self) -> Result<(), String> {
        let is_open = std::mem::take(&mut self.is_open);
        claim(!is_open || self.said == LastEvent::Deferred, "`FileChanged` without a result")
    }
}

/// The claim holds, or the words say what is wrong.
pub fn claim(holds: bool, words: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(words.into()) }
}
