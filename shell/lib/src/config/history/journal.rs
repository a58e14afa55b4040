//! The entries that a running configuration records: accepted generations and refusals. They are written in the
//! background, and again after a failure, which is a warning.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use speckit_core::config::history::GenerationCause;
use speckit_core::config::resolve::KeyRules;
use speckit_core::store::{HistoryMode, StoreConfig};
use speckit_core::{Diagnostic, Key, Layer, Source, Value};

use crate::config::events::Diagnostics;

/// What a journal reports.
pub(crate) enum JournalEvent {
    /// A problem to show to a person.
    Warning(Diagnostic),
    /// The newest entry is written: the warnings about failures before are out of date.
    Recovered,
    /// A generation whose entry is awaited is written.
    Recorded { generation: u64 },
}

/// Receives the events of a journal, on the thread that writes.
pub(crate) type JournalObserver = Box<dyn Fn(JournalEvent) + Send + Sync>;

/// The string at a key in the highest layer that has it.
pub(crate) type Lookup<'a> = dyn Fn(&Key) -> Option<String> + 'a;

/// Looks up a string in layers, which are in ascending priority.
pub fn look_up(layers: &[Layer], key: &Key) -> Option<String> {
    let found = layers.iter().rev().find_map(|layer| layer.root().get(key))?;
    found.as_str().map(String::from)
}

/// How much is recorded, how many generations, and how many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retention {
    pub(crate) mode: HistoryMode,
    pub(crate) generations: u32,
    pub(crate) bytes: u64,
}

impl Retention {
    pub(crate) fn nothing() -> Self {
        Self { mode: HistoryMode::Off, generations: 1, bytes: 0 }
    }
}

impl From<&StoreConfig> for Retention {
    fn from(settings: &StoreConfig) -> Self {
        Self {
            mode: settings.history,
            generations: settings.keep_generations.max(1),
            bytes: settings.keep_bytes(),
        }
    }
}

/// The time, retention and files of an entry.
#[derive(Clone)]
pub(crate) struct EntryContext {
    /// Since 1970-01-01T00:00:00Z.
    pub(crate) at: Duration,
    pub(crate) retention: Retention,
    /// The absolute paths of the layered files and folders, in order.
    pub(crate) files: Arc<[PathBuf]>,
}

/// An accepted configuration.
pub(crate) struct AcceptedEntry {
    pub(crate) context: EntryContext,
    pub(crate) cause: GenerationCause,
    pub(crate) now: GenerationView,
    /// The generation before it in this process.
    pub(crate) before: Option<GenerationView>,
}

/// A refused configuration.
pub(crate) struct RefusedEntry {
    pub(crate) context: EntryContext,
    /// The generation that stays in use.
    pub(crate) generation: u64,
    /// Why; redacted.
    pub(crate) diagnostics: Diagnostics,
}

/// The texts of a recorded generation.
pub(crate) struct LastGood {
    pub(crate) number: i64,
    pub(crate) accepted_at_ms: u64,
    /// By absolute paths, in the order in which they are layered.
    pub(crate) texts: Vec<(String, Arc<str>)>,
    /// The log of the database that could not be read; it may have a newer generation.
    pub(crate) unread_log: Option<PathBuf>,
}

/// The parts of a snapshot that are recorded.
pub(crate) struct GenerationView {
    pub(crate) generation: u64,
    /// The tree as written, with pending changes and secrets.
    pub(crate) written: Value,
    pub(crate) keys: Arc<KeyRules>,
    /// The files in the order of their layers.
    pub(crate) sources: Vec<Arc<Source>>,
}
