//! The rows of benchmarks and of their samples.

use rusqlite::{OptionalExtension as _, params};
use speckit_core::bench::{Baseline, BenchRun, stands_for};

use crate::store::{StoreError, Transaction};

type Result<T> = std::result::Result<T, StoreError>;

const TABLE: &str = "bench_benchmarks";
/// How many runs remain without being kept.
const KEPT_RUNS: u32 = 10;

/// The values of a row, computed once however often the transaction is repeated.
pub(super) struct NewRow {
    name: String,
    /// The document of the benchmark without its samples.
    document: String,
    samples_ns: Vec<u64>,
}

impl NewRow {
    pub(super) fn of(mut baseline: Baseline) -> Result<Self> {
        let samples_ns = std::mem::take(&mut baseline.benchmark.samples_ns);
        let name = baseline.benchmark.name.clone();
        let run = BenchRun::of_baseline(baseline);
        let document = serde_json::to_string(&run.to_json()).map_err(|error| {
            StoreError::refused(format!("a benchmark cannot be written as JSON: {error}"))
        })?;
        Ok(Self { name, document, samples_ns })
    }

    pub(super) fn sample_count(&self) -> usize {
        self.samples_ns.len()
    }
}

pub(super) fn keep(tx: &Transaction<'_>, rows: &[NewRow], replaced: &[String]) -> Result<Vec<String>> {
    let is_replaced = |name: &String| {
        rows.iter().any(|row| row.name == *name) || replaced.iter().any(|replaced| stands_for(replaced, name))
    };
    let removed: Vec<String> = names(tx)?.into_iter().filter(is_replaced).collect();
    for name in &removed {
        tx.prepare_cached("DELETE FROM bench_benchmarks WHERE baseline = ?1")?.execute([name])?;
    }
    for row in rows {
        let sql = "INSERT INTO bench_benchmarks (baseline, document) VALUES (?1, ?2)";
        let id = tx.prepare_cached(sql)?.insert(params![row.name, row.document])?;
        add_samples(tx, id, row, 0)?;
    }
    Ok(removed)
}

pub(super) fn begin(tx: &Transaction<'_>, rows: &[NewRow]) -> Result<Vec<i64>> {
    let sql = "SELECT ifnull(max(run), 0) + 1 FROM bench_benchmarks";
    let run: i64 = tx.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    let mut ids = Vec::new();
    for row in rows {
        let sql = "INSERT INTO bench_benchmarks (run, document) VALUES (?1, ?2)";
        let id = tx.prepare_cached(sql)?.insert(params![run, row.document])?;
        add_samples(tx, id, row, 0)?;
        ids.push(id);
    }
    let sql = "DELETE FROM bench_benchmarks WHERE run <= ?1 - ?2";
    tx.prepare_cached(sql)?.execute(params![run, KEPT_RUNS])?;
    Ok(ids)
}

/// Writes the document of a row, and its samples after the first `written`.
pub(super) fn update(tx: &Transaction<'_>, id: i64, row: &NewRow, written: usize) -> Result<()> {
    let sql = "UPDATE bench_benchmarks SET document = ?2 WHERE id = ?1";
    if tx.prepare_cached(sql)?.execute(params![id, row.document])? == 0 {
        return Err(StoreError::refused("its row was removed, as by ten later runs"));
    }
    add_samples(tx, id, row, written)
}

fn add_samples(tx: &Transaction<'_>, id: i64, row: &NewRow, written: usize) -> Result<()> {
    let sql = "INSERT INTO bench_samples (benchmark_id, position, elapsed_ns) VALUES (?1, ?2, ?3)";
    let mut statement = tx.prepare_cached(sql)?;
    for (position, elapsed_ns) in row.samples_ns.iter().enumerate().skip(written) {
        // Times above 292 years are stored as negative numbers.
        statement.execute(params![
            id,
            i64::try_from(position).unwrap_or(i64::MAX),
            elapsed_ns.cast_signed()
        ])?;
    }
    Ok(())
}

pub(super) fn names(tx: &Transaction<'_>) -> Result<Vec<String>> {
    let sql = "SELECT baseline FROM bench_benchmarks WHERE baseline IS NOT NULL ORDER BY baseline";
    let mut statement = tx.prepare_cached(sql)?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

/// The baselines of these names, which exist.
pub(super) fn named(tx: &Transaction<'_>, names: &[impl AsRef<str>]) -> Result<Vec<Baseline>> {
    let sql = "SELECT id, document FROM bench_benchmarks WHERE baseline = ?1";
    let mut statement = tx.prepare_cached(sql)?;
    let mut found = Vec::new();
    for name in names {
        let row = statement.query_row([name.as_ref()], |row| Ok((row.get(0)?, row.get(1)?)));
        let row: Option<(i64, String)> = row.optional()?;
        if let Some((id, document)) = row {
            found.extend(read(tx, id, &document)?.into_baselines());
        }
    }
    Ok(found)
}

pub(super) fn last_run(tx: &Transaction<'_>) -> Result<Option<BenchRun>> {
    let sql = "SELECT id, document FROM bench_benchmarks
        WHERE run = (SELECT max(run) FROM bench_benchmarks) ORDER BY id";
    let mut statement = tx.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut last: Option<BenchRun> = None;
    for row in rows.collect::<rusqlite::Result<Vec<(i64, String)>>>()? {
        let run = read(tx, row.0, &row.1)?;
        match &mut last {
            Some(last) => last.benchmarks.extend(run.benchmarks),
            None => last = Some(run),
        }
    }
    Ok(last)
}

/// The document of a row, with the samples of its only benchmark.
fn read(tx: &Transaction<'_>, id: i64, document: &str) -> Result<BenchRun> {
    let mut run = BenchRun::read(TABLE, document).map_err(|errors| {
        let reason = errors.diagnostics.first().map_or_else(String::new, |error| error.message.clone());
        StoreError::Unreadable { table: TABLE, row: id, reason }
    })?;
    let sql = "SELECT elapsed_ns FROM bench_samples WHERE benchmark_id = ?1 ORDER BY position";
    let mut statement = tx.prepare_cached(sql)?;
    let samples = statement.query_map([id], |row| Ok(row.get::<_, i64>(0)?.cast_unsigned()))?;
    let samples = samples.collect::<rusqlite::Result<Vec<u64>>>()?;
    for benchmark in &mut run.benchmarks {
        benchmark.samples_ns.clone_from(&samples);
    }
    Ok(run)
}
