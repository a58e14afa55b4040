//! Reports of benchmarks and comparisons.

use std::num::NonZeroU64;

use serde::Serialize;
use speckit_core::bench::report::LIST_HEADINGS;
use speckit_core::bench::stats::{Criteria, Work};
use speckit_core::bench::{
    Baseline, BenchRun, Benchmark, CompareReport, Outcome, Provenance, Recorder, RunRecord,
};
use speckit_tests::golden;

use super::examples::{benchmark, machine, run, slower_by, times};

fn json(document: impl Serialize) -> String {
    serde_json::to_string_pretty(&document).unwrap()
}

/// A benchmark about which every caveat is told.
fn doubtful() -> Benchmark {
    let mut recorder = Recorder::new("fetch", vec!["fetch".into(), "--all things".into()]);
    let crashed = Outcome { exit: None, signal: Some(11), timed_out: false };
    let timed_out = Outcome { exit: None, signal: Some(9), timed_out: true };
    for (run, elapsed_ns) in (0..60).zip(times("fetch", 60, 5_000, 20)) {
        let outcome = match run {
            4 => Outcome::exited(1),
            9 => crashed,
            17 => timed_out,
            _ => Outcome::exited(0),
        };
        let last_line = (run == 4).then(|| "fetch: \u{1b}[31mno route to host".into());
        let factor = if matches!(run, 0 | 30) { 300_000 } else { 100_000 + run * 300 };
        recorder.add(RunRecord {
            outcome,
            elapsed_ns: elapsed_ns * factor,
            last_line,
            ..RunRecord::default()
        });
    }
    recorder.interrupt();
    recorder.benchmark().clone()
}

fn compared(first: Benchmark, second: Benchmark, cores: u32, claim: Option<&str>) -> CompareReport {
    let claim = claim.map(|claim| claim.parse().unwrap());
    CompareReport::new(&[(&first, &second)], [machine(4), machine(cores)], Criteria::default(), claim, false)
}

#[test]
fn one_command_is_reported() {
    let run = run(vec![benchmark("sort data", times("first", 30, 12_000_000, 80))]);
    golden!("bench/reports", "one_command", run.to_text());
}

#[test]
fn a_slower_command_is_a_regression() {
    golden!("bench/reports", "regression", slower_by(150).to_text());
}

#[test]
fn a_small_difference_is_no_regression() {
    golden!("bench/reports", "small_difference", slower_by(40).to_text());
}

#[test]
fn a_faster_command_is_an_improvement() {
    let [first, second] = slower_by(1500).benchmarks.try_into().unwrap();
    golden!("bench/reports", "improvement", run(vec![second, first]).to_text());
}

#[test]
fn each_doubt_has_a_line_with_a_way_out() {
    let single = benchmark("date", vec![812]);
    golden!("bench/reports", "doubts", run(vec![doubtful(), single]).to_text());
}

#[test]
fn work_and_the_floor_of_the_memory_are_shown() {
    let mut items = benchmark("parse", times("first", 30, 2_000_000, 50));
    items.peak_rss_floor_bytes = items.peak_rss_bytes;
    items.items = NonZeroU64::new(500);
    let mut bytes = benchmark("copy", times("second", 120, 3_000_000, 50));
    bytes.bytes = NonZeroU64::new(1 << 20);
    assert_eq!(bytes.work(), NonZeroU64::new(1 << 20).map(Work::Bytes));
    let run = BenchRun { comparisons: Vec::new(), ..run(vec![items, bytes]) };
    golden!("bench/reports", "work_and_memory", run.to_text());
}

#[test]
fn a_command_that_always_fails_has_no_figures() {
    let mut recorder = Recorder::new("false", vec!["false".into()]);
    for _ in 0..3 {
        recorder.add(RunRecord { outcome: Outcome::exited(1), ..RunRecord::default() });
    }
    golden!("bench/reports", "no_samples", run(vec![recorder.benchmark().clone()]).to_text());
}

#[test]
fn a_claim_is_checked_against_the_end_of_the_interval() {
    let [first, second] = slower_by(1500).benchmarks.try_into().unwrap();
    let texts = ["2x", "3x"].map(|claim| compared(second.clone(), first.clone(), 4, Some(claim)).to_text());
    golden!("bench/reports", "claims", texts.join("\n"));
}

#[test]
fn different_machines_are_named_with_what_differs() {
    let [first, second] = slower_by(150).benchmarks.try_into().unwrap();
    let report = compared(first, second, 8, None);
    golden!("bench/reports", "different_machines", report.to_text());
    golden!("bench/reports", "different_machines_as_json", json(report.to_json()));
    golden!("bench/reports", "different_machines_as_markdown", report.to_markdown());
}

#[test]
fn a_run_is_printed_as_json() {
    let first = benchmark("sort data", times("first", 5, 12_000_000, 80));
    let second = benchmark("sort -u data", times("second", 5, 24_000_000, 80));
    golden!("bench/reports", "run_as_json", json(run(vec![first, second]).to_json()));
}

#[test]
fn a_run_is_printed_as_markdown() {
    golden!("bench/reports", "run_as_markdown", slower_by(150).to_markdown());
    let markup = "a | <script>alert(1)</script> `b` *c*";
    let markup = benchmark(markup, times("markup", 3, 1_000, 50));
    golden!("bench/reports", "markup_as_markdown", run(vec![markup, doubtful()]).to_markdown());
}

#[test]
fn a_run_is_drawn_as_a_page() {
    golden!("bench/reports", "page", slower_by(150).to_html());
}

#[test]
fn nothing_that_a_user_writes_is_markup_on_the_page() {
    let markup = "<script>alert('\u{202e}1')</script>\" onload=\"x & <b>";
    let mut first = benchmark(markup, times("first", 6, 1_000_000, 50));
    first.command = vec![markup.into()];
    let mut second = benchmark("</title></style></svg>", times("second", 6, 1_300_000, 50));
    let mut failed = Recorder::new("", vec![]);
    let last_line = Some(markup.into());
    failed.add(RunRecord { outcome: Outcome::exited(1), last_line, ..RunRecord::default() });
    second.failed = failed.benchmark().failed.clone();
    let mut run = run(vec![first, second]);
    run.machine.cpu = Some(markup.into());
    let page = run.to_html();
    for forbidden in ["<script", "onload=\"", "</title></style>", "<b>", "\u{202e}"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("&lt;script&gt;alert(&#39;"));
}

#[test]
fn kept_benchmarks_are_listed() {
    let mut first = benchmark("main", times("first", 30, 12_000_000, 80));
    first.provenance = Provenance {
        measured_at_ms: Some(1_767_225_600_000),
        commit: Some("1d0bc4ee0f5c2a1c4f6ad9d1d7e3a1f1c2b3d4e5".into()),
        dirty: Some(true),
        generation: Some(7),
    };
    let kept = run(vec![first, benchmark("dev/\u{1b}[31m", vec![])]).into_baselines();
    let kept: Vec<Baseline> = kept.collect();
    let rows = kept.iter().map(|one| one.cells().join(" | ")).collect::<Vec<_>>().join("\n");
    golden!("bench/reports", "list", format!("{}\n{rows}\n", LIST_HEADINGS.join(" | ")));
    golden!("bench/reports", "list_as_json", json(kept.iter().map(Baseline::to_json).collect::<Vec<_>>()));
}
