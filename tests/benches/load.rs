//! Defaults, a TOML file and three variables become typed settings: speckit beside figment, config-rs, confique, schematic and bare toml.
//!
//! `again` is a reload: the defaults and the schema, which do not change, are already parsed. `first`
//! parses them too; without a schema it also finds out what the type reads. `start` reads the file from disk, each call from
//! nothing. Only speckit with a schema and config with jsonschema validate. All run in one process, and must give equal settings first.
//!
//! `cargo bench -p speckit-tests -F benches --bench load -- ratios` measures them alternately and prints the ratios of their medians.

mod load {
    pub(crate) mod peers;
}

use std::hint::black_box;
use std::process::{Command, exit};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use speckit::app::ConfigLoader;
use speckit_core::app::AppConfig;
use speckit_core::config::resolve::{Document, Inputs, Rules};
use speckit_core::config::schema::{Documents, Schema};
use speckit_core::config::source::{Environment, Language};
use speckit_core::tree::typed::{LazyOutline, Outline, to_value};
use speckit_core::{Layer, LayerKind, Origin, Source, Value};
use speckit_tests::models::{PREFIX, VARIABLES, file, layer, rules};
use speckit_tests::samples;

use load::peers::{
    config_and_jsonschema, config_rs, config_rs_defaults, confique, figment, figment_defaults,
    figment_from_disk, schematic,
};

const SIZES: [usize; 4] = [6, 100, 1_000, 10_000];
/// How long the rows of one group are measured by `ratios`.
const ROUNDS: Duration = Duration::from_secs(4);

fn speckit(rules: &Rules, text: &str) -> (AppConfig, Value) {
    let source = Source::document(LayerKind::File, "config.toml", text);
    let inputs = Inputs {
        documents: vec![Document::Text(source, Language::Toml)],
        environment: Environment::of(VARIABLES),
        ..Inputs::default()
    };
    let checked = rules.check(rules.read(&inputs)).expect("the configuration is right");
    let (config, checked) =
        checked.typed::<AppConfig>().expect("the schema agrees with the type").into_parts();
    (config, checked.merged().root().clone())
}

/// Without a schema: the type alone says what the variables mean.
fn rules_of_type() -> Rules {
    let source = Source::fragment(LayerKind::Defaults, "defaults", "");
    let defaults =
        to_value(&AppConfig::default(), &Origin::whole(&source)).expect("the defaults are a table");
    Rules::new(None)
        .with_prefix(PREFIX, &["CONFIG", "DATABASE"])
        .with_outline(LazyOutline::new(Outline::of::<AppConfig>))
        .with_fixed_layers(&[Layer::new(defaults)])
}

/// What all sizes share.
struct Shared {
    rules: Rules,
    rules_of_type: Rules,
    figment_base: figment::Figment,
    config_rs_base: config::Config,
    folder: tempfile::TempDir,
}

impl Shared {
    fn new() -> Self {
        Self {
            rules: rules(),
            rules_of_type: rules_of_type(),
            figment_base: figment_defaults(),
            config_rs_base: config_rs_defaults(),
            folder: tempfile::tempdir().expect("there is a temporary folder"),
        }
    }

    /// Each row for a file of this text. All give equal settings.
    fn rows<'a>(&'a self, models: usize, text: &'a str) -> Vec<Row<'a>> {
        let settings = speckit(&self.rules, text).0;
        assert_eq!(speckit(&self.rules_of_type, text).0, settings);
        assert_eq!(confique(text), (models, 5000));
        assert_eq!(schematic(text), (models, 5000));
        assert_eq!((settings.models.len(), settings.hot_reload.debounce_ms), (models, 5000));
        assert_eq!(figment(self.figment_base.clone(), text), settings);
        assert_eq!(config_rs(self.config_rs_base.clone(), text), settings);
        assert_eq!(toml::from_str::<AppConfig>(text).expect("toml reads it").models, settings.models);

        let path = self.folder.path().join(format!("{models}.toml"));
        std::fs::write(&path, text).expect("the file can be written");
        let loader = ConfigLoader::new(&path);
        assert_eq!(loader.load().expect("it is right"), settings);
        let from_disk = (config_and_jsonschema(&path), figment_from_disk(&path));
        assert_eq!(from_disk, (settings.clone(), settings));

        let text = move || black_box(text);
        let (config_path, figment_path) = (path.clone(), path);
        vec![
            row("again/speckit", move || speckit(&self.rules, text())),
            row("again/speckit-without-schema", move || speckit(&self.rules_of_type, text())),
            row("again/figment", move || figment(self.figment_base.clone(), text())),
            row("again/config-rs", move || config_rs(self.config_rs_base.clone(), text())),
            row("first/speckit", move || speckit(&rules(), text())),
            row("first/speckit-without-schema", move || speckit(&rules_of_type(), text())),
            row("first/figment", move || figment(figment_defaults(), text())),
            row("first/config-rs", move || config_rs(config_rs_defaults(), text())),
            row("first/confique", move || confique(text())),
            row("first/schematic", move || schematic(text())),
            row("start/speckit", move || loader.load().expect("it is right")),
            row("start/config+jsonschema", move || config_and_jsonschema(&config_path)),
            row("start/figment", move || figment_from_disk(&figment_path)),
            row("bare/toml", move || toml::from_str::<AppConfig>(text())),
            row("parse/speckit", move || layer(LayerKind::File, "config.toml", text(), Language::Toml)),
            row("bare/spans", move || toml::de::DeTable::parse(text())),
        ]
    }
}

