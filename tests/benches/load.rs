//! Defaults, a TOML file and three variables become typed settings: speckit beside figment, config-rs, confique, schematic and bare toml.
//!
//! `again` is a reload: the defaults and the schema, which do not change, are already parsed. `first`
//! parses them too; without a schema it also finds out what the type reads. `start` reads the file from disk, each call from
//! nothing. Only speckit with a schema and config with jsonschema validate. All run in one process, and must give equal settings first.

mod load {
    pub(crate) mod peers;
}

use std::hint::black_box;
use std::process::{Command, exit};

use criterion::{BenchmarkId, Criterion, Throughput};
use speckit::app::ConfigLoader;
use speckit_core::app::AppConfig;
use speckit_core::config::resolve::{Document, Inputs, Rules};
use speckit_core::config::schema::{Documents, Schema};
use speckit_core::config::source::{Environment, Language};
use speckit_core::tree::typed::{LazyOutline, Outline, to_value};
use speckit_core::{Layer, LayerKind, Origin, Source, Value};
use speckit_tests::models::{PREFIX, VARIABLES, file, layer, rules};

use load::peers::{
    config_and_jsonschema, config_rs, config_rs_defaults, confique, figment, figment_defaults,
    figment_from_disk, schematic,
};

const SIZES: [usize; 4] = [6, 100, 1_000, 10_000];

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

fn load(criterion: &mut Criterion) {
    let (rules, rules_of_type) = (rules(), rules_of_type());
    let (figment_base, config_rs_base) = (figment_defaults(), config_rs_defaults());
    let mut scope = valico::json_schema::Scope::new();
    let schema = serde_json::from_str(AppConfig::SCHEMA).expect("the schema is JSON");
    let valico = scope.compile_and_return(schema, false).expect("valico reads the schema");

    let folder = tempfile::tempdir().expect("there is a temporary folder");
    compile(criterion);
    for models in SIZES {
        let text = file(models);
        let (settings, root) = speckit(&rules, &text);
        assert_eq!(speckit(&rules_of_type, &text).0, settings);
        assert_eq!(confique(&text), (models, 5000));
        assert_eq!(schematic(&text), (models, 5000));
        assert_eq!((settings.models.len(), settings.hot_reload.debounce_ms), (models, 5000));
        assert_eq!(figment(figment_base.clone(), &text), settings);
        assert_eq!(config_rs(config_rs_base.clone(), &text), settings);
        assert_eq!(toml::from_str::<AppConfig>(&text).expect("toml reads it").models, settings.models);
        let json = root.to_json();
        assert!(valico.validate(&json).is_valid());

        let path = folder.path().join(format!("{models}.toml"));
        std::fs::write(&path, &text).expect("the file can be written");
        assert_eq!(ConfigLoader::new(&path).load().expect("it is right"), settings);
        assert_eq!(
            (config_and_jsonschema(&path), figment_from_disk(&path)),
            (settings.clone(), settings.clone())
        );

        let mut group = criterion.benchmark_group(format!("load/{models}"));
        group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(if models > 1_000 {
            20
        } else {
            50
        });
        let mut bench = |name: &str, run: &mut dyn FnMut()| {
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| bencher.iter(&mut *run));
        };
        bench("again/speckit", &mut || drop(black_box(speckit(&rules, black_box(&text)))));
        bench("again/speckit-without-schema", &mut || {
            drop(black_box(speckit(&rules_of_type, black_box(&text))));
        });
        bench("again/figment", &mut || drop(black_box(figment(figment_base.clone(), black_box(&text)))));
        bench("again/config-rs", &mut || {
            drop(black_box(config_rs(config_rs_base.clone(), black_box(&text))))
        });
        bench("first/speckit", &mut || {
            drop(black_box(speckit(&self::rules(), black_box(&text))));
        });
        bench("first/speckit-without-schema", &mut || {
            drop(black_box(speckit(&self::rules_of_type(), black_box(&text))));
        });
        bench("first/figment", &mut || drop(black_box(figment(figment_defaults(), black_box(&text)))));
        bench("first/config-rs", &mut || drop(black_box(config_rs(config_rs_defaults(), black_box(&text)))));
        bench("first/confique", &mut || _ = black_box(confique(black_box(&text))));
        bench("first/schematic", &mut || _ = black_box(schematic(black_box(&text))));
        let loader = ConfigLoader::new(&path);
        bench("start/speckit", &mut || drop(black_box(loader.load().expect("it is right"))));
        bench("start/config+jsonschema", &mut || drop(black_box(config_and_jsonschema(&path))));
        bench("start/figment", &mut || drop(black_box(figment_from_disk(&path))));
        bench("bare/toml", &mut || drop(black_box(toml::from_str::<AppConfig>(black_box(&text)))));
        bench("parse/speckit", &mut || {
            drop(black_box(layer(LayerKind::File, "config.toml", black_box(&text), Language::Toml)));
        });
        bench("bare/spans", &mut || drop(black_box(toml::de::DeTable::parse(black_box(&text)))));
        bench("bare/valico", &mut || drop(black_box(valico.validate(black_box(&json)))));
        group.finish();
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
    config = Criterion::default().warm_up_time(core::time::Duration::from_millis(500));
    targets = load
}

/// The peers read the variables of the process, so it is started once more with them.
fn main() {
    if VARIABLES.iter().all(|(name, _)| std::env::var_os(name).is_some()) {
        benches();
        return Criterion::default().configure_from_args().final_summary();
    }
    let program = std::env::current_exe().expect("the program has a path");
    let status = Command::new(program).args(std::env::args_os().skip(1)).envs(VARIABLES).status();
    exit(status.ok().and_then(|status| status.code()).unwrap_or(1));
}
