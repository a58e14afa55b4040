//! Removes the oldest entries of a history that is larger than its limits.

use rusqlite::{OptionalExtension as _, params};
use speckit_core::config::history::{HistorySize, OldestEntry};

use super::journal::Retention;
use super::texts;
use crate::store::{StoreError, Transaction};

type Result<T> = std::result::Result<T, StoreError>;

/// Keeps the newest generations of these files, and as many of their refusals, and of those as many as the bytes allow.
pub(super) fn prune(tx: &Transaction<'_>, files: &str, retention: &Retention) -> Result<()> {
    let history = texts::history(tx, files)?;
    for kind in [OldestEntry::Generation, OldestEntry::Refusal] {
        for id in surplus(tx, files, kind, retention.generations)? {
            remove(tx, history, kind, id)?;
        }
    }
    loop {
        let generation = oldest(tx, files, OldestEntry::Generation)?;
        let refusal = oldest(tx, files, OldestEntry::Refusal)?;
        let size = HistorySize {
            bytes: texts::bytes(tx, history)?,
            generation_ms: generation.map(|(_, at_ms)| at_ms),
            refusal_ms: refusal.map(|(_, at_ms)| at_ms),
        };
        match (size.to_remove(retention.bytes), generation, refusal) {
            (Some(kind @ OldestEntry::Generation), Some((id, _)), _)
            | (Some(kind @ OldestEntry::Refusal), _, Some((id, _))) => remove(tx, history, kind, id)?,
            _ => return Ok(()),
        }
    }
}

/// The numbers of all entries but the newest ones.
fn surplus(tx: &Transaction<'_>, files: &str, kind: OldestEntry, kept: u32) -> Result<Vec<i64>> {
    let (table, _) = table(kind);
    let newest = format!("SELECT id FROM {table} WHERE files = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2");
    let sql = format!("SELECT id FROM {table} WHERE files = ?1 AND id <= ({newest})");
    let mut statement = tx.prepare_cached(&sql)?;
    Ok(statement.query_map(params![files, kept], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// The number and the time of the oldest entry; `None` if it is also the newest.
fn oldest(tx: &Transaction<'_>, files: &str, kind: OldestEntry) -> Result<Option<(i64, u64)>> {
    let (table, at_ms) = table(kind);
    let sql = format!(
        "SELECT id, {at_ms} FROM {table} WHERE files = ?1 AND id < (SELECT max(id) FROM {table} WHERE files = ?1)
        ORDER BY id LIMIT 1"
    );
    let mut statement = tx.prepare_cached(&sql)?;
    let found = statement.query_row([files], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())));
    Ok(found.optional()?)
}

fn table(kind: OldestEntry) -> (&'static str, &'static str) {
    match kind {
        OldestEntry::Generation => ("config_generations", "accepted_at_ms"),
        OldestEntry::Refusal => ("config_refusals", "refused_at_ms"),
    }
}

/// Removes an entry with the texts that only it has.
fn remove(tx: &Transaction<'_>, history: i64, kind: OldestEntry, id: i64) -> Result<()> {
    let (texts, sql) = match kind {
        OldestEntry::Generation => (
            texts::of_generation(tx, id)?,
            "DELETE FROM config_generations WHERE id = ?1 RETURNING ifnull(octet_length(changed), 0)",
        ),
        OldestEntry::Refusal => (
            Vec::new(),
            "DELETE FROM config_refusals WHERE id = ?1
                RETURNING octet_length(diagnostics) + ifnull(octet_length(report), 0)",
        ),
    };
    let removed: i64 = tx.prepare_cached(sql)?.query_row([id], |row| row.get(0))?;
    texts::count(tx, history, -removed)?;
    texts::remove_unused(tx, history, &texts)
}
