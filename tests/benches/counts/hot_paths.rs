//! The functions that are counted, with their inputs.

use std::hint::black_box;
use std::sync::Arc;

use speckit_core::app::AppConfig;
use speckit_core::bench::stats::{Criteria, Samples, compare};
use speckit_core::config::resolve::{Checked, Document, Inputs, Layers, Rules};
use speckit_core::config::schema::Schema;
use speckit_core::config::source::{Environment, Language, parse};
use speckit_core::policy::{Policy, PolicyConfig};
use speckit_core::retry::backoff::Backoff;
use speckit_core::retry::{RetryConfig, Seed};
use speckit_core::{Key, Layer, LayerKind, MergeStrategy, Merged, Source};
use speckit_tests::models::{self, VARIABLES};

const MODELS: usize = 100;

/// One hot path.
pub(crate) struct HotPath {
    pub(crate) name: &'static str,
    /// The path of the counted function, as callgrind shows it.
    pub(crate) function: &'static str,
    /// Prepares an input and calls the counted function once.
    pub(crate) call: fn(),
}

impl HotPath {
    pub(crate) fn find(name: &str) -> Result<&'static Self, String> {
        let found = HOT_PATHS.iter().find(|hot_path| hot_path.name == name);
        found.ok_or_else(|| format!("no hot path {name}"))
    }
}

macro_rules! hot_paths {
    ($($name:ident($input:expr);)*) => {
        &[$(HotPath {
            name: stringify!($name),
            function: concat!(module_path!(), "::", stringify!($name)),
            call: || $name($input),
        }),*]
    };
}

pub(crate) const HOT_PATHS: &[HotPath] = hot_paths! {
    parse_toml(&toml_source());
    parse_json(&Source::document(LayerKind::File, "schema.json", AppConfig::SCHEMA));
    prepared_schema(&Source::document(LayerKind::Defaults, "config.schema.json", AppConfig::SCHEMA));
    merge(&[models::defaults(), models::layer(LayerKind::File, "config.toml", &models::file(MODELS), Language::Toml)]);
    check(ready_to_check());
    explain(&checked());
    deserialize(checked());
    schedule(&RetryConfig::default());
    statistics([samples(1_000_000), samples(1_100_000)]);
    check_file(&ready_to_check_file());
};

/// The input is prepared outside the counted function; its result is dropped inside.
#[inline(never)]
fn parse_toml(source: &Arc<Source>) {
    drop(black_box(parse(source, Language::Toml)));
}

#[inline(never)]
fn parse_json(source: &Arc<Source>) {
    drop(black_box(parse(source, Language::Json)));
}

#[inline(never)]
fn prepared_schema(source: &Arc<Source>) {
    drop(black_box(Schema::of_prepared(AppConfig::PREPARED_SCHEMA, source)));
}

#[inline(never)]
fn merge(layers: &[Layer; 2]) {
    drop(black_box(Merged::of(layers, &|_| MergeStrategy::Join)));
}

#[inline(never)]
fn check((rules, layers): (Rules, Layers)) {
    drop(black_box(rules.check(layers)));
}

#[inline(never)]
fn explain((rules, checked): &(Rules, Checked)) {
    let key = Key::of(["hot_reload", "debounce_ms"]);
    drop(black_box(rules.keys().explain(checked.merged(), &[], &key)));
}

#[inline(never)]
fn deserialize((_, checked): (Rules, Checked)) {
    drop(black_box(checked.typed::<AppConfig>()));
}

/// The waits of 100 calls with four retries each.
#[inline(never)]
fn schedule(config: &RetryConfig) {
    for call in 0..100 {
        let mut backoff = Backoff::new(Seed::new(call), "counts");
        for retry in 1..=4 {
            black_box(backoff.wait(config, retry));
        }
    }
}

#[inline(never)]
fn statistics([first, second]: [Vec<u64>; 2]) {
    let [first, second] = [first, second].map(|times| Samples::new(times).expect("there are samples"));
    black_box((first.summary(), second.summary(), compare(&first, &second, Criteria::default())));
}

#[inline(never)]
fn check_file((policy, text): &(Policy, String)) {
    drop(black_box(policy.check_file("src/lib.rs", text.as_bytes())));
}

fn toml_source() -> Arc<Source> {
    Source::document(LayerKind::File, "config.toml", models::file(MODELS))
}

/// Layers with their rules, which have already compiled their patterns.
fn ready_to_check() -> (Rules, Layers) {
    let rules = models::rules();
    let inputs = Inputs {
        documents: vec![Document::Text(toml_source(), Language::Toml)],
        environment: Environment::of(VARIABLES),
        ..Inputs::default()
    };
    let layers = rules.read(&inputs);
    rules.check(layers.clone()).expect("the configuration is right");
    (rules, layers)
}

fn checked() -> (Rules, Checked) {
    let (rules, layers) = ready_to_check();
    let checked = rules.check(layers).expect("the configuration is right");
    (rules, checked)
}

/// Three rules, which have already compiled their patterns, and 8 KB of Rust that break one of them once.
fn ready_to_check_file() -> (Policy, String) {
    let rules = r#"{"rules": {
        "no_print": {"pattern": "\\bprintln!", "message": "use the log"},
        "no_sleep": {"pattern": "(?i)thread::sleep", "message": "wait for an event"},
        "no_host": {"pattern": "https?://[a-z]+\\.internal", "in": ["strings"], "message": "read the host from the settings"}
    }}"#;
    let config: PolicyConfig = serde_json::from_str(rules).expect("the rules have their types");
    let policy = Policy::compile(&config).expect("the rules are right");
    let function = "/// Returns the sum, or it's the limit.\nfn sum(a: u32, b: u32) -> u32 {\n    a.min(b).max(1)\n}\n\n";
    let half = function.repeat(4096 / function.len());
    let text = format!("{half}fn main() {{\n    println!(\"a sum\");\n}}\n\n{half}");
    policy.check_file("src/lib.rs", text.as_bytes());
    (policy, text)
}

/// 50 times with a spread of a tenth.
fn samples(shortest: u64) -> Vec<u64> {
    (0..50).map(|run| shortest + run * 7919 % 50 * shortest / 500).collect()
}
