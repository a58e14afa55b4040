//! Ctrl-C.

use std::time::{Duration, Instant};

use super::bench_dir;
use crate::running_program::RunningProgram;

#[test]
fn an_interruption_shows_what_was_measured_and_says_so() {
    for signal in ["INT", "TERM"] {
        let dir = bench_dir();
        let program = RunningProgram::start(&dir, "bench run -n 500 -- sh -c echo>>log;sleep${IFS}0.05");
        let start = Instant::now();
        while std::fs::read_to_string(dir.path("log")).unwrap_or_default().lines().count() < 3 {
            assert!(start.elapsed() < Duration::from_secs(30));
            std::thread::sleep(Duration::from_millis(10));
        }
        let shown = program.stop_with(signal).exits_2();
        assert!(shown.out.contains("partial: ended after"), "{}", shown.out);
        assert!(shown.out.contains("median"), "{}", shown.out);
        let report = dir.run("bench report --format json").succeeds().json();
        assert_eq!(report["benchmarks"][0]["partial"], true);
    }
}

#[test]
fn an_interruption_ends_a_command_that_hangs() {
    let dir = bench_dir();
    let program = RunningProgram::start(&dir, "bench run -- sh -c echo>>log;exec${IFS}sleep${IFS}60");
    let start = Instant::now();
    while !dir.path("log").exists() {
        assert!(start.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(10));
    }
    program.stop_with("INT").exits_2();
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}
