//! Benchmarks of functions.

use std::cell::Cell;
use std::future::ready;
use std::thread::sleep;
use std::time::Duration;

use speckit::bench::{BenchmarkHarness, MIN_ITERATIONS};
use speckit_core::bench::BenchRun;
use speckit_core::bench::stats::Work;

#[test]
fn the_warm_up_is_run_and_not_measured() {
    let calls = Cell::new(0);
    let harness = BenchmarkHarness::new("count").warmup(4).iterations(12).items(0);
    let benchmark = harness.run(|| calls.set(calls.get() + 1));
    assert_eq!((calls.get(), benchmark.samples_ns.len(), benchmark.warmup), (16, 12, 4));
    assert_eq!((benchmark.name.as_str(), benchmark.work(), benchmark.failed_runs()), ("count", None, 0));
}

#[test]
fn fewer_iterations_than_ten_are_ten() {
    let benchmark = BenchmarkHarness::new("few").iterations(1).run(|| ());
    assert_eq!(benchmark.samples_ns.len(), MIN_ITERATIONS as usize);
}

#[test]
fn a_sample_is_the_time_of_one_iteration() {
    let benchmark =
        BenchmarkHarness::new("sleep").warmup(0).iterations(10).run(|| sleep(Duration::from_millis(2)));
    assert!(benchmark.samples().unwrap().summary().min_ns >= 2_000_000);
}

#[test]
fn failed_iterations_are_counted_with_the_first_error_and_are_no_samples() {
    let calls = Cell::new(0);
    let fails = || {
        calls.set(calls.get() + 1);
        if calls.get() % 3 == 0 { Err(format!("call {}", calls.get())) } else { Ok(calls.get()) }
    };
    let benchmark = BenchmarkHarness::new("fails").warmup(3).iterations(12).try_run(fails);
    assert_eq!(benchmark.samples_ns.len(), 8);
    assert_eq!((benchmark.runs, benchmark.failed.len(), benchmark.failed_runs()), (12, 1, 4));
    assert_eq!(
        (benchmark.failed[0].first_run, benchmark.failed[0].last_line.as_deref()),
        (Some(3), Some("call 6"))
    );
    let run = BenchRun { benchmarks: vec![benchmark], ..BenchRun::default() };
    let text = run.to_text();
    assert!(text.contains("4 of 12 runs failed (first run 3: call 6): call the function"), "{text}");
    let benchmark = BenchmarkHarness::new("never").try_run(|| Err::<(), _>("no"));
    assert_eq!(benchmark.samples(), None);
}

#[tokio::test]
async fn a_future_is_measured_until_it_is_ready() {
    let harness = BenchmarkHarness::new("async").warmup(1).iterations(10).bytes(1000);
    let benchmark = harness.run_async(|| tokio::time::sleep(Duration::from_millis(2))).await;
    let samples = benchmark.samples().unwrap();
    assert!(samples.summary().min_ns >= 2_000_000);
    assert_eq!(samples.work(), Some(Work::Bytes(1000.try_into().unwrap())));
    let benchmark = harness.try_run_async(|| ready(Err::<(), _>("no"))).await;
    assert_eq!(benchmark.failed_runs(), 10);
}
