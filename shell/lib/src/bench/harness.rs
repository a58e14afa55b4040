//! Measures a function of the embedding program.

use std::fmt::Display;
use std::future::Future;
use std::hint::black_box;
use std::num::NonZeroU64;

use speckit_core::bench::stats::{NoSamples, Samples, Work};

use crate::os::clock::{self, nanos};

/// The fewest measured iterations of a benchmark.
pub const MIN_ITERATIONS: usize = 10;

const DEFAULT_ITERATIONS: usize = 30;
const DEFAULT_WARMUP: usize = 3;

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
/// let samples = benchmark.samples()?;
/// assert_eq!(samples.summary().n, 20);
/// println!("{}: median {} ns", benchmark.name, samples.summary().p50_ns);
/// # Ok::<(), speckit_core::bench::stats::NoSamples>(())
/// ```
#[derive(Clone, Debug)]
pub struct BenchmarkHarness {
    name: String,
    warmup: usize,
    iterations: usize,
    work: Option<Work>,
}

/// The result of a benchmark of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Benchmark {
    /// Its name.
    pub name: String,
    /// How many iterations were run before the measured ones.
    pub warmup: usize,
    /// The times of the iterations that succeeded, in the order of the iterations.
    pub samples_ns: Vec<u64>,
    /// How much work one iteration does.
    pub work: Option<Work>,
    /// The iterations that failed; `None` if all succeeded.
    pub failed: Option<FailedIterations>,
}

/// The iterations of a benchmark that failed. Their times are no samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedIterations {
    /// How many of the measured iterations failed.
    pub count: usize,
    /// The first that failed, counted from 1.
    pub first: usize,
    /// Its error.
    pub error: String,
}

impl BenchmarkHarness {
    /// A benchmark of this name, with 3 iterations of warm-up and 30 that are measured.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), warmup: DEFAULT_WARMUP, iterations: DEFAULT_ITERATIONS, work: None }
    }

    /// How many iterations are run first and not measured.
    #[must_use]
    pub fn warmup(mut self, iterations: usize) -> Self {
        self.warmup = iterations;
        self
    }

    /// How many iterations are measured: at least [`MIN_ITERATIONS`].
    #[must_use]
    pub fn iterations(mut self, iterations: usize) -> Self {
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

    /// As [`run`](Self::run), for a function that may fail.
    pub fn try_run<T, E: Display>(&self, mut function: impl FnMut() -> Result<T, E>) -> Benchmark {
        let mut recorder = self.recorder();
        for _ in 0..self.total() {
            let started = clock::now();
            let result = black_box(function());
            recorder.add(nanos(clock::now().saturating_duration_since(started)), result);
        }
        recorder.benchmark
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
        let mut recorder = self.recorder();
        for _ in 0..self.total() {
            let future = function();
            let started = clock::now();
            let result = black_box(future.await);
            recorder.add(nanos(clock::now().saturating_duration_since(started)), result);
        }
        recorder.benchmark
    }

    fn total(&self) -> usize {
        self.warmup.saturating_add(self.iterations)
    }

    fn recorder(&self) -> IterationRecorder {
        let benchmark = Benchmark {
            name: self.name.clone(),
            warmup: self.warmup,
            // So that no iteration waits for memory.
            samples_ns: Vec::with_capacity(self.iterations),
            work: self.work,
            failed: None,
        };
        IterationRecorder { benchmark, seen: 0 }
    }
}

impl Benchmark {
    /// The samples, for their summary and for comparisons.
    ///
    /// # Errors
    /// [`NoSamples`] if every iteration failed.
    pub fn samples(&self) -> Result<Samples, NoSamples> {
        Ok(Samples::new(self.samples_ns.clone())?.with_work(self.work))
    }
}

/// Collects the results of iterations.
struct IterationRecorder {
    benchmark: Benchmark,
    /// How many iterations there were, with the warm-up.
    seen: usize,
}

impl IterationRecorder {
    fn add<T, E: Display>(&mut self, elapsed_ns: u64, result: Result<T, E>) {
        self.seen += 1;
        let Some(number) = self.seen.checked_sub(self.benchmark.warmup).filter(|number| *number > 0) else {
            return;
        };
        match (result, &mut self.benchmark.failed) {
            (Ok(_), _) => self.benchmark.samples_ns.push(elapsed_ns),
            (Err(_), Some(failed)) => failed.count += 1,
            (Err(error), failed) => {
                *failed = Some(FailedIterations { count: 1, first: number, error: error.to_string() });
            }
        }
    }
}
