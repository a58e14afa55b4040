//! One key of a file changes, and the configuration is read anew: speckit beside a bare `toml::from_str`.
//!
//! `whole` is a reload from the end of the quiet period until everything is told and the old configuration dropped.
//! `to-swap` ends where readers see the new one, which is the `elapsed` of [`ConfigReloadEvent::ReloadSuccess`]. The
//! bare peer reads the file, types it and replaces its own settings, and does nothing else: it has no defaults, no
//! environment, no places, and validates nothing. speckit reads the environment of this process at every reload.
//!
//! `model` changes one key of one model in the middle of the file, `retry` a key of a table beside the models.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use alternating::Alternating;
use criterion::{BenchmarkId, Criterion};
use speckit_core::AppConfig;
use speckit_shell::{ConfigLoader, ConfigReloadEvent};
use speckit_tests::models::file;

mod alternating;

const SIZES: [usize; 4] = [6, 100, 1_000, 10_000];

/// The file with the tier of one model changed, which moves all places behind it.
fn with_another_tier(text: &str, models: usize) -> String {
    let header = format!("-{}\"\ntier = \"", models / 2);
    let (before, after) = text.split_once(&header).expect("the model is there");
    let (tier, behind) = after.split_once('"').expect("the tier is a text");
    let other = if tier == "medium" { "low" } else { "medium" };
    format!("{before}{header}{other}\"{behind}")
}

/// The file with another number of attempts, which moves nearly all places.
fn with_more_attempts(text: &str) -> String {
    text.replacen("max_attempts = 5\n", "max_attempts = 10\n", 1)
}

fn bare(path: &Path) -> AppConfig {
    let text = fs::read_to_string(path).expect("the file is there");
    toml::from_str(&text).expect("toml reads it")
}

/// The sum of what one edit after the other takes by its own account.
fn of_edits(edits: u64, file: &mut Alternating, mut react: impl FnMut() -> Duration) -> Duration {
    (0..edits)
        .map(|_| {
            file.edit();
            react()
        })
        .sum()
}

fn reload(criterion: &mut Criterion) {
    for models in SIZES {
        let mut group = criterion.benchmark_group(format!("reload/{models}"));
        group.sample_size(if models > 1_000 { 20 } else { 50 });
        let text = file(models);
        for (key, edited) in
            [("model", with_another_tier(&text, models)), ("retry", with_more_attempts(&text))]
        {
            assert_ne!(text, edited);
            let mut file = Alternating::of([&text, &edited]);
            let path = file.path();
            let shell = ConfigLoader::new(&path).open().expect("the configuration is right");
            let events = shell.subscribe();
            // One change, told once.
            let elapsed = || match events.try_recv().into_iter().chain(events.try_recv()).last() {
                Some(ConfigReloadEvent::ReloadSuccess { changed, elapsed, .. }) if changed.len() == 1 => {
                    elapsed
                }
                other => panic!("{other:?}"),
            };
            let mut settings = bare(&path);
            assert_eq!(settings.models, shell.load().models);

            group.bench_function(BenchmarkId::new(key, "whole/speckit"), |bencher| {
                bencher.iter_custom(|edits| {
                    of_edits(edits, &mut file, || {
                        let started = Instant::now();
                        shell.reload().expect("the configuration is right");
                        let took = started.elapsed();
                        elapsed();
                        took
                    })
                });
            });
            group.bench_function(BenchmarkId::new(key, "whole/bare"), |bencher| {
                bencher.iter_custom(|edits| {
                    of_edits(edits, &mut file, || {
                        let started = Instant::now();
                        settings = black_box(bare(&path));
                        started.elapsed()
                    })
                });
            });
            // An odd number of edits may have left the file as the shell has it already.
            shell.reload().expect("the configuration is right");
            events.try_recv().into_iter().chain(events.try_recv()).for_each(drop);
            group.bench_function(BenchmarkId::new(key, "to-swap/speckit"), |bencher| {
                bencher.iter_custom(|edits| {
                    of_edits(edits, &mut file, || {
                        shell.reload().expect("the configuration is right");
                        elapsed()
                    })
                });
            });
            group.bench_function(BenchmarkId::new(key, "to-swap/bare"), |bencher| {
                bencher.iter_custom(|edits| {
                    of_edits(edits, &mut file, || {
                        let started = Instant::now();
                        let new = bare(&path);
                        let took = started.elapsed();
                        settings = black_box(new);
                        took
                    })
                });
            });
            black_box(&settings);
        }
        group.finish();
    }
}

criterion::criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500));
    targets = reload
}
criterion::criterion_main!(benches);
