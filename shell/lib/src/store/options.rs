//! The options of a store.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use speckit_core::store::SynchronousMode;

use super::Store;
use super::error::StoreError;
use crate::os::documents;

/// The options of a store; [`StoreOptions::open`] opens it.
///
/// ```
/// use std::time::Duration;
/// use speckit::store::{StoreOptions, SynchronousMode};
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("app.db");
/// let store = StoreOptions::new(path).synchronous(SynchronousMode::Full).deadline(Duration::from_secs(2)).open()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct StoreOptions {
    pub(super) path: PathBuf,
    pub(super) synchronous: SynchronousMode,
    pub(super) secure_delete: bool,
    deadline: Arc<dyn Fn() -> Duration + Send + Sync>,
}

impl StoreOptions {
    /// The options for a file. A missing file is created, readable only by its owner.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            synchronous: SynchronousMode::default(),
            secure_delete: false,
            deadline: Arc::new(|| Duration::from_secs(30)),
        }
    }

    /// How durable an acknowledged write is; [`SynchronousMode::Normal`] by default.
    #[must_use]
    pub fn synchronous(mut self, synchronous: SynchronousMode) -> Self {
        self.synchronous = synchronous;
        self
    }

    /// Whether deleted content is overwritten with zeros (<https://sqlite.org/pragma.html#pragma_secure_delete>), so that it
    /// can no longer be read from the file; `false` by default.
    #[must_use]
    pub fn secure_delete(mut self, secure_delete: bool) -> Self {
        self.secure_delete = secure_delete;
        self
    }

    /// How long a call waits for a lock that another process holds; 30 s by default.
    #[must_use]
    pub fn deadline(self, deadline: Duration) -> Self {
        self.deadline_from(move || deadline)
    }

    /// As [`StoreOptions::deadline`], read at each attempt, such as from a running configuration, so that a reload also
    /// affects a waiting call.
    #[must_use]
    pub fn deadline_from(mut self, deadline: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        self.deadline = Arc::new(deadline);
        self
    }

    /// Opens the file, migrates it to the current version, and checks the pragmas.
    ///
    /// # Errors
    /// Why it cannot be used, and how to fix it.
    pub fn open(self) -> Result<Store, StoreError> {
        Store::with(self)
    }

    /// Opens the file for reading only: it is neither created nor migrated, and never written to, also on a read-only disk.
    /// Each read opens it, and leaves nothing beside it. A database of an older release is read from a migrated copy in memory.
    /// A write is [`StoreError::OpenedToRead`]. [`unread_log`](super::unread_log) finds a log that cannot be read so.
    ///
    /// # Errors
    /// [`StoreError::Absent`] for a missing file, and why it cannot be read.
    pub fn open_to_read(self) -> Result<Store, StoreError> {
        Store::to_read(self)
    }

    /// These options with an absolute path: SQLite treats a relative path that begins with `file:` as a URI, and the working folder
    /// may change.
    pub(super) fn with_absolute_path(mut self) -> Result<Self, StoreError> {
        let path = documents::absolute(&self.path);
        self.path = path.map_err(|error| StoreError::unopened(&self.path, &error))?;
        Ok(self)
    }

    pub(super) fn allowed(&self) -> Duration {
        (self.deadline)()
    }
}

impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreOptions")
            .field("path", &self.path)
            .field("synchronous", &self.synchronous)
            .field("deadline", &self.allowed())
            .finish()
    }
}
