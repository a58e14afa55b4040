//! The cost of retries: a call that succeeds at once beside the bare call and backon, the schedule of each jitter, and a call
//! that fails once.
//!
//! All peers of a group run in one process, one after the other.

use std::hint::black_box;
use std::io;
use std::time::Duration;

use backon::{BlockingRetryable as _, ExponentialBuilder};
use criterion::{BenchmarkId, Criterion, Throughput};
use speckit::retry::{
    BreakerConfig, CancelToken, CircuitBreaker, RetryBudget, Retrying, execute_with_backoff_sync,
};
use speckit_core::retry::backoff::Backoff;
use speckit_core::retry::{Jitter, RetryConfig, Seed};

/// A call that the compiler cannot inline.
#[inline(never)]
fn call(number: u64) -> io::Result<u64> {
    black_box(Ok(number))
}

/// A call that succeeds at once, as most do.
fn happy(criterion: &mut Criterion) {
    let config = black_box(RetryConfig::default());
    let exponential = ExponentialBuilder::default().with_jitter();
    let (cancel, budget, breaker) = (CancelToken::new(), RetryBudget::default(), CircuitBreaker::default());
    let mut group = criterion.benchmark_group("retry/happy");
    group.bench_function("bare", |bencher| bencher.iter(|| call(black_box(7))));
    group.bench_function("speckit", |bencher| {
        bencher.iter(|| execute_with_backoff_sync(&config, || call(black_box(7))));
    });
    group.bench_function("backon", |bencher| {
        bencher.iter(|| (|| call(black_box(7))).retry(exponential).call());
    });
    group.bench_function("speckit-cancel", |bencher| {
        bencher.iter(|| Retrying::new(&config).cancel(&cancel).run(|| call(black_box(7))));
    });
    group.bench_function("speckit-budget", |bencher| {
        bencher.iter(|| Retrying::new(&config).budget(&budget).run(|| call(black_box(7))));
    });
    group.bench_function("speckit-breaker", |bencher| {
        bencher.iter(|| Retrying::new(&config).breaker(&breaker).run(|| call(black_box(7))));
    });
    group.finish();
}

/// The waits drawn in a second, in series of 10.
fn schedule(criterion: &mut Criterion) {
    const WAITS: u32 = 10;
    let mut group = criterion.benchmark_group("retry/schedule");
    group.throughput(Throughput::Elements(u64::from(WAITS)));
    let jitters = [
        ("none", Jitter::None),
        ("full", Jitter::Full),
        ("equal", Jitter::Equal),
        ("decorrelated", Jitter::Decorrelated),
    ];
    for (name, jitter) in jitters {
        let config = black_box(RetryConfig::default().with_jitter(jitter));
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            let mut backoff = Backoff::new(Seed::new(42), "bench");
            bencher.iter(|| (1..=WAITS).map(|retry| backoff.wait(&config, retry)).sum::<Duration>());
        });
    }
    group.finish();
}

/// The first attempt fails and the second one succeeds, after a wait of zero.
fn failing_once(criterion: &mut Criterion) {
    let config = RetryConfig::default().with_initial_backoff_ms(0).with_max_backoff_ms(0);
    let exponential = ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(Duration::ZERO)
        .with_max_delay(Duration::ZERO);
    let mut group = criterion.benchmark_group("retry/failing-once");
    let failing = || {
        let mut calls = 0;
        move || {
            calls += 1;
            if calls == 1 { Err(io::Error::from(io::ErrorKind::TimedOut)) } else { call(black_box(7)) }
        }
    };
    group.bench_function("speckit", |bencher| {
        bencher.iter(|| execute_with_backoff_sync(&config, failing()));
    });
    group.bench_function("backon", |bencher| bencher.iter(|| failing().retry(exponential).call()));
    group.bench_function("sleep", |bencher| bencher.iter(|| std::thread::sleep(Duration::ZERO)));
    // An open breaker rejects the call.
    let breaker = CircuitBreaker::new(BreakerConfig { min_calls: 1, ..BreakerConfig::default() });
    let _ = breaker.call(|| Err::<u64, _>(io::Error::from(io::ErrorKind::TimedOut)));
    group.bench_function("speckit-open-breaker", |bencher| {
        bencher.iter(|| Retrying::new(&config).breaker(&breaker).run(|| call(black_box(7))));
    });
    group.finish();
}

criterion::criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    targets = happy, schedule, failing_once
}
criterion::criterion_main!(benches);