/// What is measured: its name and one run.
struct Row<'a> {
    name: &'static str,
    run: Box<dyn Fn() + 'a>,
}

fn row<'a, R>(name: &'static str, run: impl Fn() -> R + 'a) -> Row<'a> {
    Row { name, run: Box::new(move || drop(black_box(run()))) }
}

fn load(criterion: &mut Criterion) {
    let shared = Shared::new();
    let mut scope = valico::json_schema::Scope::new();
    let schema = serde_json::from_str(AppConfig::SCHEMA).expect("the schema is JSON");
    let valico = scope.compile_and_return(schema, false).expect("valico reads the schema");
    compile(criterion);
    for models in SIZES {
        let text = file(models);
        let mut group = criterion.benchmark_group(format!("load/{models}"));
        group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(if models > 1_000 {
            20
        } else {
            50
        });
        for Row { name, run } in shared.rows(models, &text) {
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| bencher.iter(&run));
        }
        let json = speckit(&shared.rules, &text).1.to_json();
        assert!(valico.validate(&json).is_valid());
        group.bench_function("bare/valico", |bencher| bencher.iter(|| valico.validate(black_box(&json))));
        group.finish();
    }
}

/// Measures the rows that are compared one after the other, again and again, so that other load of the machine affects all, and
/// prints the ratios of their medians.
fn ratios() {
    let shared = Shared::new();
    for models in SIZES {
        let text = file(models);
        let rows = shared.rows(models, &text);
        for group in ["again", "first", "start"] {
            let rows: Vec<&Row<'_>> = rows.iter().filter(|row| row.name.starts_with(group)).collect();
            let mut times = vec![Vec::new(); rows.len()];
            let started = Instant::now();
            while started.elapsed() < ROUNDS {
                for (row, times) in rows.iter().zip(&mut times) {
                    let started = Instant::now();
                    (row.run)();
                    times.push(started.elapsed());
                }
            }
            let medians: Vec<f64> =
                times.iter().map(|times| samples(times.iter().copied()).median() / 1e3).collect();
            let rounds = times.first().map_or(0, Vec::len);
            println!("{models} models, {rounds} rounds");
            for (ours, time) in rows.iter().zip(&medians).filter(|(row, _)| row.name.contains("speckit")) {
                let peers = rows.iter().zip(&medians).filter(|(row, _)| !row.name.contains("speckit"));
                let peers = peers.map(|(peer, of_peer)| format!("{:.2} of {}", time / of_peer, peer.name));
                println!("    {} {time:.1} µs: {}", ours.name, peers.collect::<Vec<_>>().join(", "));
            }
        }
    }
}

/// What the schema of the program costs alone: with the check against its meta-schema, and without.
fn compile(criterion: &mut Criterion) {
    let schema = layer(LayerKind::Defaults, "config.schema.json", AppConfig::SCHEMA, Language::Json);
    let documents = Documents::new("config.schema.json", schema.root());
    let mut group = criterion.benchmark_group("load/schema");
    group.bench_function("parse", |bencher| {
        bencher.iter(|| layer(LayerKind::Defaults, "config.schema.json", AppConfig::SCHEMA, Language::Json));
    });
    group.bench_function("compile", |bencher| bencher.iter(|| Schema::compile(&documents)));
    group.bench_function("compile-unchecked", |bencher| {
        bencher.iter(|| Schema::compile_unchecked(&Documents::new("config.schema.json", schema.root())));
    });
    group.finish();
}

criterion::criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500));
    targets = load
}

/// The peers read the variables of the process, so it is started once more with them.
fn main() {
    if VARIABLES.iter().all(|(name, _)| std::env::var_os(name).is_some()) {
        if std::env::args().any(|argument| argument == "ratios") {
            return ratios();
        }
        benches();
        return Criterion::default().configure_from_args().final_summary();
    }
    let program = std::env::current_exe().expect("the program has a path");
    let status = Command::new(program).args(std::env::args_os().skip(1)).envs(VARIABLES).status();
    exit(status.ok().and_then(|status| status.code()).unwrap_or(1));
}
