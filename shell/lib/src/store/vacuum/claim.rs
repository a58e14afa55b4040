//! The records of vacuums, by which only one of many processes runs one.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _};
use speckit_core::store::vacuum::{VacuumState, due_in};

use super::pages;
use crate::os::clock;
use crate::store::error::StoreError;
use crate::store::integer;

/// How many vacuums the database records.
const MAX_RECORDED: i64 = 100;

/// A vacuum that has begun: the number of its row.
pub(super) type VacuumClaim = i64;

/// Records the start of a vacuum.
pub(super) fn claim(connection: &Connection) -> Result<VacuumClaim, StoreError> {
    connection.execute(
        "INSERT INTO store_vacuums (started_at_ms, freed_bytes, elapsed_ms) VALUES (?1, 0, 0)",
        [now_ms()],
    )?;
    let claim = connection.last_insert_rowid();
    connection.execute("DELETE FROM store_vacuums WHERE id <= ?1", [claim - MAX_RECORDED])?;
    Ok(claim)
}

/// Records the start of a vacuum if one is due, else returns the wait until then. As one transaction: of two processes that
/// check at the same time, the second reads the record of the first.
pub(in crate::store) fn claim_if_due(
    connection: &Connection,
    interval: Duration,
) -> Result<Result<VacuumClaim, Duration>, StoreError> {
    let last_at_ms = connection
        .query_row("SELECT started_at_ms FROM store_vacuums ORDER BY id DESC LIMIT 1", [], |row| row.get(0))
        .optional()?;
    let state = VacuumState { pages: pages(connection)?, last_at_ms, now_ms: now_ms() };
    match due_in(interval, &state) {
        Duration::ZERO => claim(connection).map(Ok),
        wait => Ok(Err(wait)),
    }
}

/// Records its progress.
pub(super) fn record(
    connection: &Connection,
    claim: VacuumClaim,
    freed_bytes: u64,
    elapsed_ms: u64,
) -> Result<(), StoreError> {
    let numbers = [integer(freed_bytes), integer(elapsed_ms), claim];
    connection
        .execute("UPDATE store_vacuums SET freed_bytes = ?1, elapsed_ms = ?2 WHERE id = ?3", numbers)?;
    Ok(())
}

/// Records its end.
pub(super) fn finish(connection: &Connection, claim: VacuumClaim) -> Result<(), StoreError> {
    connection.execute("UPDATE store_vacuums SET finished_at_ms = ?1 WHERE id = ?2", [now_ms(), claim])?;
    Ok(())
}

/// The date, in milliseconds since 1970.
fn now_ms() -> i64 {
    integer(clock::millis(clock::since_epoch()))
}
