//! `speckit bench`, as a user runs it.

use serde_json::{Value as Json, json};

use crate::test_dir::{RunResult, TestDir};

mod compared;
mod failing;
mod kept;
mod page;
mod recorded;
mod runs;
mod signals;
#[cfg(target_os = "linux")]
mod terminal;

/// A folder in which commands are found.
fn bench_dir() -> TestDir {
    TestDir::new().variable("PATH", "/usr/local/bin:/usr/bin:/bin")
}

/// The document of a run with `--format json`.
#[track_caller]
fn measured(dir: &TestDir, arguments: &[&str]) -> Json {
    let mut all = vec!["bench", "run", "--format", "json"];
    all.extend(arguments);
    dir.run_with(&all).succeeds().json()
}

/// 30 samples around a time, as a document to import.
fn document(benchmarks: &[(&str, u64)], cores: u32) -> String {
    let benchmark = |(name, time_ns): &(&str, u64)| {
        let samples: Vec<u64> = (0..30).map(|run| time_ns + run * 7 % 30).collect();
        json!({ "name": name, "samples_ns": samples })
    };
    let benchmarks: Vec<_> = benchmarks.iter().map(benchmark).collect();
    let machine =
        json!({ "cpu": "AMD EPYC", "cores": cores, "memory_bytes": 1_u64 << 34, "os": "Linux 6.1" });
    json!({ "benchmarks": benchmarks, "machine": machine }).to_string()
}

/// A folder whose database has these benchmarks.
#[track_caller]
fn dir_with(benchmarks: &[(&str, u64)]) -> TestDir {
    let dir = bench_dir().file("kept.json", document(benchmarks, 4));
    dir.run("bench import kept.json").succeeds();
    dir
}

#[track_caller]
fn compare(dir: &TestDir, arguments: &str) -> RunResult {
    dir.run(&format!("bench compare {arguments}"))
}
