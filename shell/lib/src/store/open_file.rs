//! The file that a store has open is still the one at its path.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use speckit_core::store::is_look_due;

use super::error::StoreError;
use crate::os::clock;
use crate::os::documents::{DatabaseIds, DatabaseState, beside};

/// The files of a store. SQLite writes to those that it has opened, whatever is at their paths now
/// (<https://sqlite.org/howtocorrupt.html>, 4.3).
pub(super) struct OpenFile {
    path: PathBuf,
    ids: DatabaseIds,
    opened: Instant,
    /// When the last write began, in microseconds since `opened`.
    wrote_us: AtomicU64,
    /// When the path was looked at, in microseconds since `opened`.
    checked_us: AtomicU64,
    is_lost: AtomicBool,
}

impl OpenFile {
    /// Opens the file at a path.
    ///
    /// # Errors
    /// Those of `open`.
    pub(super) fn open(
        path: &Path,
        open: impl FnOnce() -> Result<Connection, StoreError>,
    ) -> Result<(Self, Connection), StoreError> {
        let ids = DatabaseIds::of(path);
        let connection = open()?;
        let file = Self {
            path: path.to_path_buf(),
            ids: ids.opened(),
            opened: clock::now(),
            wrote_us: AtomicU64::new(0),
            checked_us: AtomicU64::new(0),
            is_lost: AtomicBool::new(false),
        };
        Ok((file, connection))
    }

    /// Refuses a file that is no longer at its path, before a write. The first time, it lets go of that file.
    pub(super) fn check(&self, connection: &Connection) -> Result<(), StoreError> {
        self.refuse_lost()?;
        if self.is_in_place() {
            return Ok(());
        }
        self.is_lost.store(true, Ordering::Relaxed);
        self.let_go(connection);
        self.refuse_lost()
    }

    /// Looks at the database when it is due, and at its log once in a millisecond: what a deleted log has is not lost, because it is
    /// moved to the database.
    fn is_in_place(&self) -> bool {
        let elapsed = clock::now().saturating_duration_since(self.opened);
        let now_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        let since = |before_us: u64| Duration::from_micros(now_us.saturating_sub(before_us));
        let since_write = since(self.wrote_us.swap(now_us, Ordering::Relaxed));
        let checked_us = self.checked_us.load(Ordering::Relaxed);
        if !is_look_due(since_write, since(checked_us)) {
            return true;
        }
        self.checked_us.store(now_us, Ordering::Relaxed);
        self.ids.is_database_in_place() && (now_us / 1000 == checked_us / 1000 || self.ids.is_log_in_place())
    }

    /// Refuses a file that an earlier write has not found at its path.
    pub(super) fn refuse_lost(&self) -> Result<(), StoreError> {
        if self.is_lost.load(Ordering::Relaxed) {
            return Err(StoreError::Replaced { path: self.path.clone() });
        }
        Ok(())
    }

    /// Moves the log to the file to which it belongs, wherever that is, and removes it from the path of the next one.
    fn let_go(&self, connection: &Connection) {
        // What cannot be moved stays in the log, which is refused when the path is opened again.
        let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        // The last connection would delete the log at the path, which may be that of another database.
        let _ = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        self.ids.remove_beside_nothing();
    }
}

/// Refuses a log without its database, which SQLite would delete.
///
/// # Errors
/// [`StoreError::OrphanedLog`].
pub(super) fn refuse_orphaned_log(path: &Path, state: DatabaseState) -> Result<(), StoreError> {
    if state.files.has_orphaned_log() {
        return Err(StoreError::OrphanedLog { path: path.to_path_buf(), log: beside(path, "-wal") });
    }
    Ok(())
}
