//! How a database is read without writing to it.

use alloc::format;

use crate::tree::{Code, Diagnostic, Key};

/// What lies at the path of a database and beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DatabaseFiles {
    /// The length of the database in bytes; 0 without one.
    pub bytes: u64,
    /// The length of the write-ahead log (`-wal`) in bytes; 0 without one.
    pub log_bytes: u64,
    /// Whether the log has its index (`-shm`).
    pub has_index: bool,
    /// Whether there is a rollback journal (`-journal`), which a transaction in another journal mode leaves.
    pub has_journal: bool,
}

/// How a database is read so that nothing is written to it or left beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadMode {
    /// The file alone has everything: it is opened as immutable, and compared afterwards
    /// (<https://sqlite.org/uri.html#uriimmutable>).
    File,
    /// The file with its log, through the index that other programs use or a crash has left
    /// (<https://sqlite.org/wal.html#readonly>).
    SharedLog,
    /// The file with its log, through an index in memory while no other program has the database
    /// (<https://sqlite.org/wal.html#noshm>).
    OwnIndex,
}

impl DatabaseFiles {
    /// Whether the log belongs to a database that is no longer here: SQLite never keeps everything in the log, and would delete
    /// the log of an empty file.
    pub fn has_orphaned_log(self) -> bool {
        self.bytes == 0 && self.log_bytes > 0
    }
}

impl ReadMode {
    /// The mode for these files.
    ///
    /// ```
    /// use speckit_core::store::{DatabaseFiles, ReadMode};
    /// let closed = DatabaseFiles { bytes: 69632, ..DatabaseFiles::default() };
    /// assert_eq!(ReadMode::of(closed), ReadMode::File);
    /// assert_eq!(ReadMode::of(DatabaseFiles { log_bytes: 4152, ..closed }), ReadMode::OwnIndex);
    /// ```
    pub fn of(files: DatabaseFiles) -> Self {
        match files {
            DatabaseFiles { bytes: 0, .. } => Self::File,
            // SQLite finds out whether the journal belongs to an unfinished transaction.
            DatabaseFiles { has_journal: true, .. } => Self::SharedLog,
            DatabaseFiles { log_bytes: 0, .. } => Self::File,
            DatabaseFiles { has_index: true, .. } => Self::SharedLog,
            DatabaseFiles { has_index: false, .. } => Self::OwnIndex,
        }
    }
}

/// The warning about a log that is left out, since it cannot be read without writing.
pub fn unread_log(log: &str) -> Diagnostic {
    let message = format!("the newest entries may be missing: the log `{log}` of the database is not read");
    Diagnostic::warning(Code::StoreLogUnread, Key::root(), message).help(
        "its index (`-shm`) is missing, and none can be made there: copy the database and its log to a folder that can be written",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_always_read_and_an_index_never_made() {
        let mode = |log_bytes, has_index, has_journal| {
            ReadMode::of(DatabaseFiles { bytes: 4096, log_bytes, has_index, has_journal })
        };
        assert_eq!(mode(0, false, false), ReadMode::File);
        assert_eq!(mode(0, true, false), ReadMode::File, "a program has just opened it, or emptied its log");
        assert_eq!(mode(32, true, false), ReadMode::SharedLog);
        assert_eq!(mode(32, false, false), ReadMode::OwnIndex);
        for (log_bytes, has_index) in [(0, false), (32, false), (32, true)] {
            assert_eq!(mode(log_bytes, has_index, true), ReadMode::SharedLog);
        }
    }

    #[test]
    fn the_log_of_an_empty_file_belongs_to_another_one() {
        let files = |bytes, log_bytes| DatabaseFiles { bytes, log_bytes, ..DatabaseFiles::default() };
        assert!(files(0, 32).has_orphaned_log());
        assert!(!files(0, 0).has_orphaned_log());
        assert!(!files(4096, 32).has_orphaned_log());
        assert_eq!(ReadMode::of(files(0, 32)), ReadMode::File, "SQLite would delete it");
    }
}
