//! What the database remembers of vacuums, by which one of many processes begins.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _};
use speckit_core::store::vacuum::{Found, due_in};

use super::pages;
use crate::os::clock;
use crate::store::error::StoreError;
use crate::store::integer;

/// How many vacuums the database remembers.
const MOST_REMEMBERED: i64 = 100;

/// A vacuum that has begun: its row in the table.
pub(super) type Claim = i64;

/// Notes that a vacuum begins.
pub(super) fn claim(connection: &Connection) -> Result<Claim, StoreError> {
    connection.execute(
        "INSERT INTO store_vacuums (started_at_ms, freed_bytes, elapsed_ms) VALUES (?1, 0, 0)",
        [now_ms()],
    )?;
    let claim = connection.last_insert_rowid();
    connection.execute("DELETE FROM store_vacuums WHERE id <= ?1", [claim - MOST_REMEMBERED])?;
    Ok(claim)
}

/// Notes that a vacuum begins where one is due, else says how long it is until then. It is one transaction: of two processes
/// that look at the same time, the second finds what the first has noted.
pub(in crate::store) fn claim_if_due(
    connection: &Connection,
    interval: Duration,
) -> Result<Result<Claim, Duration>, StoreError> {
    let last_at_ms = connection
        .query_row("SELECT started_at_ms FROM store_vacuums ORDER BY id DESC LIMIT 1", [], |row| row.get(0))
        .optional()?;
    let found = Found { pages: pages(connection)?, last_at_ms, now_ms: now_ms() };
    match due_in(interval, &found) {
        Duration::ZERO => claim(connection).map(Ok),
        wait => Ok(Err(wait)),
    }
}

/// Notes how far it is.
pub(super) fn note(
    connection: &Connection,
    claim: Claim,
    freed_bytes: u64,
    elapsed_ms: u64,
) -> Result<(), StoreError> {
    let numbers = [integer(freed_bytes), integer(elapsed_ms), claim];
    connection
        .execute("UPDATE store_vacuums SET freed_bytes = ?1, elapsed_ms = ?2 WHERE id = ?3", numbers)?;
    Ok(())
}

/// Notes that it came to its end.
pub(super) fn finish(connection: &Connection, claim: Claim) -> Result<(), StoreError> {
    connection.execute("UPDATE store_vacuums SET finished_at_ms = ?1 WHERE id = ?2", [now_ms(), claim])?;
    Ok(())
}

/// The date, in milliseconds since 1970.
fn now_ms() -> i64 {
    integer(clock::millis(clock::since_epoch()))
}
