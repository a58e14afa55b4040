//! How a store is opened.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::Store;
use super::error::StoreError;
use crate::os::documents;

/// When an acknowledged write is on the disk (<https://sqlite.org/pragma.html#pragma_synchronous>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Synchronous {
    /// When the system writes it, or the next checkpoint does: a crash of the program loses nothing, one of the machine may
    /// lose the last writes; it damages nothing.
    #[default]
    Normal,
    /// Before it is acknowledged: a crash of the machine loses nothing either.
    Full,
}

impl Synchronous {
    pub(super) fn number(self) -> &'static str {
        match self {
            Self::Normal => "1",
            Self::Full => "2",
        }
    }
}

/// How a store is opened; [`StoreOptions::open`] opens it.
///
/// ```
/// use std::time::Duration;
/// use speckit::store::{StoreOptions, Synchronous};
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("app.db");
/// let store = StoreOptions::new(path).synchronous(Synchronous::Full).deadline(Duration::from_secs(2)).open()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct StoreOptions {
    pub(super) path: PathBuf,
    pub(super) synchronous: Synchronous,
    pub(super) secure_delete: bool,
    deadline: Arc<dyn Fn() -> Duration + Send + Sync>,
}

impl StoreOptions {
    /// The options for a file, which is made where it is missing, readable by its owner alone.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            synchronous: Synchronous::default(),
            secure_delete: false,
            deadline: Arc::new(|| Duration::from_secs(30)),
        }
    }

    /// When an acknowledged write is on the disk; [`Synchronous::Normal`] where nothing is said.
    #[must_use]
    pub fn synchronous(mut self, synchronous: Synchronous) -> Self {
        self.synchronous = synchronous;
        self
    }

    /// Whether what is deleted is overwritten with zeros (<https://sqlite.org/pragma.html#pragma_secure_delete>), so that it
    /// cannot be read from the file any more; `false` where nothing is said.
    #[must_use]
    pub fn secure_delete(mut self, secure_delete: bool) -> Self {
        self.secure_delete = secure_delete;
        self
    }

    /// How long a call waits for a lock that another process holds; 30 s where nothing is said.
    #[must_use]
    pub fn deadline(self, deadline: Duration) -> Self {
        self.deadline_from(move || deadline)
    }

    /// As [`StoreOptions::deadline`], asked anew at each attempt: of a running configuration, say, so that a reload reaches
    /// a call that already waits.
    #[must_use]
    pub fn deadline_from(mut self, deadline: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        self.deadline = Arc::new(deadline);
        self
    }

    /// Opens the file, brings it to the present version, and checks that every setting took.
    ///
    /// # Errors
    /// Why it cannot be used; [`StoreError`] says what to do about it.
    pub fn open(self) -> Result<Store, StoreError> {
        Store::with(self)
    }

    /// The same with the whole path: SQLite would take a relative one that begins with `file:` for a URI, and a later change
    /// of the working folder changes nothing.
    pub(super) fn plain(mut self) -> Result<Self, StoreError> {
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
