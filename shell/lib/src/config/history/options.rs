//! How the history of a configuration is recorded.

use std::sync::Arc;

use speckit_core::Diagnostic;
use speckit_core::config::history::GenerationCause;
use speckit_core::store::StoreConfig;

use super::journal::Lookup;
use super::sqlite::SqliteJournal;

/// Takes the retention from the settings.
pub(crate) type RetentionFn<T> = Arc<dyn Fn(&T) -> StoreConfig + Send + Sync>;

/// Opens a journal, whose path may come from the layers that could be read.
pub(crate) type JournalOpener = Box<dyn FnOnce(&Lookup<'_>) -> Result<SqliteJournal, Diagnostic> + Send>;

/// How a configuration is recorded.
pub(crate) struct RecordOptions<T> {
    pub(crate) open: JournalOpener,
    pub(crate) retention_of: RetentionFn<T>,
    /// Whether the settings set the retention.
    pub(crate) is_set_by_settings: bool,
    /// The cause of the first generation.
    pub(crate) cause: GenerationCause,
}
