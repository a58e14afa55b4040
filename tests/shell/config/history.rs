//! The history of an embedded configuration: what is recorded, and how a recorded generation replaces bad files.

use serde::Deserialize;
use speckit::History;
use speckit::store::{HistoryMode, StoreConfig};
use speckit::{Builder, Config, Environment};
use speckit_core::config::history::{Changes, Generation};
use speckit_core::tree::diff;

use crate::test_dir::TestDir;

mod databases;
mod fallback;
mod keeping;
mod recording;
mod trouble;

#[derive(Debug, Deserialize)]
struct Settings {
    port: u16,
    #[serde(default)]
    mode: Option<HistoryMode>,
    #[serde(default)]
    keep: Option<u32>,
    #[serde(default)]
    keep_mib: Option<u32>,
}

const SCHEMA: &str = r#"{
    "properties": {
        "port": { "type": "integer", "minimum": 1, "maximum": 65535 },
        "workers": { "type": "integer", "x-reload": "restart" },
        "token": { "type": "string", "x-secret": true },
        "pin": { "type": "integer", "x-secret": true },
        "mode": { "enum": ["full", "metadata", "off"] },
        "keep": { "type": "integer" },
        "keep_mib": { "type": "integer" }
    },
    "additionalProperties": false
}"#;

fn builder_without_history(dir: &TestDir) -> Builder<Settings> {
    let builder = Config::builder().defaults_toml("port = 8080\nworkers = 4\n");
    builder.schema_json(SCHEMA).file(dir.path("app.toml")).environment(Environment::default())
}

fn builder(dir: &TestDir) -> Builder<Settings> {
    builder_without_history(dir).history(dir.path("app.db"))
}

/// The settings define how much is recorded.
fn store_config(settings: &Settings) -> StoreConfig {
    let mut store = StoreConfig::default();
    store.history = settings.mode.unwrap_or_default();
    store.keep_generations = settings.keep.unwrap_or(store.keep_generations);
    store.keep_mib = settings.keep_mib.unwrap_or(store.keep_mib);
    store
}

fn write_and_reload(config: &Config<Settings>, dir: &TestDir, text: &str) {
    dir.write("app.toml", text);
    assert!(config.reload().is_ok(), "{text}");
}

fn history(config: &Config<Settings>) -> History {
    config.history().expect("a history is recorded")
}

fn read_generation(history: &History, number: i64) -> Generation {
    history.generation(number).unwrap().expect("the generation is recorded")
}

/// Describes each generation by its number, its number in its process, its cause and its changes.
fn describe_generations(history: &History) -> Vec<String> {
    let all = history.generations().unwrap();
    let describe = |generation: &Generation| {
        let changed = match &generation.state.changes {
            Changes::Unknown => "unknown".into(),
            Changes::Keys(keys) => keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Changes::Values(changes) => diff::to_text(changes).trim_end().replace('\n', " "),
        };
        format!("{} ({}) {}: {changed}", generation.number, generation.generation, generation.cause)
    };
    all.iter().map(describe).collect()
}

fn source_texts(generation: &Generation) -> Vec<Option<&str>> {
    generation.state.sources.iter().map(|source| source.text.as_deref()).collect()
}

/// The bytes of all files of the database.
fn read_database(dir: &TestDir) -> Vec<u8> {
    let names = ["app.db", "app.db-wal", "app.db-journal"].map(|name| dir.path(name));
    names.iter().filter_map(|path| std::fs::read(path).ok()).flatten().collect()
}

fn count_occurrences(bytes: &[u8], text: &str) -> usize {
    bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
}
