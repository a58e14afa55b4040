//! The errors of a database.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use speckit_core::retry::{ErrorClass, classes};
use speckit_core::text::{count, duration};

use crate::retry::RetryClassifiable;

/// Why an operation on a database failed. Two errors with the same content are equal.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file is no database.
    #[error("`{}` is no SQLite database; name another file, or move this one away", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file is the database of another program.
    #[error("`{}` is a database of another program; name another file, which is created if it is missing", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer release.
    #[error(
        "`{}` has version {found}, but this release knows versions up to {known}; use a newer release, or another file",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this release knows.
        known: i64,
    },
    /// The file, or its folder, is read-only.
    #[error("`{}` cannot be written: {reason}; check the permissions of the file and of its folder", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// The message of the system or of SQLite.
        reason: String,
    },
    /// The store was opened for reading only.
    #[error("`{}` is open for reading only; `StoreOptions::open` opens it for writing", path.display())]
    OpenedToRead {
        /// The file.
        path: PathBuf,
    },
    /// The file was moved, deleted or replaced since the store was opened.
    #[error(
        "`{}` was moved, deleted or replaced while it was open; nothing of this write is stored. Put the file back, or use the \
         path again, which creates a missing file",
        path.display()
    )]
    Replaced {
        /// The path.
        path: PathBuf,
    },
    /// The database of a log is missing.
    #[error(
        "`{}` is missing or empty, but its log `{}` is here and may have its newest entries; move the log to where its database \
         is, as NAME-wal, or delete it",
        path.display(),
        log.display()
    )]
    OrphanedLog {
        /// The path of the database.
        path: PathBuf,
        /// The log.
        log: PathBuf,
    },
    /// The log beside the file is not the one that belongs to it.
    #[error(
        "the log beside `{}` (`-wal` and `-shm`) belongs to another database or is cut off: a file was moved or replaced while a \
         program used it. End the programs that use it, put the database of the log back, or move the log away",
        path.display()
    )]
    ForeignLog {
        /// The file.
        path: PathBuf,
    },
    /// The disk is full, or the database has reached its limit.
    #[error("`{}` cannot grow: {reason}; nothing of this write is stored. Free some space, or raise the limit on the size of files", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// The message of SQLite.
        reason: String,
    },
    /// A copy of a database cannot be put there, or not be made of that file.
    #[error("`{}` {reason}", path.display())]
    Copy {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and how to fix it.
        reason: String,
    },
    /// The file is damaged.
    #[error("`{}` is damaged: {reason}; `speckit store check` lists the damage. Restore the file, or move it away", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The message of SQLite.
        reason: String,
    },
    /// The file cannot be opened.
    #[error("`{}` cannot be opened: {reason}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The message of the system or of SQLite.
        reason: String,
    },
    /// A setting of the database did not take effect.
    #[error(
        "`{}`: `PRAGMA {pragma}` is {found} and must be {expected}; the file system may lack shared memory: use a local one",
        path.display()
    )]
    Pragma {
        /// The file.
        path: PathBuf,
        /// The setting.
        pragma: &'static str,
        /// The required value.
        expected: String,
        /// The actual value.
        found: String,
    },
    /// Another connection held the lock until the deadline.
    #[error(
        "`{}` is locked by another connection: {} in {} ({message}, code {code}); \
         end the program that holds the lock, or allow more time",
        path.display(),
        count(*attempts, "attempt"),
        duration(*elapsed)
    )]
    Busy {
        /// The file.
        path: PathBuf,
        /// The number of attempts.
        attempts: u32,
        /// The time of all attempts.
        elapsed: Duration,
        /// The extended result code of the last attempt (<https://sqlite.org/rescode.html>).
        code: i32,
        /// The message of SQLite.
        message: String,
    },
    /// A statement failed.
    #[error("{message} (code {code})")]
    Sqlite {
        /// The extended result code (<https://sqlite.org/rescode.html>); also 1 for errors of `rusqlite` itself.
        code: i32,
        /// The message of SQLite.
        message: String,
    },
    /// A closure of `write` calls `write` of the same store, and would wait for itself.
    #[error("a write within a write of the same store: use the transaction of the outer closure")]
    Nested,
    /// The closure succeeded, but one of its statements rolled the transaction back, such as `INSERT OR ROLLBACK`.
    #[error("one of its own statements rolled the transaction back; nothing of it is written")]
    RolledBack,
    /// This release cannot read a row.
    #[error(
        "row {row} of `{table}` cannot be read: {reason}; if a newer release wrote it, use that release. Else check the file \
         for damage with `speckit store check`"
    )]
    Unreadable {
        /// The table.
        table: &'static str,
        /// The number of the row.
        row: i64,
        /// What is wrong with it.
        reason: String,
    },
    /// The closure failed for a reason of its own.
    #[error(transparent)]
    Refused {
        /// The reason.
        reason: Refusal,
    },
    /// A thread could not be started.
    #[error("a thread of the database could not be started: {reason}")]
    Thread {
        /// The message of the system.
        reason: String,
    },
    /// Something that the operation needs is missing.
    #[error("{what}")]
    Absent {
        /// What is missing, and how to fix it.
        what: String,
    },
}

