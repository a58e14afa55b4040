//! Measures a function of the embedding program.

use std::fmt::Display;
use std::future::Future;
use std::hint::black_box;
use std::num::NonZeroU64;
use std::time::Duration;

use speckit_core::bench::stats::Work;
use speckit_core::bench::{Benchmark, Outcome, Recorder, RunRecord};

use crate::os::clock::{self, nanos};

/// The fewest measured iterations of a benchmark.
pub const MIN_ITERATIONS: u32 = 10;

const DEFAULT_ITERATIONS: u32 = 30;
const DEFAULT_WARMUP: u32 = 3;

/// Measures a function or a future again and again.
///
/// Each iteration is one sample. The clock has a resolution of tens of nanoseconds, so a function that takes less than about 10 µs should be
/// called several times in one iteration, with [`BenchmarkHarness::items`] for the number of calls.
///
/// ```
/// use speckit::bench::BenchmarkHarness;
///
/// let text = "port = 8080\n".repeat(100);
/// let harness = BenchmarkHarness::new("lines").iterations(20).bytes(text.len() as u64);
/// let benchmark = harness.run(|| text.lines().count());
/// let summary = benchmark.samples().unwrap().summary();
/// assert_eq!(summary.n, 20);
/// println!("{}: median {} ns", benchmark.name, summary.p50_ns);
/// ```
#[derive(Clone, Debug)]
pub struct BenchmarkHarness {
    name: String,
    warmup: u32,
    iterations: u32,
    work: Option<Work>,
}

impl BenchmarkHarness {
    /// A benchmark of this name, with 3 iterations of warm-up and 30 that are measured.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), warmup: DEFAULT_WARMUP, iterations: DEFAULT_ITERATIONS, work: None }
    }

    /// How many iterations are run first and not measured.
    #[must_use]
    pub fn warmup(mut self, iterations: u32) -> Self {
        self.warmup = iterations;
        self
    }

    /// How many iterations are measured: at least [`MIN_ITERATIONS`].
    #[must_use]
    pub fn iterations(mut self, iterations: u32) -> Self {
        self.iterations = iterations.max(MIN_ITERATIONS);
        self
    }

    /// How many items one iteration processes. Two benchmarks are then compared by their times for one item. 0: unknown.
    #[must_use]
    pub fn items(mut self, items: u64) -> Self {
        self.work = NonZeroU64::new(items).map(Work::Items);
        self
    }

    /// How many bytes one iteration processes. Two benchmarks are then compared by their times for one byte. 0: unknown.
    #[must_use]
    pub fn bytes(mut self, bytes: u64) -> Self {
        self.work = NonZeroU64::new(bytes).map(Work::Bytes);
        self
    }

    /// Measures a function. Its result is passed to [`black_box`], so that the compiler keeps the computation; it is dropped after the
    /// measurement.
    pub fn run<T>(&self, mut function: impl FnMut() -> T) -> Benchmark {
        self.try_run(|| Ok::<T, &str>(function()))
    }

    /// As [`run`](Self::run), for a function that may fail. Failed iterations are counted with their first error, and their times are no
    /// samples.
    pub fn try_run<T, E: Display>(&self, mut function: impl FnMut() -> Result<T, E>) -> Benchmark {
        let mut iterations = self.begin();
        for _ in 0..self.total() {
            let started = clock::now();
            let result = black_box(function());
            iterations.add(clock::now().saturating_duration_since(started), result);
        }
        iterations.recorder.benchmark().clone()
    }

    /// As [`run`](Self::run), for a future, from its first poll until it is ready. It works in any runtime.
    pub async fn run_async<F: Future>(&self, mut function: impl FnMut() -> F) -> Benchmark {
        self.try_run_async(|| {
            let future = function();
            async { Ok::<F::Output, &str>(future.await) }
        })
        .await
    }

    /// As [`run_async`](Self::run_async), for a future that may fail.
    pub async fn try_run_async<F, T, E>(&self, mut function: impl FnMut() -> F) -> Benchmark
    where
        F: Future<Output = Result<T, E>>,
        E: Display,
    {
        let mut iterations = self.begin();
        for _ in 0..self.total() {
            let future = function();
            let started = clock::now();
            let result = black_box(future.await);
            iterations.add(clock::now().saturating_duration_since(started), result);
        }
        iterations.recorder.benchmark().clone()
    }

    fn total(&self) -> u64 {
        u64::from(self.warmup) + u64::from(self.iterations)
    }

    fn begin(&self) -> Iterations {
        let recorder = Recorder::new(self.name.clone(), Vec::new());
        Iterations {
            recorder: recorder.with_warmup(self.warmup).with_work(self.work),
            warmup_left: self.warmup,
        }
    }
}

/// Records the iterations after the warm-up.
struct Iterations {
    recorder: Recorder,
    warmup_left: u32,
}

impl Iterations {
    fn add<T, E: Display>(&mut self, elapsed: Duration, result: Result<T, E>) {
        if let Some(left) = self.warmup_left.checked_sub(1) {
            self.warmup_left = left;
            return;
        }
        // A function has no exit code: a failed call has its error.
        let (outcome, last_line) = match result {
            Ok(_) => (Outcome::exited(0), None),
            Err(error) => (Outcome::default(), Some(error.to_string())),
        };
        self.recorder.add(RunRecord {
            outcome,
            elapsed_ns: nanos(elapsed),
            last_line,
            ..RunRecord::default()
        });
    }
}
