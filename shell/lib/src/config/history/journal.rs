//! What a running configuration tells of the generations that it accepts and of those that it refuses, so that they can be
//! kept.
//!
//! Whoever keeps them holds up nothing: what is told is written later, and what cannot be written is a warning.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use speckit_core::config::history::GenerationCause;
use speckit_core::store::{HistoryMode, StoreConfig};
use speckit_core::{Diagnostic, Key, Layer, Source, Value};

use crate::config::events::Diagnostics;
use crate::config::snapshot::Snapshot;

/// Says what a person should know.
pub(crate) type WarnFn = Box<dyn Fn(Diagnostic) + Send + Sync>;

/// Reads from the settings what is kept.
pub(crate) type RetentionFn<T> = Arc<dyn Fn(&T) -> StoreConfig + Send + Sync>;

/// Makes a journal, which may look into the layers that could be read for where it lies.
pub(crate) type JournalOpener = Box<dyn FnOnce(&Lookup<'_>) -> Result<Arc<dyn Journal>, Diagnostic>>;

/// The text that the highest layer has at a key, of those that could be read.
pub(crate) type Lookup<'a> = dyn Fn(&Key) -> Option<String> + 'a;

/// Looks into layers, lowest first.
pub fn look_up(layers: &[Layer], key: &Key) -> Option<String> {
    let found = layers.iter().rev().find_map(|layer| layer.root().get(key))?;
    found.as_str().map(String::from)
}

/// How a configuration is recorded.
pub(crate) struct RecordOptions<T> {
    pub(crate) open: JournalOpener,
    pub(crate) retention_of: RetentionFn<T>,
    /// Whether the settings themselves say how much is kept.
    pub(crate) is_set_by_settings: bool,
    /// Why what is opened comes into force.
    pub(crate) cause: GenerationCause,
}

/// Where it is kept what was accepted and refused.
pub(crate) trait Journal: Send + Sync {
    /// Whether it can be written. What is not there is made.
    fn prepare(&self) -> Result<(), Diagnostic>;

    /// Takes what says that something could not be written.
    fn attach(&self, warn: WarnFn);

    /// Keeps what was accepted.
    fn accepted(&self, told: Accepted);

    /// Keeps what was refused.
    fn refused(&self, told: Refused);

    /// The newest generation of these files with its texts; the words for why there is none.
    fn last_good(&self, files: &[PathBuf]) -> Result<LastGood, String>;

    /// What was kept.
    fn history(&self) -> Option<crate::config::history::History>;
}

/// What is kept, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retention {
    pub(crate) mode: HistoryMode,
    pub(crate) generations: u32,
}

impl Retention {
    pub(crate) fn nothing() -> Self {
        Self { mode: HistoryMode::Off, generations: 1 }
    }
}

impl From<&StoreConfig> for Retention {
    fn from(settings: &StoreConfig) -> Self {
        Self { mode: settings.history, generations: settings.keep_generations.max(1) }
    }
}

/// When and by whom something is told.
#[derive(Clone)]
pub(crate) struct Told {
    /// Since 1970-01-01T00:00:00Z.
    pub(crate) at: Duration,
    pub(crate) retention: Retention,
    /// What is layered: files, and folders of files, absolute, in their order.
    pub(crate) files: Arc<[PathBuf]>,
}

/// Something that was accepted.
pub(crate) struct Accepted {
    pub(crate) told: Told,
    pub(crate) cause: GenerationCause,
    pub(crate) now: Arc<dyn GenerationView>,
    /// What ran before it in this process; `None` where nothing did.
    pub(crate) before: Option<Arc<dyn GenerationView>>,
}

/// Something that was refused.
pub(crate) struct Refused {
    pub(crate) told: Told,
    /// The generation that stays in force.
    pub(crate) generation: u64,
    /// Why; redacted.
    pub(crate) findings: Diagnostics,
}

/// The texts of a generation that was accepted before.
pub(crate) struct LastGood {
    pub(crate) number: i64,
    pub(crate) accepted_at_ms: u64,
    /// By absolute paths, in the order in which they are layered.
    pub(crate) texts: Vec<(String, Arc<str>)>,
}

/// What is asked of a generation by one who keeps it.
pub(crate) trait GenerationView: Send + Sync {
    fn generation(&self) -> u64;
    /// The tree as it was written, with what waits for a restart; it holds secrets.
    fn written(&self) -> Value;
    fn is_secret(&self, key: &Key) -> bool;
    /// The files, in the order in which they are layered.
    fn sources(&self) -> &[Arc<Source>];
}

impl<T: Send + Sync> GenerationView for Snapshot<T> {
    fn generation(&self) -> u64 {
        Self::generation(self)
    }

    fn written(&self) -> Value {
        Self::written(self)
    }

    fn is_secret(&self, key: &Key) -> bool {
        Self::is_secret(self, key)
    }

    fn sources(&self) -> &[Arc<Source>] {
        Self::sources(self)
    }
}
