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
    // 5: the newest generation when a configuration was refused, since clocks go back; NULL for those of older versions.
    "ALTER TABLE config_refusals ADD COLUMN after_generation INTEGER;",
    // 6: the texts of files and the values of generations, equal ones once for each history, which is named by its files; and how
    // many bytes each history has. The fingerprint finds a text, and the text itself decides, since the hash resists no search for
    // collisions. Scripts that read the database find the texts where they were, in a view.
    "CREATE TABLE config_histories (
        id INTEGER PRIMARY KEY,
        files TEXT NOT NULL UNIQUE,
        bytes INTEGER NOT NULL
    );
    INSERT INTO config_histories (files, bytes)
        SELECT files, 0 FROM config_generations UNION SELECT files, 0 FROM config_refusals;
    CREATE TABLE config_texts (
        id INTEGER PRIMARY KEY,
        history_id INTEGER NOT NULL REFERENCES config_histories (id),
        fingerprint TEXT NOT NULL,
        text TEXT NOT NULL
    );
    CREATE UNIQUE INDEX config_texts_of_step ON config_texts (history_id, fingerprint);
    CREATE VIEW config_texts_before AS
        SELECT config_histories.id AS history_id, config_sources.fingerprint AS fingerprint, text
        FROM config_sources JOIN config_generations ON config_generations.id = generation_id JOIN config_histories USING (files)
        WHERE text IS NOT NULL
        UNION ALL
        SELECT config_histories.id, fingerprint, resolved FROM config_generations JOIN config_histories USING (files)
        WHERE resolved IS NOT NULL;
    INSERT OR IGNORE INTO config_texts (history_id, fingerprint, text)
        SELECT history_id, fingerprint, text FROM config_texts_before;
    DROP INDEX config_texts_of_step;
    CREATE INDEX config_texts_by_fingerprint ON config_texts (history_id, fingerprint);
    INSERT INTO config_texts (history_id, fingerprint, text)
        SELECT DISTINCT history_id, fingerprint, old.text
        FROM config_texts_before AS old JOIN config_texts AS new USING (history_id, fingerprint) WHERE old.text <> new.text;
    DROP VIEW config_texts_before;
    ALTER TABLE config_sources ADD COLUMN text_id INTEGER REFERENCES config_texts (id);
    UPDATE config_sources SET text_id = (
        SELECT config_texts.id FROM config_generations JOIN config_histories USING (files)
        JOIN config_texts ON history_id = config_histories.id AND config_texts.fingerprint = config_sources.fingerprint
        WHERE config_generations.id = generation_id AND config_texts.text = config_sources.text
    ) WHERE text IS NOT NULL;
    ALTER TABLE config_sources DROP COLUMN text;
    ALTER TABLE config_sources RENAME TO config_files;
    CREATE INDEX config_files_by_text ON config_files (text_id);
    CREATE VIEW config_sources AS
        SELECT generation_id, position, path, config_files.fingerprint AS fingerprint, text
        FROM config_files LEFT JOIN config_texts ON config_texts.id = text_id;
    ALTER TABLE config_generations ADD COLUMN values_id INTEGER REFERENCES config_texts (id);
    UPDATE config_generations SET values_id = (
        SELECT config_texts.id FROM config_histories
        JOIN config_texts ON history_id = config_histories.id AND config_texts.fingerprint = config_generations.fingerprint
        WHERE config_histories.files = config_generations.files AND config_texts.text = resolved
    ) WHERE resolved IS NOT NULL;
    ALTER TABLE config_generations DROP COLUMN resolved;
    CREATE INDEX config_generations_by_values ON config_generations (values_id);
    UPDATE config_histories SET bytes =
        (SELECT total(octet_length(text)) FROM config_texts WHERE history_id = config_histories.id)
        + (SELECT total(octet_length(changed)) FROM config_generations WHERE files = config_histories.files)
        + (SELECT total(octet_length(diagnostics)) + total(octet_length(report)) FROM config_refusals
            WHERE files = config_histories.files);",
];

/// The version that this release writes.
pub(super) fn newest() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// Takes the missing steps, each in its own transaction.
///
/// Another process may take them at the same time, so each step checks the version under the lock. What a step moves may contain
/// secrets, so that nothing of it can be read any more where it lay before.
pub(super) fn migrate(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let secure_delete: i64 = connection.pragma_query_value(None, "secure_delete", |row| row.get(0))?;
    connection.pragma_update(None, "secure_delete", 1)?;
    let migrated = take_missing(connection, path);
    connection.pragma_update(None, "secure_delete", secure_delete)?;
    migrated
}

