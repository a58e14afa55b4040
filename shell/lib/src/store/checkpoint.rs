//! Moves the log (WAL) to the file (<https://sqlite.org/wal.html#ckpt>).

use rusqlite::Connection;

use super::error::StoreError;

/// How far a checkpoint goes (<https://sqlite.org/pragma.html#pragma_wal_checkpoint>).
#[derive(Clone, Copy, Debug)]
pub(super) enum CheckpointMode {
    /// As far as possible without waiting.
    Passive,
    /// To the end, and truncates the log.
    Truncate,
}

/// The result of a checkpoint.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checkpoint {
    /// It could not finish.
    pub(super) is_busy: bool,
    /// The whole log is in the file.
    pub(super) is_whole: bool,
}

impl Checkpoint {
    pub(super) fn run(connection: &Connection, mode: CheckpointMode) -> Result<Self, StoreError> {
        let sql = match mode {
            CheckpointMode::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
            CheckpointMode::Truncate => "PRAGMA wal_checkpoint(TRUNCATE)",
        };
        let (busy, frames, moved): (i64, i64, i64) =
            connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(Self { is_busy: busy != 0, is_whole: frames >= 0 && frames == moved })
    }
}
