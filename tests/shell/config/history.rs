//! The history of an embedded configuration: what is recorded, what is not, and what stands in for bad files.

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
}

const SCHEMA: &str = r#"{
    "properties": {
        "port": { "type": "integer", "minimum": 1, "maximum": 65535 },
        "workers": { "type": "integer", "x-reload": "restart" },
        "token": { "type": "string", "x-secret": true },
        "pin": { "type": "integer", "x-secret": true },
        "mode": { "enum": ["full", "metadata", "off"] },
        "keep": { "type": "integer" }
    },
    "additionalProperties": false
}"#;

fn plain(dir: &TestDir) -> Builder<Settings> {
    let builder = Config::builder().defaults_toml("port = 8080\nworkers = 4\n");
    builder.schema_json(SCHEMA).file(dir.path("app.toml")).environment(Environment::default())
}

fn builder(dir: &TestDir) -> Builder<Settings> {
    plain(dir).history(dir.path("app.db"))
}

/// The settings say how much is kept.
fn of_settings(settings: &Settings) -> StoreConfig {
    let mut store = StoreConfig::default();
    store.history = settings.mode.unwrap_or_default();
    store.keep_generations = settings.keep.unwrap_or(store.keep_generations);
    store
}

fn reload(shell: &Config<Settings>, dir: &TestDir, text: &str) {
    dir.write("app.toml", text);
    assert!(shell.reload().is_ok(), "{text}");
}

fn history(shell: &Config<Settings>) -> History {
    shell.history().expect("a history is kept")
}

fn whole(history: &History, number: i64) -> Generation {
    history.generation(number).unwrap().expect("the generation is kept")
}

/// Each generation: its number, that of its process, its cause and what changed.
fn lines(history: &History) -> Vec<String> {
    let all = history.generations().unwrap();
    let line = |one: &Generation| {
        let changed = match &one.state.changes {
            Changes::Unknown => "unknown".into(),
            Changes::Keys(keys) => keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Changes::Values(changes) => diff::to_text(changes).trim_end().replace('\n', " "),
        };
        format!("{} ({}) {}: {changed}", one.number, one.generation, one.cause)
    };
    all.iter().map(line).collect()
}

fn texts(generation: &Generation) -> Vec<Option<&str>> {
    generation.state.sources.iter().map(|source| source.text.as_deref()).collect()
}

/// The bytes of the database, and of what belongs to it.
fn bytes(dir: &TestDir) -> Vec<u8> {
    let names = ["app.db", "app.db-wal", "app.db-journal"].map(|name| dir.path(name));
    names.iter().filter_map(|path| std::fs::read(path).ok()).flatten().collect()
}

fn holds(bytes: &[u8], text: &str) -> usize {
    bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
}