fn take_missing(connection: &Connection, path: &Path) -> Result<(), StoreError> {
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
    use crate::store::{Store, StoreOptions, StoreStats};
    use std::time::Duration;

    /// A database of an older release, with rows in each table that it had.
    fn of_version(version: usize, path: &Path) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection.execute_batch("PRAGMA auto_vacuum = 2; PRAGMA journal_mode = WAL").unwrap();
        for (expected_version, step) in STEPS.iter().take(version).enumerate() {
            take(&connection, i64::try_from(expected_version).unwrap(), step).unwrap();
        }
        if version >= 1 {
            let sources = if version >= 6 { "config_files" } else { "config_sources" };
            let rows = format!(
                "INSERT INTO config_generations (id, accepted_at_ms, generation, cause, files, fingerprint)
                            VALUES (1, 2, 3, 'cause', 'files', 'print');
                        INSERT INTO {sources} (generation_id, position, path, fingerprint)
                            VALUES (1, 0, 'speckit.toml', 'print');
                        INSERT INTO config_refusals (id, refused_at_ms, generation, files, diagnostics, report)
                            VALUES (1, 2, 3, 'files', '[]', 'report');"
            );
            connection.execute_batch(&rows).unwrap();
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
            assert_eq!(schema(&StoreOptions::new(&path).open_to_read().unwrap()), new, "from {older}");
            let stats = StoreStats::of_file(&path, Duration::from_secs(60)).unwrap();
            assert_eq!(stats.version, i64::try_from(older).unwrap(), "a reader migrates a copy");
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

    /// The texts and values of each generation, in their order: each with its number, its text and the row that stores it.
    fn texts(store: &Store) -> Vec<(i64, String, i64)> {
        let read = |tx: &Transaction<'_>| {
            let sql = "SELECT generation_id, text, config_texts.id FROM config_files JOIN config_texts ON config_texts.id = text_id
                UNION ALL
                SELECT config_generations.id, text, config_texts.id FROM config_generations JOIN config_texts ON config_texts.id = values_id
                ORDER BY 1, 2";
            let mut statement = tx.prepare(sql)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        };
        store.read(read).unwrap()
    }

    #[test]
    fn the_step_to_version_6_stores_equal_texts_of_a_history_once_and_counts_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        let connection = of_version(4, &path);
        // The third generation has a text with the fingerprint of another one; the fourth has another history.
        let rows = "DELETE FROM config_generations; DELETE FROM config_refusals;
            INSERT INTO config_generations (id, accepted_at_ms, generation, cause, files, fingerprint, changed, resolved) VALUES
                (1, 1, 1, '', 'a', 'v1', NULL, '{}'), (2, 2, 2, '', 'a', 'v1', 'é', '{}'), (3, 3, 3, '', 'a', 'v2', '[]', '{ }'),
                (4, 4, 1, '', 'b', 'v1', NULL, '{}'), (5, 5, 2, '', 'b', 'v1', NULL, NULL);
            INSERT INTO config_sources VALUES (1, 0, 'x', 't1', 'one'), (1, 1, 'y', 't2', 'two'), (2, 0, 'x', 't1', 'one'),
                (2, 1, 'y', 't3', 'three'), (3, 0, 'x', 't1', 'eno'), (4, 0, 'x', 't1', 'one'), (5, 0, 'x', 't1', NULL);
            INSERT INTO config_refusals VALUES (1, 2, 3, 'b', '[1]', 'report'), (2, 2, 3, 'c', '[]', NULL);";
        connection.execute_batch(rows).unwrap();
        drop(connection);
        let store = Store::open(&path).unwrap();
        let stored = texts(&store);
        let mut rows: Vec<i64> = stored.iter().map(|(.., row)| *row).collect();
        let all: Vec<(i64, &str)> = stored.iter().map(|(number, text, _)| (*number, text.as_str())).collect();
        let expected = [
            (1, "one"),
            (1, "two"),
            (1, "{}"),
            (2, "one"),
            (2, "three"),
            (2, "{}"),
            (3, "eno"),
            (3, "{ }"),
            (4, "one"),
            (4, "{}"),
        ];
        assert_eq!(all, expected);
        rows.sort_unstable();
        rows.dedup();
        // `one`, `two`, `three`, `eno`, `{}` and `{ }` of the first history; `one` and `{}` of the second.
        assert_eq!(rows.len(), 8);
        let sizes = store.read(|tx| {
            let mut statement = tx.prepare("SELECT files, bytes FROM config_histories ORDER BY files")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<Vec<(String, i64)>, _>>()?)
        });
        let of_view = store.read(|tx| {
            let sql = "SELECT text FROM config_sources WHERE generation_id IN (2, 5) ORDER BY generation_id, position";
            let mut statement = tx.prepare(sql)?;
            let texts = statement.query_map([], |row| row.get(0))?;
            Ok(texts.collect::<Result<Vec<Option<String>>, _>>()?)
        });
        assert_eq!(of_view, Ok(vec![Some("one".into()), Some("three".into()), None]));
        let texts = |texts: &[&str]| texts.iter().map(|text| text.len() as i64).sum::<i64>();
        let a = texts(&["one", "two", "three", "eno", "{}", "{ }", "é", "[]"]);
        let b = texts(&["one", "{}", "[1]", "report"]);
        assert_eq!(sizes.unwrap(), [("a".into(), a), ("b".into(), b), ("c".into(), texts(&["[]"]))]);
        assert_eq!(store.check(), Ok(Vec::new()));
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
