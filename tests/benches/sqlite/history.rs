//! The list of a long history, by the program, beside a bare query of the same rows.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::Value as Json;
use speckit::store::Store;
use speckit::store::rusqlite::Connection;
use speckit_core::text::size;

pub(crate) const NAME: &str = "history, 50,000 generations";
const PROGRAM: &str = env!("CARGO_BIN_EXE_speckit-under-test");
const RUNS: &str = "9";

/// Prints the time and the memory of `speckit history`.
pub(crate) fn print() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("bench.db");
    fill(&path);
    println!("{NAME}");
    for format in ["text", "json"] {
        let (median_ms, peak_bytes) = measure(&path, format);
        println!("  speckit history --format {format:<5} {median_ms:>7.1} ms   {:>9}", size(peak_bytes));
    }
    let started = Instant::now();
    let bytes = read(&path);
    let elapsed_ms = started.elapsed().as_secs_f64() * 1e3;
    println!("  a bare query of the rows       {elapsed_ms:>7.1} ms   {:>9} of texts", size(bytes));
    println!();
}

/// Generations of one file that each change one key.
fn fill(path: &Path) {
    let store = Store::open(path).expect("it can be opened");
    let filled = store.write(|tx| {
        Ok(tx.execute_batch(
            r#"INSERT INTO config_histories VALUES (1, '["/srv/app/speckit.toml"]', 0);
            WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 50000)
            INSERT INTO config_texts SELECT id, 1, printf('%032x', id), '[retry]\nmax_attempts = ' || id FROM n;
            INSERT INTO config_generations
                SELECT id, 1790000000000 + id * 1000, id, 'reloaded', '["/srv/app/speckit.toml"]', printf('%032x', id),
                    '[{"key":"retry.max_attempts","old":' || (id - 1) || ',"new":' || id || '}]', id
                FROM config_texts;
            INSERT INTO config_files
                SELECT id, 0, '/srv/app/speckit.toml', printf('%032x', id), id FROM config_texts;"#,
        )?)
    });
    filled.expect("it can be written");
}

/// The median in milliseconds, and the most memory, of a run of the program.
fn measure(path: &Path, format: &str) -> (f64, u64) {
    let mut command = Command::new(PROGRAM);
    command.args(["bench", "run", "-n", RUNS, "--no-store", "--format", "json", "--", PROGRAM, "history"]);
    command.args(["--format", format, "--database"]).arg(path);
    let document: Json =
        serde_json::from_slice(&command.output().expect("it starts").stdout).expect("a document");
    let measured = &document["benchmarks"][0];
    let median_ns = measured["summary"]["p50_ns"].as_f64().expect("it succeeds");
    (median_ns / 1e6, measured["peak_rss_bytes"].as_u64().expect("the system tells it"))
}

fn read(path: &Path) -> u64 {
    let connection = Connection::open(path).expect("it can be opened");
    let sql = "SELECT accepted_at_ms, cause, changed, path FROM config_generations
        JOIN config_files ON generation_id = id ORDER BY id";
    let mut statement = connection.prepare(sql).expect("the tables are there");
    let rows = statement.query_map([], |row| {
        let texts = [1, 2, 3].map(|column| row.get::<_, String>(column));
        texts.into_iter().map(|text| Ok(text?.len() as u64)).sum::<Result<u64, _>>()
    });
    rows.expect("it can be read").sum::<Result<u64, _>>().expect("each row can be read")
}
