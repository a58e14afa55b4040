//! The tables, and the migration of an older database to the present version.

use std::path::Path;

use rusqlite::Connection;

use super::connection::APPLICATION_ID;
use super::error::StoreError;
use super::transaction::Transaction;

/// The steps from each version to the next; the version of a database is the number of steps it has taken
/// (<https://sqlite.org/pragma.html#pragma_user_version>). A step that was released never changes.
const STEPS: &[&str] = &[
    // 1: accepted and refused configurations.
    "CREATE TABLE config_generations (
        id INTEGER PRIMARY KEY,
        accepted_at_ms INTEGER NOT NULL,
        generation INTEGER NOT NULL,
        cause TEXT NOT NULL,
        files TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        changed TEXT,
        resolved TEXT
    );
    CREATE INDEX config_generations_by_files ON config_generations (files, id);
    CREATE TABLE config_sources (
        generation_id INTEGER NOT NULL REFERENCES config_generations (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        path TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        text TEXT,
        PRIMARY KEY (generation_id, position)
    ) WITHOUT ROWID;
    CREATE TABLE config_refusals (
        id INTEGER PRIMARY KEY,
        refused_at_ms INTEGER NOT NULL,
        generation INTEGER NOT NULL,
        files TEXT NOT NULL,
        diagnostics TEXT NOT NULL,
        report TEXT
    );
    CREATE INDEX config_refusals_by_files ON config_refusals (files, id);",
    // 2: vacuums; `finished_at_ms` is NULL while one runs, and if it was killed.
    "CREATE TABLE store_vacuums (
        id INTEGER PRIMARY KEY,
        started_at_ms INTEGER NOT NULL,
        finished_at_ms INTEGER,
        freed_bytes INTEGER NOT NULL,
        elapsed_ms INTEGER NOT NULL
    );",
    // 3: the runs of quality gates. The constraint also is the index by specification and stage.
    "CREATE TABLE consensus_runs (
        id INTEGER PRIMARY KEY,
        spec_id TEXT NOT NULL,
        stage TEXT NOT NULL,
        run_timestamp INTEGER NOT NULL,
        consensus_ok INTEGER NOT NULL,
        degraded INTEGER NOT NULL,
        synthesis_json TEXT NOT NULL,
        UNIQUE (spec_id, stage, run_timestamp)
    );
    CREATE TABLE agent_outputs (
        id INTEGER PRIMARY KEY,
        run_id INTEGER NOT NULL REFERENCES consensus_runs (id) ON DELETE CASCADE,
        agent_name TEXT NOT NULL,
        model_version TEXT NOT NULL,
        content TEXT NOT NULL,
        errors TEXT NOT NULL,
        output_timestamp INTEGER NOT NULL
    );
    CREATE INDEX agent_outputs_by_run ON agent_outputs (run_id, id);",
    // 4: benchmarks: of a run (`run`), or kept under a name (`baseline`); the document lacks the samples.
    "CREATE TABLE bench_benchmarks (
        id INTEGER PRIMARY KEY,
        run INTEGER,
        baseline TEXT UNIQUE,
        document TEXT NOT NULL
    );
    CREATE INDEX bench_benchmarks_by_run ON bench_benchmarks (run);
    CREATE TABLE bench_samples (
        benchmark_id INTEGER NOT NULL REFERENCES bench_benchmarks (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        elapsed_ns INTEGER NOT NULL,
        PRIMARY KEY (benchmark_id, position)
    ) WITHOUT ROWID;",
];

/// The version that this release writes.
pub(super) fn newest() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// Takes the missing steps, each in its own transaction.
///
/// Another process may take them at the same time, so each step checks the version under the lock.
pub(super) fn migrate(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    loop {
        let version = version(connection)?;
        refuse_newer(version, path)?;
        let Ok(taken) = usize::try_from(version) else {
            // No release writes a negative version.
            return Err(StoreError::Foreign { path: path.to_path_buf() });
        };
        let Some(step) = STEPS.get(taken) else { return Ok(()) };
        let transaction = Transaction::write(connection)?;
        take(&transaction, version, step)?;
        transaction.commit()?;
    }
}

/// Refuses a database that a newer release has written.
pub(super) fn refuse_newer(version: i64, path: &Path) -> Result<(), StoreError> {
    let known = newest();
    if version <= known {
        return Ok(());
    }
    Err(StoreError::Newer { path: path.to_path_buf(), found: version, known })
}

fn take(connection: &Connection, expected_version: i64, step: &str) -> Result<(), StoreError> {
    if version(connection)? != expected_version {
        return Ok(());
    }
    connection.execute_batch(step)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    Ok(connection.pragma_update(None, "user_version", expected_version + 1)?)
}

