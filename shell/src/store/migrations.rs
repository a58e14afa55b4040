//! The tables, and how an older database gets those of the present version.

use std::path::Path;

use rusqlite::Connection;

use super::connection::APPLICATION_ID;
use super::error::StoreError;

/// The steps from each version to the next; the version of a database is how many of them it has taken
/// (<https://sqlite.org/pragma.html#pragma_user_version>). A step that was released never changes.
const STEPS: &[&str] = &[
    // 1: what was accepted and refused.
    "CREATE TABLE generations (
        id INTEGER PRIMARY KEY,
        accepted_at_ms INTEGER NOT NULL,
        generation INTEGER NOT NULL,
        fingerprint TEXT NOT NULL,
        cause TEXT NOT NULL,
        changed TEXT NOT NULL,
        resolved TEXT
    );
    CREATE TABLE sources (
        generation_id INTEGER NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        name TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        text TEXT,
        PRIMARY KEY (generation_id, position)
    ) WITHOUT ROWID;
    CREATE TABLE refusals (
        id INTEGER PRIMARY KEY,
        refused_at_ms INTEGER NOT NULL,
        generation INTEGER NOT NULL,
        diagnostics TEXT NOT NULL,
        report TEXT NOT NULL
    );",
    // 2: when the file was made smaller; without an end where one is at it, or was when it was killed.
    "CREATE TABLE vacuums (
        id INTEGER PRIMARY KEY,
        started_at_ms INTEGER NOT NULL,
        finished_at_ms INTEGER,
        freed_bytes INTEGER NOT NULL,
        elapsed_ms INTEGER NOT NULL
    );",
];

/// The version that this release writes.
pub(super) fn newest() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// Takes the steps that are missing, each in a transaction of its own.
///
/// Another process may take them at the same time: each step looks at the version under the lock.
pub(super) fn migrate(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    loop {
        let version = version(connection)?;
        refuse_newer(version, path)?;
        let Some(step) = usize::try_from(version).ok().and_then(|version| STEPS.get(version)) else {
            return Ok(());
        };
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let taken = take(connection, version, step);
        let ended = connection.execute_batch(if taken.is_ok() { "COMMIT" } else { "ROLLBACK" });
        taken.and(ended.map_err(StoreError::from))?;
    }
}

/// What a newer release has written is left alone.
pub(super) fn refuse_newer(version: i64, path: &Path) -> Result<(), StoreError> {
    let known = newest();
    if version <= known {
        return Ok(());
    }
    Err(StoreError::Newer { path: path.to_path_buf(), found: version, known })
}

fn take(connection: &Connection, seen: i64, step: &str) -> Result<(), StoreError> {
    if version(connection)? != seen {
        return Ok(());
    }
    connection.execute_batch(step)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    Ok(connection.pragma_update(None, "user_version", seen + 1)?)
}

pub(super) fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}
