//! The events of reloads.

use std::fmt;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};
use speckit_core::tree::diff::Change;
use speckit_core::{Diagnostic, Key};

/// An event of a running configuration. Secrets are redacted.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ConfigReloadEvent {
    /// These files changed, and the configuration or its diagnostics with them.
    FileChanged {
        /// The files, in the order of their names.
        paths: Vec<PathBuf>,
    },
    /// The content of the files is in use.
    ReloadSuccess {
        /// The generation in use.
        generation: u64,
        /// The changes in key order; empty if an edit was reverted.
        changed: Vec<Change>,
        /// The keys that keep their running value until the program starts again (`x-reload = restart`), in order.
        pending_restart: Vec<Key>,
        /// From the end of the quiet period to the swap.
        elapsed: Duration,
        /// Whether the history has the generation. The event waits for its row, up to 50 ms.
        recorded: RecordState,
    },
    /// The history has this generation, whose success was [`RecordState::Pending`]: it is there after a crash of the program, too.
    Recorded {
        /// The generation.
        generation: u64,
    },
    /// The content of the files is refused.
    ReloadFailed {
        /// The generation that stays in use.
        generation: u64,
        /// The reasons, in the order of reports.
        diagnostics: Diagnostics,
    },
    /// The content of the files is accepted, and waits until the last guard of [`Config::busy`](crate::Config::busy)
    /// is dropped. One success or failure follows.
    ReloadDeferred {
        /// The number of guards.
        busy: usize,
    },
    /// A problem to show to a person, such as a limit of the system on watches. Reloads continue.
    Warning {
        /// The warnings.
        diagnostics: Diagnostics,
    },
    /// A source of the program can be read again; the [`Warning`](Self::Warning) `source/unreadable` was at the beginning of its
    /// outage.
    #[cfg(feature = "sources")]
    SourceRecovered {
        /// The name of the source.
        name: String,
        /// The time since the first failed read.
        outage: Duration,
    },
    /// This subscriber was too slow, and this many events before the next one were dropped.
    Missed {
        /// The number of dropped events.
        count: u64,
    },
}

/// Whether the history has a generation. As JSON it is `true`, `"pending"` or `false`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordState {
    /// It is written.
    Recorded,
    /// It will be written; [`ConfigReloadEvent::Recorded`] follows.
    Pending,
    /// No history is recorded.
    Off,
}

impl Serialize for RecordState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Recorded => serializer.serialize_bool(true),
            Self::Pending => serializer.serialize_str("pending"),
            Self::Off => serializer.serialize_bool(false),
        }
    }
}

/// Diagnostics with their report. Secrets are masked in both.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(Arc<(Vec<Diagnostic>, String)>);

impl Diagnostics {
    /// Diagnostics with their report.
    pub fn new(diagnostics: Vec<Diagnostic>, report: String) -> Self {
        Self(Arc::new((diagnostics, report)))
    }

    /// The diagnostics as text, with the source lines.
    pub fn report(&self) -> &str {
        &self.0.1
    }
}

impl Deref for Diagnostics {
    type Target = [Diagnostic];

    fn deref(&self) -> &[Diagnostic] {
        &self.0.0
    }
}

impl fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The report.
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.report())
    }
}
