//! The rows of the history.

use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::{OptionalExtension as _, Row, params};
use speckit_core::config::history::{
    Changes, Generation, GenerationCause, Refusal, StoredDiagnostics, StoredFile, StoredState, value_of,
};

use super::texts;
use crate::store::{StoreError, Transaction, integer};

type Result<T> = std::result::Result<T, StoreError>;

/// The columns without and with the resolved values.
const BARE: &str = "id, accepted_at_ms, generation, cause, fingerprint, changed, NULL";
const WHOLE: &str = "id, accepted_at_ms, generation, cause, fingerprint, changed, (SELECT text FROM config_texts WHERE id = values_id)";

/// The name of a history: the paths of the layered files as one text.
pub(super) fn name_of(files: &[PathBuf]) -> String {
    let names: Vec<_> = files.iter().map(|file| file.to_string_lossy()).collect();
    serde_json::to_string(&names).unwrap_or_default()
}

/// Every generation, converted one after the other.
pub(super) fn generations<T>(
    tx: &Transaction<'_>,
    mut convert: impl FnMut(Generation) -> T,
) -> Result<Vec<T>> {
    let mut statement = tx.prepare_cached(&format!("SELECT {BARE} FROM config_generations ORDER BY id"))?;
    // In the same order as the generations, so that each table is read once.
    let sql = "SELECT generation_id, path, fingerprint FROM config_files ORDER BY generation_id, position";
    let mut sources = tx.prepare_cached(sql)?;
    let source = |row: &Row<'_>| {
        Ok((row.get::<_, i64>(0)?, StoredFile { path: row.get(1)?, fingerprint: row.get(2)?, text: None }))
    };
    let mut sources = sources.query_map([], source)?.peekable();
    let mut all = Vec::new();
    for generation in statement.query_map([], row)? {
        let mut generation = generation?;
        let is_its = |source: &rusqlite::Result<(i64, StoredFile)>| {
            source.as_ref().map_or(true, |(of, _)| *of == generation.number)
        };
        let mut files = Vec::new();
        while let Some(source) = sources.next_if(is_its) {
            files.push(source?.1);
        }
        generation.state.sources = files;
        all.push(convert(generation));
    }
    Ok(all)
}

pub(super) fn newest_number(tx: &Transaction<'_>) -> Result<Option<i64>> {
    let mut statement = tx.prepare_cached("SELECT max(id) FROM config_generations")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// The generations after `after`, up to and including `until`.
pub(super) fn steps(tx: &Transaction<'_>, after: i64, until: i64) -> Result<Vec<Generation>> {
    let same = "files = (SELECT files FROM config_generations WHERE id = ?2)";
    let sql =
        format!("SELECT {BARE} FROM config_generations WHERE id > ?1 AND id <= ?2 AND {same} ORDER BY id");
    select(tx, &sql, params![after, until], false)
}

pub(super) fn generation(tx: &Transaction<'_>, number: i64) -> Result<Option<Generation>> {
    let sql = format!("SELECT {WHOLE} FROM config_generations WHERE id = ?1");
    Ok(select(tx, &sql, params![number], true)?.pop())
}

/// The newest of these files, with all that is kept of it.
pub(super) fn newest(tx: &Transaction<'_>, files: &str) -> Result<Option<Generation>> {
    let sql = format!("SELECT {WHOLE} FROM config_generations WHERE files = ?1 ORDER BY id DESC LIMIT 1");
    Ok(select(tx, &sql, params![files], true)?.pop())
}

pub(super) fn files(tx: &Transaction<'_>, number: i64) -> Result<Option<Vec<PathBuf>>> {
    let mut statement = tx.prepare_cached("SELECT files FROM config_generations WHERE id = ?1")?;
    let names: Option<String> = statement.query_row([number], |row| row.get(0)).optional()?;
    Ok(names.map(|names| paths(&names).into_iter().map(PathBuf::from).collect()))
}

fn select(
    tx: &Transaction<'_>,
    sql: &str,
    values: impl rusqlite::Params,
    has_texts: bool,
) -> Result<Vec<Generation>> {
    let mut statement = tx.prepare_cached(sql)?;
    let mut all = statement.query_map(values, row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let text = if has_texts { "(SELECT text FROM config_texts WHERE id = text_id)" } else { "NULL" };
    let sql = format!(
        "SELECT path, fingerprint, {text} FROM config_files WHERE generation_id = ?1 ORDER BY position"
    );
    let mut statement = tx.prepare_cached(&sql)?;
    for generation in &mut all {
        let source = |row: &Row<'_>| {
            let text: Option<String> = row.get(2)?;
            Ok(StoredFile { path: row.get(0)?, fingerprint: row.get(1)?, text: text.map(Arc::from) })
        };
        generation.state.sources =
            statement.query_map([generation.number], source)?.collect::<rusqlite::Result<_>>()?;
    }
    Ok(all)
}

fn row(row: &Row<'_>) -> rusqlite::Result<Generation> {
    let changed: Option<String> = row.get(5)?;
    let resolved: Option<String> = row.get(6)?;
    let cause: String = row.get(3)?;
    let state = StoredState {
        fingerprint: row.get(4)?,
        changes: Changes::of_text(changed.as_deref()),
        resolved: resolved.as_deref().and_then(value_of),
        sources: Vec::new(),
    };
    let unsigned = |index| row.get::<_, i64>(index).map(i64::unsigned_abs);
    Ok(Generation {
        number: row.get(0)?,
        accepted_at_ms: unsigned(1)?,
        generation: unsigned(2)?,
        cause: GenerationCause::from(cause.as_str()),
        state,
    })
}

fn paths(names: &str) -> Vec<String> {
    serde_json::from_str(names).unwrap_or_default()
}

/// Every refusal, converted one after the other.
pub(super) fn refusals<T>(tx: &Transaction<'_>, mut convert: impl FnMut(Refusal) -> T) -> Result<Vec<T>> {
    let sql = "SELECT refused_at_ms, generation, files, diagnostics, after_generation FROM config_refusals ORDER BY id";
    let mut statement = tx.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        let (files, diagnostics): (String, String) = (row.get(2)?, row.get(3)?);
        let StoredDiagnostics { diagnostics, omitted } = StoredDiagnostics::of_text(&diagnostics);
        Ok(convert(Refusal {
            refused_at_ms: row.get::<_, i64>(0)?.unsigned_abs(),
            generation: row.get::<_, i64>(1)?.unsigned_abs(),
            after: row.get(4)?,
            files: paths(&files),
            diagnostics,
            omitted,
        }))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The columns of a new row.
pub(super) struct NewRow<'a> {
    pub(super) files: &'a str,
    pub(super) at_ms: u64,
    pub(super) generation: u64,
    pub(super) cause: GenerationCause,
}

pub(super) fn add(tx: &Transaction<'_>, new: &NewRow<'_>, kept: &StoredState) -> Result<()> {
    let history = texts::history(tx, new.files)?;
    let (changed, values) = (kept.changes.to_text(), add_values(tx, history, kept)?);
    let sql =
        "INSERT INTO config_generations (accepted_at_ms, generation, cause, files, fingerprint, changed, values_id)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    tx.prepare_cached(sql)?.execute(params![
        integer(new.at_ms),
        integer(new.generation),
        new.cause.to_string(),
        new.files,
        kept.fingerprint,
        changed,
        values,
    ])?;
    let number = tx.last_insert_rowid();
    texts::count(tx, history, changed.map_or(0, |changed| texts::bytes_of(&changed)))?;
    add_sources(tx, history, number, kept)
}

