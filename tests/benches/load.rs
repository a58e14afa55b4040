//! Defaults, a TOML file and three variables become typed settings: speckit beside figment, config-rs and bare toml.
//!
//! `again` is a reload: the defaults and the schema, which do not change, are already parsed. `first`
//! parses them too. Only speckit validates. All run in one process, and must give equal settings first.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use figment::providers::{Format as _, Serialized, Toml};
use figment::value::{Dict, Map};
use figment::{Figment, Metadata, Profile, Provider};
use speckit_core::app::{AppConfig, Application};
use speckit_core::config::resolve::{Document, Inputs, Rules};
use speckit_core::config::schema::{Documents, Schema};
use speckit_core::config::source::{Environment, Language, parse};
use speckit_core::{Layer, LayerKind, Source, Value};
use speckit_tests::models::{PREFIX, VARIABLES, file};

const SIZES: [usize; 4] = [6, 100, 1_000, 10_000];

fn layer(kind: LayerKind, name: &str, text: &str, language: Language) -> Layer {
    parse(&Source::document(kind, name, text), language).expect("the text is right")
}

fn rules() -> Rules {
    let schema = layer(LayerKind::Defaults, "config.schema.json", AppConfig::SCHEMA, Language::Json);
    let documents = Documents::new("config.schema.json", schema.root());
    let schema = Schema::compile(&documents).expect("the schema is right");
    Rules::new(Some(schema))
        .with_prefix(PREFIX, &["CONFIG", "DATABASE"])
        .with_extension(Box::new(Application::default()))
        .with_fixed_layers(&[defaults()])
}

fn defaults() -> Layer {
    layer(LayerKind::Defaults, "defaults", AppConfig::DEFAULTS, Language::Toml)
}

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

/// figment's `Env` over given variables instead of those of the process.
struct Variables;

impl Provider for Variables {
    fn metadata(&self) -> Metadata {
        Metadata::named("environment")
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let mut all = Dict::new();
        for (name, text) in VARIABLES {
            let key = name[PREFIX.len() + 1..].to_lowercase().replace("__", ".");
            let value = text.parse().expect("every text is a value");
            if let Some(nested) = figment::util::nest(&key, value).into_dict() {
                all.extend(nested);
            }
        }
        Ok(Profile::Default.collect(all))
    }
}

fn figment_defaults() -> Figment {
    Figment::from(Serialized::defaults(AppConfig::default()))
}

fn figment(defaults: Figment, text: &str) -> AppConfig {
    defaults.merge(Toml::string(text)).merge(Variables).extract().expect("figment reads it")
}

fn config_rs_defaults() -> config::Config {
    let text = config::File::from_str(AppConfig::DEFAULTS, config::FileFormat::Toml);
    config::Config::builder().add_source(text).build().expect("config-rs reads the defaults")
}

fn config_rs(defaults: config::Config, text: &str) -> AppConfig {
    let variables = VARIABLES.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    let environment = config::Environment::with_prefix(PREFIX)
        .prefix_separator("_")
        .separator("__")
        .try_parsing(true)
        .source(Some(variables));
    let config = config::Config::builder()
        .add_source(defaults)
        .add_source(config::File::from_str(text, config::FileFormat::Toml))
        .add_source(environment)
        .build();
    config.and_then(config::Config::try_deserialize).expect("config-rs reads it")
}

fn load(criterion: &mut Criterion) {
    let rules = rules();
    let (figment_base, config_rs_base) = (figment_defaults(), config_rs_defaults());
    let mut scope = valico::json_schema::Scope::new();
    let schema = serde_json::from_str(AppConfig::SCHEMA).expect("the schema is JSON");
    let valico = scope.compile_and_return(schema, false).expect("valico reads the schema");

    for models in SIZES {
        let text = file(models);
        let (settings, root) = speckit(&rules, &text);
        assert_eq!((settings.models.len(), settings.hot_reload.debounce_ms), (models, 5000));
        assert_eq!(figment(figment_base.clone(), &text), settings);
        assert_eq!(config_rs(config_rs_base.clone(), &text), settings);
        assert_eq!(toml::from_str::<AppConfig>(&text).expect("toml reads it").models, settings.models);
        let json = root.to_json();
        assert!(valico.validate(&json).is_valid());

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
        bench("again/figment", &mut || drop(black_box(figment(figment_base.clone(), black_box(&text)))));
        bench("again/config-rs", &mut || {
            drop(black_box(config_rs(config_rs_base.clone(), black_box(&text))))
        });
        bench("first/speckit", &mut || {
            drop(black_box(speckit(&self::rules(), black_box(&text))));
        });
        bench("first/figment", &mut || drop(black_box(figment(figment_defaults(), black_box(&text)))));
        bench("first/config-rs", &mut || drop(black_box(config_rs(config_rs_defaults(), black_box(&text)))));
        bench("bare/toml", &mut || drop(black_box(toml::from_str::<AppConfig>(black_box(&text)))));
        bench("bare/spans", &mut || drop(black_box(toml::de::DeTable::parse(black_box(&text)))));
        bench("bare/valico", &mut || drop(black_box(valico.validate(black_box(&json)))));
        group.finish();
    }
}

criterion::criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(core::time::Duration::from_millis(500));
    targets = load
}
criterion::criterion_main!(benches);
