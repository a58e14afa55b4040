//! The simulated program: its settings, their schema, and a rule about them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use speckit::documents::{FileSource, Files};
use speckit::world::World;
use speckit::{Builder, Code, Config, Diagnostic, Fallback, HotReloadConfig, Key, Sources};
use speckit_core::config::source::Override;

use crate::config::oracle::diagnostics_json;

pub const FOLDER: &str = "/etc/app";
pub const BASE: &str = "/etc/app/base.toml";
pub const APP: &str = "/etc/app/app.toml";
pub const CONF_D: &str = "/etc/app/conf.d";
/// A file that the rule reads and that the program watches.
pub const CERTIFICATE: &str = "/etc/app/cert.pem";
/// The file of the schema, if the schema is in a file.
pub const SCHEMA_FILE: &str = "/etc/app/schema.json";
pub const TOKEN_FILE: &str = "/run/secrets/token";

/// A part of every secret of the simulation, and of no other text.
pub const CANARY: &str = "hunt";
/// The rule panics for this value of `low`.
pub const PANIC_LOW: i64 = 13;
/// The closure that returns the hot-reload settings panics for this value of `quiet_ms`.
pub const PANIC_QUIET_MS: u64 = 1313;
/// The keys that need a restart, sorted.
pub const RESTART_KEYS: [&str; 2] = ["store.path", "workers"];
/// The keys of the schema, except for other labels.
pub const KEYS: [&str; 9] =
    ["high", "hosts", "labels.release", "low", "quiet_ms", "store.keep", "store.path", "token", "workers"];

pub const DEFAULTS: &str = "low = 10\nhigh = 50\nworkers = 4\nhosts = ['a']\nquiet_ms = 1000\n\
     token = 'hunter-default'\nstore.keep = 3\n";

pub const SCHEMA: &str = r#"{
    "type": "object",
    "required": ["low", "high"],
    "properties": {
        "low": { "type": "integer", "minimum": 0, "maximum": 100 },
        "high": { "type": "integer", "minimum": 0, "maximum": 100 },
        "workers": { "type": "integer", "minimum": 1, "maximum": 64, "x-reload": "restart" },
        "hosts": { "type": "array", "items": { "type": "string" }, "maxItems": 6, "x-merge": "union" },
        "quiet_ms": { "type": "integer", "minimum": 0, "maximum": 5000 },
        "token": { "type": "string", "minLength": 6, "x-secret": true },
        "store": {
            "x-reload": "restart",
            "properties": {
                "path": { "type": "string" },
                "keep": { "type": "integer", "minimum": 0, "x-reload": "live" }
            },
            "additionalProperties": false
        },
        "labels": { "type": "object", "additionalProperties": { "type": "string" } }
    },
    "additionalProperties": false
}"#;

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Settings {
    pub low: i64,
    pub high: i64,
    pub workers: u32,
    pub hosts: Vec<String>,
    pub quiet_ms: u64,
    pub token: String,
    pub store: StoreSettings,
    pub labels: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct StoreSettings {
    pub path: Option<String>,
    pub keep: u32,
}

/// How the program of one simulation is built.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    pub seed: u64,
    /// Whether the quiet period and the watched paths come from the settings.
    pub has_hot_reload_settings: bool,
    /// The quiet period if it does not come from the settings.
    pub quiet_ms: u64,
    /// Whether the program starts with its defaults if the configuration is refused.
    pub fallback: bool,
    /// Whether the schema is a file that the actors edit.
    pub has_schema_file: bool,
    /// Whether `app.toml` is required.
    pub required: bool,
    /// How much later than requested the program is woken.
    pub wake_delay_ms: u64,
}

impl Settings {
    /// Checks what holds for all settings that are ever in use, without the certificate.
    pub fn check(&self) -> Result<(), String> {
        let Self { low, high, workers, token, .. } = self;
        if *low == PANIC_LOW {
            panic!("the rule has a mistake, and knows {token}");
        }
        if low > high {
            return Err(format!("low {low} is above high {high}"));
        }
        if i64::from(*workers) > *high {
            return Err(format!("{workers} workers are above high {high}"));
        }
        if token == "hunter-revoked" {
            return Err(format!("the token {token} is revoked"));
        }
        Ok(())
    }
}

/// The rule of the application. It also reads a file that is not part of the configuration.
pub fn rule(settings: &Settings, files: &dyn Files) -> Result<(), String> {
    if files.read(Path::new(CERTIFICATE)).is_ok_and(|bytes| bytes == b"expired") {
        return Err("the certificate has expired".into());
    }
    settings.check()
}

/// The closure that returns the hot-reload settings.
fn hot_reload_config(settings: &Settings) -> HotReloadConfig {
    assert!(settings.quiet_ms != PANIC_QUIET_MS, "the closure has a mistake");
    let mut hot_reload = HotReloadConfig::default();
    hot_reload.debounce_ms = settings.quiet_ms;
    hot_reload.watch_paths = vec!["cert.pem".into()];
    hot_reload
}

/// The error of a program that does not start because its closure panics.
pub fn closure_panicked() -> Json {
    let message = "`hot_reload` of the builder panicked: the closure has a mistake";
    diagnostics_json(&[Diagnostic::error(Code::RulePanicked, Key::root(), message)])
}

pub fn builder(setup: &Setup, world: &Arc<dyn World>) -> Builder<Settings> {
    let files = Arc::clone(world);
    let mut builder = Config::builder().defaults_toml(DEFAULTS);
    for FileSource { path, required, .. } in sources(setup).files {
        builder = if required { builder.required_file(path) } else { builder.file(path) };
    }
    builder = match setup.has_schema_file {
        true => builder.schema_file(SCHEMA_FILE, Vec::new()),
        false => builder.schema_json(SCHEMA),
    };
    builder = builder
        .env_prefix("APP")
        .set("labels.release", "7")
        .validate(move |settings| rule(settings, &*files))
        .world(Arc::clone(world));
    if setup.fallback {
        builder = builder.fallback(Fallback::Defaults);
    }
    match setup.has_hot_reload_settings {
        true => builder.hot_reload(hot_reload_config),
        false => builder.debounce(Duration::from_millis(setup.quiet_ms)).watch_path(CERTIFICATE),
    }
}

/// The sources of the builder, for a reading without a builder.
pub fn sources(setup: &Setup) -> Sources {
    let file = |path: &str, required| FileSource { path: path.into(), required, language: None };
    Sources {
        files: vec![file(BASE, false), file(APP, setup.required), file(CONF_D, false)],
        environment: None,
        overrides: vec![Override::Set { key: "labels.release".into(), text: "7".into() }],
        ..Sources::default()
    }
}
