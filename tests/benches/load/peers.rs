//! The peers: the same defaults, file and variables, loaded as their documentation shows. They validate nothing.

use std::collections::BTreeMap;
use std::path::Path;

use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use serde_json::Value as Json;
use speckit_core::agents::{ModelConfig, QualityGateConfig};
use speckit_core::app::AppConfig;
use speckit_tests::models::PREFIX;

pub(crate) fn figment_defaults() -> Figment {
    Figment::from(Serialized::defaults(AppConfig::default()))
}

pub(crate) fn figment(defaults: Figment, text: &str) -> AppConfig {
    let variables = Env::prefixed("SPECKIT_").split("__");
    defaults.merge(Toml::string(text)).merge(variables).extract().expect("figment reads it")
}

pub(crate) fn config_rs_defaults() -> config::Config {
    let text = config::File::from_str(AppConfig::DEFAULTS, config::FileFormat::Toml);
    config::Config::builder().add_source(text).build().expect("config-rs reads the defaults")
}

pub(crate) fn config_rs(defaults: config::Config, text: &str) -> AppConfig {
    let environment =
        config::Environment::with_prefix(PREFIX).prefix_separator("_").separator("__").try_parsing(true);
    let config = config::Config::builder()
        .add_source(defaults)
        .add_source(config::File::from_str(text, config::FileFormat::Toml))
        .add_source(environment)
        .build();
    config.and_then(config::Config::try_deserialize).expect("config-rs reads it")
}

/// From disk, as a program does at its start: config 0.14 with jsonschema 0.18, which validate.
pub(crate) fn config_and_jsonschema(path: &Path) -> AppConfig {
    let schema: Json = serde_json::from_str(AppConfig::SCHEMA).expect("the schema is JSON");
    let schema = jsonschema_018::JSONSchema::compile(&schema).expect("the schema compiles");
    let environment =
        config_014::Environment::with_prefix(PREFIX).prefix_separator("_").separator("__").try_parsing(true);
    let config = config_014::Config::builder()
        .add_source(config_014::File::from_str(AppConfig::DEFAULTS, config_014::FileFormat::Toml))
        .add_source(config_014::File::from(path))
        .add_source(environment)
        .build()
        .expect("config reads it");
    let json: Json = config.clone().try_deserialize().expect("it is JSON");
    assert!(schema.is_valid(&json));
    config.try_deserialize().expect("config reads it")
}

/// From disk; it does not validate.
pub(crate) fn figment_from_disk(path: &Path) -> AppConfig {
    let variables = Env::prefixed("SPECKIT_").split("__");
    figment_defaults().merge(Toml::file(path)).merge(variables).extract().expect("figment reads it")
}

pub(crate) fn confique(text: &str) -> (usize, u64) {
    use confique::Config as _;

    let file = toml::from_str(text).expect("confique reads it");
    let settings = by_confique::Settings::builder().env().preloaded(file).load().expect("confique loads it");
    (settings.models.len(), settings.hot_reload.debounce_ms)
}

pub(crate) fn schematic(text: &str) -> (usize, u64) {
    let mut loader = schematic::ConfigLoader::<by_schematic::Settings>::new();
    loader.code(text, "config.toml").expect("schematic takes it");
    let settings = loader.load().expect("schematic loads it").config;
    (settings.models.len(), settings.hot_reload.debounce_ms)
}

/// The tables that the variables do not concern are leaves in the types of both derives.
type Other = Option<Json>;

#[expect(
    dead_code,
    unused_qualifications,
    reason = "what is loaded is not used, and the derive repeats names"
)]
mod by_confique {
    use confique::Config;

    use super::{BTreeMap, ModelConfig, Other, QualityGateConfig};

    #[derive(Config)]
    pub(super) struct Settings {
        #[config(default = {})]
        pub(super) models: BTreeMap<String, ModelConfig>,
        pub(super) quality_gates: Option<QualityGateConfig>,
        #[config(nested)]
        pub(super) hot_reload: HotReload,
        #[config(nested)]
        pub(super) retry: Retry,
        #[config(nested)]
        pub(super) store: Store,
        pub(super) orchestrator: Other,
    }

    #[derive(Config)]
    pub(super) struct HotReload {
        #[config(default = true)]
        pub(super) enabled: bool,
        #[config(default = 2000, env = "SPECKIT_HOT_RELOAD__DEBOUNCE_MS")]
        pub(super) debounce_ms: u64,
    }

    #[derive(Config)]
    pub(super) struct Retry {
        #[config(default = 3)]
        pub(super) max_attempts: u32,
        #[config(default = 2.0, env = "SPECKIT_RETRY__MULTIPLIER")]
        pub(super) multiplier: f64,
        #[config(default = "full")]
        pub(super) jitter: String,
    }

    #[derive(Config)]
    pub(super) struct Store {
        #[config(default = "speckit.db", env = "SPECKIT_STORE__PATH")]
        pub(super) path: String,
        #[config(default = "full")]
        pub(super) history: String,
    }
}

#[expect(dead_code, reason = "what is loaded is not used")]
mod by_schematic {
    use schematic::Config;

    use super::{BTreeMap, ModelConfig, Other, QualityGateConfig};

    #[derive(Config)]
    pub(super) struct Settings {
        pub(super) models: BTreeMap<String, ModelConfig>,
        pub(super) quality_gates: Option<QualityGateConfig>,
        #[setting(nested)]
        pub(super) hot_reload: HotReload,
        #[setting(nested)]
        pub(super) retry: Retry,
        #[setting(nested)]
        pub(super) store: Store,
        pub(super) orchestrator: Other,
    }

    #[derive(Config)]
    pub(super) struct HotReload {
        #[setting(default = true)]
        pub(super) enabled: bool,
        #[setting(default = 2000, env = "SPECKIT_HOT_RELOAD__DEBOUNCE_MS")]
        pub(super) debounce_ms: u64,
    }

    #[derive(Config)]
    pub(super) struct Retry {
        #[setting(default = 3)]
        pub(super) max_attempts: u32,
        #[setting(default = 2.0, env = "SPECKIT_RETRY__MULTIPLIER")]
        pub(super) multiplier: f64,
        #[setting(default = "full")]
        pub(super) jitter: String,
    }

    #[derive(Config)]
    pub(super) struct Store {
        #[setting(default = "speckit.db", env = "SPECKIT_STORE__PATH")]
        pub(super) path: String,
        #[setting(default = "full")]
        pub(super) history: String,
    }
}