/// Replaces the texts of a generation, and adds values if it has none.
pub(super) fn replace(tx: &Transaction<'_>, files: &str, number: i64, kept: &StoredState) -> Result<()> {
    let history = texts::history(tx, files)?;
    let sql = "SELECT 1 FROM config_generations WHERE id = ?1 AND values_id IS NULL";
    if tx.prepare_cached(sql)?.exists([number])? {
        let sql = "UPDATE config_generations SET values_id = ?2 WHERE id = ?1";
        tx.prepare_cached(sql)?.execute(params![number, add_values(tx, history, kept)?])?;
    }
    let before = texts::of_generation(tx, number)?;
    tx.prepare_cached("DELETE FROM config_files WHERE generation_id = ?1")?.execute([number])?;
    // The new texts first: equal ones stay as they are.
    add_sources(tx, history, number, kept)?;
    texts::remove_unused(tx, history, &before)
}

pub(super) fn name(tx: &Transaction<'_>, number: i64, cause: GenerationCause) -> Result<()> {
    let mut statement = tx.prepare_cached("UPDATE config_generations SET cause = ?2 WHERE id = ?1")?;
    statement.execute(params![number, cause.to_string()])?;
    Ok(())
}

fn add_values(tx: &Transaction<'_>, history: i64, kept: &StoredState) -> Result<Option<i64>> {
    let Some(root) = &kept.resolved else { return Ok(None) };
    let Ok(text) = serde_json::to_string(root) else { return Ok(None) };
    texts::add(tx, history, &root.fingerprint().to_string(), &text).map(Some)
}

fn add_sources(tx: &Transaction<'_>, history: i64, number: i64, kept: &StoredState) -> Result<()> {
    for (position, source) in (0_i64..).zip(&kept.sources) {
        let text = source.text.as_deref();
        let text = text.map(|text| texts::add(tx, history, &source.fingerprint, text)).transpose()?;
        let sql = "INSERT INTO config_files (generation_id, position, path, fingerprint, text_id) VALUES (?1, ?2, ?3, ?4, ?5)";
        tx.prepare_cached(sql)?.execute(params![number, position, source.path, source.fingerprint, text])?;
    }
    Ok(())
}

pub(super) fn refuse(
    tx: &Transaction<'_>,
    (files, at_ms, generation): (&str, u64, u64),
    (diagnostics, report): (&str, Option<&str>),
) -> Result<()> {
    let sql =
        "INSERT INTO config_refusals (refused_at_ms, generation, files, diagnostics, report, after_generation)
        VALUES (?1, ?2, ?3, ?4, ?5, (SELECT ifnull(max(id), 0) FROM config_generations))";
    tx.prepare_cached(sql)?.execute(params![
        integer(at_ms),
        integer(generation),
        files,
        diagnostics,
        report
    ])?;
    let bytes = texts::bytes_of(diagnostics) + report.map_or(0, texts::bytes_of);
    texts::count(tx, texts::history(tx, files)?, bytes)
}
