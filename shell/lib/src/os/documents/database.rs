//! The files of a SQLite database. None is opened here, since closing a file releases every lock that the process has on it
//! (<https://sqlite.org/howtocorrupt.html>, 2.2).

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use speckit_core::store::DatabaseFiles;

use super::{FileId, exists, identity, length, without_links};

/// A path beside a database, such as that of its log with the ending `-wal`. SQLite resolves links first.
pub(crate) fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = without_links(database).unwrap_or_else(|_| database.to_path_buf()).into();
    name.push(ending);
    name.into()
}

/// The files of an open database: it, its log and the index of its log. Other files may be at the same paths later.
#[derive(Debug)]
pub(crate) struct DatabaseIds {
    database: (PathBuf, Option<FileId>),
    beside: [(PathBuf, Option<FileId>); 2],
}

impl DatabaseIds {
    /// The file at this path, before it is opened.
    pub(crate) fn of(database: &Path) -> Self {
        let unknown = |ending| (beside(database, ending), None);
        Self {
            database: (database.to_path_buf(), identity(database)),
            beside: [unknown("-wal"), unknown("-shm")],
        }
    }

    /// The same with the log and its index, once they are opened.
    pub(crate) fn opened(mut self) -> Self {
        for (path, id) in &mut self.beside {
            *id = identity(path);
        }
        self
    }

    /// Whether the database is still at its path.
    pub(crate) fn is_database_in_place(&self) -> bool {
        is_in_place(&self.database)
    }

    /// Whether its log and the index of its log are still beside it.
    pub(crate) fn is_log_in_place(&self) -> bool {
        self.beside.iter().all(is_in_place)
    }

    /// Removes what lies beside a database that is no longer there itself, so that another one at its path does not get its
    /// log. A log with content is left, and nothing that belongs to another database is removed.
    pub(crate) fn remove_beside_nothing(&self) {
        let [log, _] = &self.beside;
        if is_in_place(&self.database) || length(&log.0).is_some_and(|bytes| bytes > 0) {
            return;
        }
        for file in self.beside.iter().filter(|file| is_in_place(file)) {
            // What stays is refused when the path is opened again.
            let _ = fs::remove_file(&file.0);
        }
    }
}

fn is_in_place((path, id): &(PathBuf, Option<FileId>)) -> bool {
    id.is_some() && identity(path) == *id
}

/// What differs after a program has changed a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DatabaseState {
    database: Option<FileState>,
    log: Option<FileState>,
    pub(crate) files: DatabaseFiles,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileState {
    id: Option<FileId>,
    bytes: u64,
    modified: Option<SystemTime>,
}

impl DatabaseState {
    pub(crate) fn of(database: &Path) -> Self {
        let log = beside(database, "-wal");
        let files = DatabaseFiles {
            bytes: length(database).unwrap_or(0),
            log_bytes: length(&log).unwrap_or(0),
            has_index: exists(&beside(database, "-shm")),
            has_journal: exists(&beside(database, "-journal")),
        };
        // An empty log is the same as none.
        let log = (files.log_bytes > 0).then(|| state(&log)).flatten();
        Self { database: state(database), log, files }
    }
}

fn state(path: &Path) -> Option<FileState> {
    let metadata = fs::metadata(path).ok()?;
    Some(FileState { id: identity(path), bytes: metadata.len(), modified: metadata.modified().ok() })
}
