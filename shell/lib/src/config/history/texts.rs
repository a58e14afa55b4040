//! The texts of a history: those of files, and the values of generations. Equal ones are stored once for each history, whose row
//! counts its bytes.

use rusqlite::{OptionalExtension as _, params};

use crate::store::{StoreError, Transaction};

type Result<T> = std::result::Result<T, StoreError>;

/// The row of the history of these files, which is added if it is missing.
pub(super) fn history(tx: &Transaction<'_>, files: &str) -> Result<i64> {
    let mut statement = tx.prepare_cached("SELECT id FROM config_histories WHERE files = ?1")?;
    if let Some(history) = statement.query_row([files], |row| row.get(0)).optional()? {
        return Ok(history);
    }
    tx.prepare_cached("INSERT INTO config_histories (files, bytes) VALUES (?1, 0)")?.execute([files])?;
    Ok(tx.last_insert_rowid())
}

/// How many bytes a history has.
pub(super) fn bytes(tx: &Transaction<'_>, history: i64) -> Result<u64> {
    let mut statement = tx.prepare_cached("SELECT bytes FROM config_histories WHERE id = ?1")?;
    Ok(statement.query_row([history], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

/// Counts bytes that were added to a history, or removed where they are negative.
pub(super) fn count(tx: &Transaction<'_>, history: i64, bytes: i64) -> Result<()> {
    if bytes != 0 {
        let mut statement =
            tx.prepare_cached("UPDATE config_histories SET bytes = bytes + ?2 WHERE id = ?1")?;
        statement.execute([history, bytes])?;
    }
    Ok(())
}

pub(super) fn bytes_of(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

/// The row of a text, which is added if the history does not have it. The fingerprint finds it, and the text itself decides.
pub(super) fn add(tx: &Transaction<'_>, history: i64, fingerprint: &str, text: &str) -> Result<i64> {
    let sql = "SELECT id FROM config_texts WHERE history_id = ?1 AND fingerprint = ?2 AND text = ?3";
    let mut statement = tx.prepare_cached(sql)?;
    if let Some(id) = statement.query_row(params![history, fingerprint, text], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    let sql = "INSERT INTO config_texts (history_id, fingerprint, text) VALUES (?1, ?2, ?3)";
    tx.prepare_cached(sql)?.execute(params![history, fingerprint, text])?;
    let id = tx.last_insert_rowid();
    count(tx, history, bytes_of(text))?;
    Ok(id)
}

/// The texts and values of a generation.
pub(super) fn of_generation(tx: &Transaction<'_>, number: i64) -> Result<Vec<i64>> {
    let sql = "SELECT text_id FROM config_files WHERE generation_id = ?1 AND text_id IS NOT NULL
        UNION SELECT values_id FROM config_generations WHERE id = ?1 AND values_id IS NOT NULL";
    let mut statement = tx.prepare_cached(sql)?;
    Ok(statement.query_map([number], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Removes those of these texts that no generation has any more.
pub(super) fn remove_unused(tx: &Transaction<'_>, history: i64, texts: &[i64]) -> Result<()> {
    let sql = "DELETE FROM config_texts WHERE id = ?1
        AND NOT EXISTS (SELECT 1 FROM config_files WHERE text_id = ?1)
        AND NOT EXISTS (SELECT 1 FROM config_generations WHERE values_id = ?1)
        RETURNING octet_length(text)";
    for text in texts {
        let mut statement = tx.prepare_cached(sql)?;
        let removed: Option<i64> = statement.query_row([text], |row| row.get(0)).optional()?;
        count(tx, history, -removed.unwrap_or(0))?;
    }
    Ok(())
}
