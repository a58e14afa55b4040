//! Why a database could not do what was asked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use speckit_core::retry::{ErrorClass, classes};
use speckit_core::text::{count, duration};

use crate::retry::RetryClassifiable;

/// Why a database could not do what was asked. Two are equal where they say the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file is something else.
    #[error("`{}` is no SQLite database; name another file, or move this one away", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file is the database of another program.
    #[error("`{}` is a database of another program; name another file, which is made where it is missing", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer release.
    #[error(
        "`{}` has the version {found}, and this release knows versions up to {known}; use the newer release, or another file",
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
    /// The file, or its folder, may not be written.
    #[error("`{}` cannot be written: {reason}; check the permissions of the file and of its folder", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// What the system or SQLite says.
        reason: String,
    },
    /// The disk is full, or the database has reached its limit.
    #[error("`{}` cannot grow: {reason}; nothing of this write is in it. Free some space", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// The file is damaged.
    #[error("`{}` is damaged: {reason}; `speckit store check` says more. Restore it, or move it away", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// The file cannot be opened.
    #[error("`{}` cannot be opened: {reason}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system or SQLite says.
        reason: String,
    },
    /// A setting of the database did not take effect.
    #[error(
        "`{}`: `PRAGMA {pragma}` is {found} and has to be {expected}; the file system may lack shared memory: use a local one",
        path.display()
    )]
    Pragma {
        /// The file.
        path: PathBuf,
        /// The setting.
        pragma: &'static str,
        /// What it has to be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// Somebody else held the lock until the deadline.
    #[error(
        "`{}` is locked by another connection: {} in {} ({message}, code {code}); \
         end whoever holds it, or allow more time",
        path.display(),
        count(*attempts, "attempt"),
        duration(*elapsed)
    )]
    Busy {
        /// The file.
        path: PathBuf,
        /// How often it was tried.
        attempts: u32,
        /// How long it was tried.
        elapsed: Duration,
        /// The extended result code of the last attempt (<https://sqlite.org/rescode.html>).
        code: i32,
        /// What SQLite says.
        message: String,
    },
    /// A statement failed.
    #[error("{message} (code {code})")]
    Sqlite {
        /// The extended result code (<https://sqlite.org/rescode.html>); 1 for mistakes that the Rust side found.
        code: i32,
        /// What SQLite says.
        message: String,
    },
    /// A closure of `write` calls `write` of the same store, and would wait for itself.
    #[error("a write within a write of the same store: use the transaction that the closure is given")]
    Nested,
    /// The closure succeeded, and yet its transaction was rolled back by a statement of it, such as `INSERT OR ROLLBACK`.
    #[error("the transaction was rolled back by one of its own statements; nothing of it is written")]
    RolledBack,
    /// A row holds what this release cannot read.
    #[error(
        "row {row} of `{table}` cannot be read: {reason}; a newer release may have written it, and reads it. If none did, \
         `speckit store check` says whether the file is damaged"
    )]
    Unreadable {
        /// The table.
        table: &'static str,
        /// The number of the row.
        row: i64,
        /// What is wrong with it.
        reason: String,
    },
    /// The closure refused.
    #[error("{reason}")]
    Refused {
        /// Its words.
        reason: String,
    },
    /// The thread that writes could not be started.
    #[error("the thread that writes could not be started: {reason}")]
    Thread {
        /// What the system says.
        reason: String,
    },
    /// Something is missing that what was asked needs.
    #[error("{what}")]
    Absent {
        /// What is missing, and a way out.
        what: String,
    },
}

impl StoreError {
    /// The error with which a closure takes everything back for a reason of its own.
    pub fn refused(reason: impl Into<String>) -> Self {
        Self::Refused { reason: reason.into() }
    }

    /// The extended result code of SQLite, where one is the cause.
    pub fn code(&self) -> Option<i32> {
        match self {
            Self::Sqlite { code, .. } | Self::Busy { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// Whether the transaction may succeed when it is run again. A lock of another store that a closure met was waited for
    /// long enough.
    pub(super) fn is_retryable(&self) -> bool {
        matches!(self, Self::Sqlite { .. }) && self.classify() == ErrorClass::Retryable
    }

    /// Why the system does not give the file.
    pub(super) fn unopened(path: &Path, error: &std::io::Error) -> Self {
        let (path, reason) = (path.to_path_buf(), error.to_string());
        match error.kind() {
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { path, reason }
            }
            _ => Self::Open { path, reason },
        }
    }

    /// The error with which an attempt to get a lock ends.
    pub(super) fn gave_up(self, path: &Path, attempts: u32, elapsed: Duration) -> Self {
        match self {
            Self::Sqlite { code, message } if classes::sqlite(code) == ErrorClass::Retryable => {
                Self::Busy { path: path.to_path_buf(), attempts, elapsed, code, message }
            }
            error => error.of(path),
        }
    }

    /// The same, of a closure that reads: what it may not write is no matter of permissions.
    pub(super) fn of_read(self, path: &Path) -> Self {
        match self {
            Self::Sqlite { code: code @ rusqlite::ffi::SQLITE_READONLY, .. } => {
                Self::Sqlite { code, message: "a closure of `read` may not write; use `write`".into() }
            }
            error => error.of(path),
        }
    }

    /// The same, said of a file where it is about the file.
    pub(super) fn of(self, path: &Path) -> Self {
        let Self::Sqlite { code, message: reason } = self else { return self };
        let path = path.to_path_buf();
        match code & 0xff {
            8 => Self::ReadOnly { path, reason },
            11 => Self::Corrupt { path, reason },
            13 => Self::Full { path, reason },
            14 => Self::Open { path, reason },
            26 => Self::NotADatabase { path },
            _ => Self::Sqlite { code, message: reason },
        }
    }
}

/// A lock that was waited for until the deadline is still retryable, for one who has more time: the whole call is run again.
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
                "the store begins and ends its transactions and sets its connections: return an error to roll back, and \
                 use no pragma that sets something"
                    .into()
            }
            (rusqlite::Error::SqliteFailure(_, Some(message)), _) => message.clone(),
            _ => error.to_string(),
        };
        Self::Sqlite { code, message }
    }
}
