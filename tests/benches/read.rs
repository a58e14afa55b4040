//! Readers of a running configuration: `load` and `current` of speckit beside `RwLock<Arc<T>>` and arc-swap.
//!
//! Each read looks at one setting. `short` reads borrow the settings for that, `keep` reads take an `Arc` of them. In
//! the storm one more thread edits and reloads a file all the time, and gives every new configuration to the peers too, so
//! that all are replaced at the same rate.
//!
//! The time of one read is that of a thread while it runs: where there are more threads than processors, the time
//! that passes is divided as a fair scheduler does.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use alternating::Alternating;
use arc_swap::ArcSwap;
use criterion::{BenchmarkId, Criterion, SamplingMode};
use speckit::Config;
use speckit::app::ConfigLoader;
use speckit_core::app::AppConfig;
use speckit_tests::models::file;

mod alternating;

const THREADS: [usize; 4] = [1, 2, 4, 8];

/// The same settings in each of the peers.
struct SharedSettings {
    shell: Config<AppConfig>,
    swap: ArcSwap<AppConfig>,
    lock: RwLock<Arc<AppConfig>>,
}

impl SharedSettings {
    fn lock(&self) -> std::sync::RwLockReadGuard<'_, Arc<AppConfig>> {
        self.lock.read().expect("no reader panics")
    }

    /// Edits and reloads the file until `is_over` is set.
    fn storm(&self, file: &mut Alternating, is_over: &AtomicBool) {
        while !is_over.load(Ordering::Relaxed) {
            file.edit();
            self.shell.reload().expect("the configuration is right");
            let new = self.shell.current();
            self.swap.store(Arc::clone(&new));
            *self.lock.write().expect("no reader panics") = new;
        }
    }
}

/// How long one read takes a thread of many, while `others` threads are busy with something else.
fn per_read(threads: usize, others: usize, reads: u64, read: &(impl Fn() -> u32 + Sync)) -> Duration {
    let start = Barrier::new(threads);
    let run = || {
        start.wait();
        let started = Instant::now();
        for _ in 0..reads {
            black_box(read());
        }
        (started, Instant::now())
    };
    let spans = thread::scope(|scope| {
        let readers: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        readers.into_iter().map(|reader| reader.join().expect("it only reads")).collect::<Vec<_>>()
    });
    let first = spans.iter().map(|(started, _)| *started).min().expect("there are threads");
    let last = spans.iter().map(|(_, ended)| *ended).max().expect("there are threads");
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let running = threads + others;
    (last - first).mul_f64(processors.min(running) as f64 / running as f64)
}

fn readers(criterion: &mut Criterion, load: &str, others: usize, shared: &SharedSettings) {
    for threads in THREADS {
        let mut group = criterion.benchmark_group(format!("read/{load}/{threads}"));
        group.sampling_mode(SamplingMode::Flat).sample_size(20);
        macro_rules! bench {
            ($name:literal, $read:expr) => {
                let read = $read;
                group.bench_function(BenchmarkId::from_parameter($name), |bencher| {
                    bencher.iter_custom(|reads| per_read(threads, others, reads, &read));
                });
            };
        }
        bench!("short/speckit-load", || shared.shell.load().retry.max_attempts);
        bench!("short/arc-swap-load", || shared.swap.load().retry.max_attempts);
        bench!("short/rwlock", || shared.lock().retry.max_attempts);
        bench!("keep/speckit-current", || shared.shell.current().retry.max_attempts);
        bench!("keep/arc-swap-load-full", || shared.swap.load_full().retry.max_attempts);
        bench!("keep/rwlock-clone", || Arc::clone(&*shared.lock()).retry.max_attempts);
        group.finish();
    }
}

fn read(criterion: &mut Criterion) {
    let text = file(6);
    let edited = text.replacen("max_attempts = 5\n", "max_attempts = 10\n", 1);
    let mut file = Alternating::of([&text, &edited]);
    let shell = ConfigLoader::new(file.path()).open().expect("the configuration is right");
    let (swap, lock) = (ArcSwap::new(shell.current()), RwLock::new(shell.current()));
    let shared = SharedSettings { shell, swap, lock };
    readers(criterion, "calm", 0, &shared);

    let before = shared.shell.snapshot().generation();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| shared.storm(&mut file, &is_over));
        readers(criterion, "storm", 1, &shared);
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(shared.shell.snapshot().generation() > before + 100, "too few reloads");
}

criterion::criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    targets = read
}
criterion::criterion_main!(benches);
