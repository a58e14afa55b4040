//! Commands that cannot be started, fail, hang or write without end.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{bench_dir, measured};

#[test]
fn a_missing_command_is_reported_with_the_nearest_one() {
    let dir = bench_dir();
    let missing = dir.run("bench run -- slepp 1").exits_2().only_stderr("error[bench/command]");
    assert!(
        missing.err.contains("`slepp` is not found in PATH") && missing.err.contains("did you mean `sleep`?")
    );
    dir.run("bench run --prepare slepp -- true").exits_2().only_stderr("--prepare: ");
    let json = dir.run("bench run --format json -- slepp 1").exits_2().json();
    assert_eq!((&json["ok"], &json["diagnostics"][0]["code"]), (&json!(false), &json!("bench/command")));
    dir.run("bench report").exits_2().only_stderr("no run is recorded");
}

#[test]
fn the_first_failed_run_ends_the_measuring_and_is_reported() {
    let dir = bench_dir();
    let script =
        "echo x >> runs; [ $(wc -l < runs) -lt 3 ] || { echo first >&2; echo no space >&2; exit 3; }";
    let run = ["bench", "run", "-n", "9", "--shell", "--name", "fill", "--", script];
    let shown = dir.run_with(&run).exits_1();
    assert!(shown.out.contains("1 of 3 runs failed (exit 3, first run 3: no space)"), "{}", shown.out);
    assert!(shown.out.contains("partial: ended after 3 runs, before the planned number"), "{}", shown.out);
    assert_eq!(dir.read("runs").lines().count(), 3);
    // What was measured is recorded.
    let last = dir.run("bench report --format json").succeeds().json();
    assert_eq!(last["benchmarks"][0]["samples_ns"].as_array().unwrap().len(), 2);
}

#[test]
fn failed_runs_are_counted_if_they_are_ignored() {
    let dir = bench_dir();
    let script = "echo x >> runs; case $(wc -l < runs) in 2) exit 3;; 4) kill -9 $$;; esac";
    let arguments = ["-n", "5", "--ignore-failure", "--shell", "--", script];
    let benchmark = measured(&dir, &arguments)["benchmarks"][0].clone();
    assert_eq!((&benchmark["runs"], benchmark["samples_ns"].as_array().unwrap().len()), (&json!(5), 4));
    let ends: Vec<_> =
        benchmark["failed"].as_array().unwrap().iter().map(|end| [&end["exit"], &end["signal"]]).collect();
    assert_eq!(ends, [[&json!(3), &json!(null)], [&json!(null), &json!(9)]]);
}

#[test]
fn a_run_for_warm_up_that_fails_ends_the_measuring() {
    let shown = bench_dir().run("bench run --warmup 3 -- false").exits_1();
    assert!(shown.out.contains("1 of 1 runs failed (exit 1"), "{}", shown.out);
}

#[test]
fn a_preparation_that_fails_ends_the_measuring() {
    let dir = bench_dir();
    let arguments = ["bench", "run", "--prepare", "sh -c 'echo no >&2; exit 4'", "--", "touch", "ran"];
    dir.run_with(&arguments).exits_2().only_stderr("--prepare failed (exit 4): no");
    assert!(!dir.path("ran").exists());
}

#[test]
fn a_command_that_hangs_is_ended_at_its_time_out() {
    let start = Instant::now();
    let dir = bench_dir();
    let shown = dir.run("bench run --timeout 200ms -- sleep 60").exits_1();
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert!(shown.out.contains("runs failed (timed out, first run 1)"), "{}", shown.out);
    let json = dir.run("bench report --format json").succeeds().json();
    let benchmark = &json["benchmarks"][0];
    assert_eq!((&benchmark["failed"][0]["timed_out"], &benchmark["summary"]), (&json!(true), &json!(null)));
}

#[test]
fn gigabytes_of_output_are_discarded() {
    let script = "head -c 2000000000 /dev/zero; head -c 300000000 /dev/zero >&2";
    let benchmark = measured(&bench_dir(), &["-n", "1", "--shell", "--", script])["benchmarks"][0].clone();
    assert_eq!(benchmark["failed"], json!([]));
    // The floor is the peak of the measuring program.
    let floor = benchmark["peak_rss_floor_bytes"].as_u64().unwrap();
    assert!(floor < 200 << 20, "{floor}");
}