pub(super) fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, StoreOptions};

    /// A database of an older release, with rows in each table that it had.
    fn of_version(version: usize, path: &Path) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection.execute_batch("PRAGMA auto_vacuum = 2; PRAGMA journal_mode = WAL").unwrap();
        for (expected_version, step) in STEPS.iter().take(version).enumerate() {
            take(&connection, i64::try_from(expected_version).unwrap(), step).unwrap();
        }
        if version >= 1 {
            let rows =
                "INSERT INTO config_generations VALUES (1, 2, 3, 'cause', 'files', 'print', NULL, NULL);
                        INSERT INTO config_sources VALUES (1, 0, 'speckit.toml', 'print', 'text');
                        INSERT INTO config_refusals VALUES (1, 2, 3, 'files', '[]', 'report');";
            connection.execute_batch(rows).unwrap();
        }
        if version >= 3 {
            let rows = "INSERT INTO consensus_runs VALUES (1, 'SPEC-1', 'plan', 2, 1, 0, '{}');
                        INSERT INTO agent_outputs VALUES (1, 1, 'claude', 'opus', 'yes', '', 3);";
            connection.execute_batch(rows).unwrap();
        }
        if version >= 4 {
            let rows = "INSERT INTO bench_benchmarks VALUES (1, NULL, 'main', '{}');
                        INSERT INTO bench_samples VALUES (1, 0, 1000);";
            connection.execute_batch(rows).unwrap();
        }
        connection
    }

    fn schema(store: &Store) -> Vec<String> {
        let read = |tx: &Transaction<'_>| {
            let mut statement =
                tx.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")?;
            let texts = statement.query_map([], |row| row.get(0))?;
            Ok(texts.collect::<Result<Vec<String>, _>>()?)
        };
        store.read(read).unwrap()
    }

    #[test]
    fn a_database_of_each_older_version_becomes_one_of_the_newest_and_keeps_its_rows() {
        let folder = tempfile::tempdir().unwrap();
        let new = schema(&Store::open(folder.path().join("new.db")).unwrap());
        for older in 0..=STEPS.len() {
            let path = folder.path().join(format!("{older}.db"));
            drop(of_version(older, &path));
            let store = Store::open(&path).unwrap();
            assert_eq!(schema(&store), new, "from {older}");
            let found = store.read(|tx| {
                let version: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
                let sql = "SELECT count(*) FROM config_generations, config_sources, config_refusals WHERE cause = 'cause'";
                let kept = tx.query_row(sql, [], |row| row.get::<_, i64>(0))?;
                let sql = "SELECT count(*) FROM consensus_runs, agent_outputs WHERE run_id = consensus_runs.id";
                let runs = tx.query_row(sql, [], |row| row.get::<_, i64>(0))?;
                let sql = "SELECT count(*) FROM bench_benchmarks, bench_samples WHERE benchmark_id = bench_benchmarks.id";
                Ok((version, kept, runs, tx.query_row(sql, [], |row| row.get::<_, i64>(0))?))
            });
            let expected = [1, 3, 4].map(|version| i64::from(older >= version));
            assert_eq!(found, Ok((newest(), expected[0], expected[1], expected[2])), "from {older}");
        }
    }

    #[test]
    fn an_interrupted_step_leaves_the_version_before_it() {
        let folder = tempfile::tempdir().unwrap();
        for (older, step) in STEPS.iter().enumerate() {
            let path = folder.path().join(format!("{older}.db"));
            let connection = of_version(older, &path);
            let schema = |connection: &Connection| {
                let sql = "SELECT count(*), total(length(sql)) FROM sqlite_schema";
                connection
                    .query_row(sql, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, f64>(1)?)))
                    .unwrap()
            };
            let before = schema(&connection);
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            take(&connection, i64::try_from(older).unwrap(), step).unwrap();
            // Closed before the commit, as by a crash.
            drop(connection);
            let connection = Connection::open(&path).unwrap();
            assert_eq!(version(&connection), Ok(i64::try_from(older).unwrap()));
            assert_eq!(schema(&connection), before);
            drop(connection);
            assert!(StoreOptions::new(&path).open().is_ok());
        }
    }

    #[test]
    fn a_step_that_fails_is_rolled_back() {
        let folder = tempfile::tempdir().unwrap();
        let connection = of_version(1, &folder.path().join("app.db"));
        // A table that is in the way of the next step.
        connection.execute_batch("CREATE TABLE store_vacuums (theirs TEXT)").unwrap();
        assert!(migrate(&connection, Path::new("app.db")).is_err());
        assert_eq!((version(&connection), connection.is_autocommit()), (Ok(1), true));
    }

    #[test]
    fn a_step_that_another_process_has_taken_is_not_taken_again() {
        let folder = tempfile::tempdir().unwrap();
        let connection = of_version(STEPS.len(), &folder.path().join("app.db"));
        take(&connection, 0, STEPS[0]).unwrap();
        assert_eq!(version(&connection), Ok(newest()));
    }
}