/// The reason of a closure. Two reasons with the same text are equal.
#[derive(Clone)]
pub struct Refusal(Arc<dyn Error + Send + Sync>);

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl PartialEq for Refusal {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for Refusal {}

/// The source is the error of the closure, so that it can be found in a chain of errors.
impl Error for Refusal {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

/// The text, so that `fn main() -> Result<(), StoreError>` and `unwrap` show it.
impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StoreError {
    /// The error with which a closure rolls back for a reason of its own: a text, or an error that comes back as it is.
    ///
    /// ```
    /// use speckit::store::{Store, StoreError};
    ///
    /// #[derive(Debug, PartialEq, thiserror::Error)]
    /// #[error("the name is taken")]
    /// struct NameTaken;
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// let store = Store::open(folder.path().join("app.db"))?;
    /// let error = store.write(|_| Err::<(), _>(StoreError::refused(NameTaken))).unwrap_err();
    /// assert_eq!(error.refusal(), Some(&NameTaken));
    /// # Ok::<(), StoreError>(())
    /// ```
    pub fn refused(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Refused { reason: Refusal(reason.into().into()) }
    }

    /// The error of a closure, if it is of this type.
    pub fn refusal<E: Error + 'static>(&self) -> Option<&E> {
        match self {
            Self::Refused { reason } => reason.0.downcast_ref(),
            _ => None,
        }
    }

    /// The extended result code of a [`StoreError::Sqlite`] or [`StoreError::Busy`]; other variants do not keep it.
    pub fn code(&self) -> Option<i32> {
        match self {
            Self::Sqlite { code, .. } | Self::Busy { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// Whether the transaction may succeed when it runs again. [`StoreError::Busy`] is excluded: it has already used its deadline.
    pub(super) fn is_retryable(&self) -> bool {
        matches!(self, Self::Sqlite { .. }) && self.classify() == ErrorClass::Retryable
    }

    /// The error for a file that the system cannot open.
    pub(super) fn unopened(path: &Path, error: &std::io::Error) -> Self {
        let (path, reason) = (path.to_path_buf(), error.to_string());
        match error.kind() {
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { path, reason }
            }
            _ => Self::Open { path, reason },
        }
    }

    /// [`StoreError::Busy`] if the last attempt failed on a lock; otherwise as [`StoreError::of`].
    pub(super) fn gave_up(self, path: &Path, attempts: u32, elapsed: Duration) -> Self {
        match self {
            Self::Sqlite { code, message } if classes::sqlite(code) == ErrorClass::Retryable => {
                Self::Busy { path: path.to_path_buf(), attempts, elapsed, code, message }
            }
            error => error.of(path),
        }
    }

    /// As [`StoreError::of`], for a closure that reads: its failed write is no matter of permissions.
    pub(super) fn of_read(self, path: &Path) -> Self {
        match self {
            Self::Sqlite { code: code @ rusqlite::ffi::SQLITE_READONLY, .. } => {
                Self::Sqlite { code, message: "a read may not write; use `write`".into() }
            }
            error => error.of(path),
        }
    }

    /// The same with the path, if the file is the cause.
    pub(super) fn of(self, path: &Path) -> Self {
        let Self::Sqlite { code, message: reason } = self else { return self };
        let path = path.to_path_buf();
        match code & 0xff {
            _ if code == rusqlite::ffi::SQLITE_IOERR_SHORT_READ => Self::ForeignLog { path },
            // The disk is full, or a limit of the process is reached.
            _ if [rusqlite::ffi::SQLITE_IOERR_WRITE, rusqlite::ffi::SQLITE_IOERR_SHMSIZE].contains(&code) => {
                Self::Full { path, reason }
            }
            8 => Self::ReadOnly { path, reason },
            11 => Self::Corrupt { path, reason },
            13 => Self::Full { path, reason },
            14 => Self::Open { path, reason },
            26 => Self::NotADatabase { path },
            _ => Self::Sqlite { code, message: reason },
        }
    }
}

/// A lock that another connection held until the deadline is still retryable: a caller with more time repeats the whole call.
impl RetryClassifiable for StoreError {
    fn classify(&self) -> ErrorClass {
        self.code().map_or(ErrorClass::Permanent, classes::sqlite)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error().map_or(1, |error| error.extended_code);
        let message = match (&error, code) {
            (_, rusqlite::ffi::SQLITE_AUTH) => {
                "the store controls its transactions and the settings of its connections: return an error to roll back, and \
                 use no pragma that sets something"
                    .into()
            }
            (rusqlite::Error::SqliteFailure(_, Some(message)), _) => message.clone(),
            _ => error.to_string(),
        };
        Self::Sqlite { code, message }
    }
}
