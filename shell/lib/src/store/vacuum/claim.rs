//! What the database remembers of vacuums, by which one of many processes begins.

use rusqlite::{Connection, OptionalExtension as _};
use speckit_core::store::vacuum::{Found, Verdict};

use super::pages;
use crate::os::clock;
use crate::store::error::StoreError;

/// How many vacuums the database remembers.
const MOST_REMEMBERED: i64 = 100;

/// A vacuum that has begun: its row in the table.
pub(in crate::store) type Claim = i64;

/// Notes that a vacuum begins.
pub(super) fn claim(connection: &Connection, now_ms: i64) -> Result<Claim, StoreError> {
    connection.execute(
        "INSERT INTO store_vacuums (started_at_ms, freed_bytes, elapsed_ms) VALUES (?1, 0, 0)",
        [now_ms],
    )?;
    let claim = connection.last_insert_rowid();
    connection.execute("DELETE FROM store_vacuums WHERE id <= ?1", [claim - MOST_REMEMBERED])?;
    Ok(claim)
}

/// Judges under the lock whether a vacuum is due, and if so notes in the same transaction that it begins: of two processes
/// that look at the same time one is the first.
pub(in crate::store) fn claim_if_due(
    connection: &Connection,
    judge: impl Fn(&Found) -> Verdict,
) -> Result<(Verdict, Option<Claim>), StoreError> {
    let last_at_ms = connection
        .query_row("SELECT started_at_ms FROM store_vacuums ORDER BY id DESC LIMIT 1", [], |row| row.get(0))
        .optional()?;
    let now_ms = now_ms();
    let verdict = judge(&Found { pages: pages(connection)?, last_at_ms, now_ms });
    let claim = if verdict == Verdict::Due { Some(claim(connection, now_ms)?) } else { None };
    Ok((verdict, claim))
}

/// Notes how far it is.
pub(super) fn note(
    connection: &Connection,
    claim: Claim,
    freed_bytes: u64,
    elapsed_ms: u64,
) -> Result<(), StoreError> {
    let numbers = [saturating(freed_bytes), saturating(elapsed_ms), claim];
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
pub(super) fn now_ms() -> i64 {
    i64::try_from(clock::since_epoch().as_millis()).unwrap_or(i64::MAX)
}

fn saturating(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
