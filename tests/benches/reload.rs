//! A reload after a change of one key: speckit beside a bare `toml::from_str`.
//!
//! `whole` is a reload from the end of the debounce time until all events are sent and the old configuration is dropped.
//! `to-swap` ends when readers get the new one, which is the `elapsed` of [`ConfigReloadEvent::ReloadSuccess`]. The
//! bare peer only parses the file into its type and replaces its settings: it has no defaults, no environment, no places and
//! no validation. speckit reads the environment of this process at every reload.
//!
//! `model` changes one key of one model in the middle of the file, `retry` a key of a table beside the models.
//!
//! `cargo bench -p speckit-tests -F benches --bench reload -- ratios` measures the two alternately and prints the ratios of their medians, so that other
//! load of the machine affects both.

use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use alternating::Alternating;
use criterion::{BenchmarkId, Criterion};
use speckit::app::ConfigLoader;
use speckit::{Config, ConfigEvent, ConfigReloadEvent, Receiver};
use speckit_core::app::AppConfig;
use speckit_tests::models::file;
use speckit_tests::samples;

mod alternating;

const SIZES: [usize; 4] = [6, 100, 1_000, 10_000];
/// How long one pair of `ratios` is measured.
const PAIRS: Duration = Duration::from_secs(3);

/// A text with as many models, and the same with one key changed in each of two ways.
fn edits(models: usize) -> (String, [(&'static str, String); 2]) {
    let text = file(models);
    let edits = [("model", with_another_tier(&text, models)), ("retry", with_more_attempts(&text))];
    assert!(edits.iter().all(|(_, edited)| *edited != text));
    (text, edits)
}

/// The text with the tier of one model changed, which moves all places behind it.
fn with_another_tier(text: &str, models: usize) -> String {
    let header = format!("-{}\"\ntier = \"", models / 2);
    let (before, after) = text.split_once(&header).expect("the model is there");
    let (tier, behind) = after.split_once('"').expect("the tier is a text");
    let other = if tier == "medium" { "low" } else { "medium" };
    format!("{before}{header}{other}\"{behind}")
}

/// The text with another number of attempts, which moves nearly all places.
fn with_more_attempts(text: &str) -> String {
    text.replacen("max_attempts = 5\n", "max_attempts = 10\n", 1)
}

/// How long something took.
struct Took {
    whole: Duration,
    to_swap: Duration,
}

/// speckit and its peer over the same file.
struct ReloadPair {
    file: Alternating,
    path: PathBuf,
    shell: Config<AppConfig>,
    events: Receiver<ConfigEvent<AppConfig>>,
    settings: AppConfig,
}

impl ReloadPair {
    fn over(text: &str, edited: &str) -> Self {
        let file = Alternating::of([text, edited]);
        let path = file.path();
        let shell = ConfigLoader::new(&path).open().expect("the configuration is right");
        let events = shell.subscribe();
        let settings = shell.current().as_ref().clone();
        let mut pair = Self { file, path, shell, events, settings };
        pair.bare();
        assert_eq!(pair.settings.models, pair.shell.load().models);
        pair
    }

    /// A reload behind an edit.
    fn speckit(&mut self) -> Took {
        self.file.edit();
        let started = Instant::now();
        self.shell.reload().expect("the configuration is right");
        let whole = started.elapsed();
        let events: Vec<_> =
            std::iter::from_fn(|| self.events.try_recv().ok()).map(|event| event.event).collect();
        match events.as_slice() {
            [
                ConfigReloadEvent::FileChanged { .. },
                ConfigReloadEvent::ReloadSuccess { changed, elapsed, .. },
            ] if changed.len() == 1 => Took { whole, to_swap: *elapsed },
            other => panic!("one change is events once: {other:?}"),
        }
    }

    fn bare(&mut self) -> Took {
        self.file.save();
        let started = Instant::now();
        let text = fs::read_to_string(&self.path).expect("the file is there");
        let settings = toml::from_str(&text).expect("toml reads it");
        let to_swap = started.elapsed();
        self.settings = black_box(settings);
        Took { whole: started.elapsed(), to_swap }
    }
}

/// What is measured: whose, and until when.
type Measured = (&'static str, fn(&mut ReloadPair) -> Duration);

const MEASURED: [Measured; 4] = [
    ("whole/speckit", |pair| pair.speckit().whole),
    ("whole/bare", |pair| pair.bare().whole),
    ("to-swap/speckit", |pair| pair.speckit().to_swap),
    ("to-swap/bare", |pair| pair.bare().to_swap),
];

fn reload(criterion: &mut Criterion) {
    for models in SIZES {
        let (text, edits) = edits(models);
        let mut group = criterion.benchmark_group(format!("reload/{models}"));
        group.sample_size(if models > 1_000 { 20 } else { 50 });
        for (key, edited) in &edits {
            let mut pair = ReloadPair::over(&text, edited);
            for (name, measure) in MEASURED {
                group.bench_function(BenchmarkId::new(*key, name), |bencher| {
                    bencher.iter_custom(|rounds| (0..rounds).map(|_| measure(&mut pair)).sum());
                });
            }
        }
        group.finish();
    }
}

fn ratios() {
    for models in SIZES {
        let (text, edits) = edits(models);
        for (key, edited) in &edits {
            let mut pair = ReloadPair::over(&text, edited);
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            let started = Instant::now();
            while started.elapsed() < PAIRS {
                ours.push(pair.speckit());
                theirs.push(pair.bare());
            }
            let of = |pick: fn(&Took) -> Duration| {
                let micros = |times: &[Took]| samples(times.iter().map(pick)).median() / 1e3;
                let (ours, theirs) = (micros(&ours), micros(&theirs));
                format!("{ours:.1} µs / {theirs:.1} µs = {:.2}", ours / theirs)
            };
            let (whole, to_swap) = (of(|took| took.whole), of(|took| took.to_swap));
            println!("{models} models, {key}: whole {whole}, to the swap {to_swap} ({} pairs)", ours.len());
        }
    }
}

criterion::criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500));
    targets = reload
}

fn main() {
    if std::env::args().any(|argument| argument == "ratios") {
        return ratios();
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
