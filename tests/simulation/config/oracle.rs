//! The expected outcome of a reading, computed from the same texts by the pure functions of the core.
//!
//! Pending restarts are computed naively, leaf by leaf, and compared with the result of the core.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value as Json;
use speckit::documents::Files as _;
use speckit::schemas::{compile_file, compile_text};
use speckit_core::config::resolve::{Checked, Inputs, Refused, Resolved, Rules, Violation};
use speckit_core::config::schema::Schema;
use speckit_core::config::source::{Language, parse};
use speckit_core::{Diagnostic, Key, LayerKind, Source, Value};
use speckit_tests::fakes::Recording;

use crate::config::program::{DEFAULTS, RESTART_KEYS, SCHEMA, SCHEMA_FILE, Settings, Setup, rule, sources};

/// The leaves of a tree by their keys. Lists and empty tables are leaves too.
pub type Leaves = BTreeMap<String, Json>;

/// The outcome of a reading.
#[derive(Clone, Debug)]
pub enum ReadOutcome {
    Accepted(Box<AcceptedSettings>),
    /// The diagnostics, as JSON.
    Refused(Json),
}

/// An accepted configuration.
#[derive(Clone, Debug)]
pub struct AcceptedSettings {
    /// The values in the texts.
    pub written: Leaves,
    /// The values in use: those in the texts, except for pending restarts.
    pub effective: Leaves,
    /// The keys of the pending restarts, sorted.
    pub pending: Vec<String>,
    pub settings: Settings,
    pub root: Value,
    pub warnings: Json,
}

/// Caches every compiled schema, but not the [`Rules`], which remember earlier values.
pub struct Oracle(RefCell<BTreeMap<Vec<u8>, Schema>>);

impl Oracle {
    pub fn new() -> Self {
        Self(RefCell::default())
    }

    /// The expected outcome of a reading, next to the running configuration.
    pub fn evaluate(
        &self,
        setup: &Setup,
        reading: &Recording,
        running: Option<&AcceptedSettings>,
    ) -> Result<ReadOutcome, String> {
        let rules = match self.rules(setup, reading) {
            Ok(rules) => rules,
            Err(found) => return Ok(ReadOutcome::Refused(diagnostics_json(&found))),
        };
        resolve(&rules, &inputs(&rules, setup, reading), reading, running)
    }

    /// The configuration that replaces a refused reading at the start.
    pub fn resolve_fallback(&self, setup: &Setup, reading: &Recording) -> Result<ReadOutcome, String> {
        let rules = self.rules(setup, reading).map_err(|_| "the first schema is invalid")?;
        let mut inputs = inputs(&rules, setup, reading);
        (inputs.documents, inputs.diagnostics) = (Vec::new(), Vec::new());
        match resolve(&rules, &inputs, reading, None)? {
            ReadOutcome::Refused(_) => resolve(&rules, &Inputs::default(), reading, None),
            accepted => Ok(accepted),
        }
    }

    fn rules(&self, setup: &Setup, reading: &Recording) -> Result<Rules, Vec<Diagnostic>> {
        let source = Source::document(LayerKind::Defaults, "defaults", DEFAULTS);
        let defaults = parse(&source, Language::Toml).expect("the defaults are TOML");
        let schema = self.schema(setup, reading)?;
        Ok(Rules::new(Some(schema)).with_prefix("APP", &[]).with_fixed_layers(&[defaults]))
    }

    fn schema(&self, setup: &Setup, reading: &Recording) -> Result<Schema, Vec<Diagnostic>> {
        let text = match setup.has_schema_file {
            true => reading.read(SCHEMA_FILE.as_ref()).unwrap_or_default(),
            false => SCHEMA.into(),
        };
        if let Some(schema) = self.0.borrow().get(&text) {
            return Ok(schema.clone());
        }
        let schema = match setup.has_schema_file {
            true => compile_file(reading, SCHEMA_FILE.as_ref(), &[])?,
            false => compile_text("schema", SCHEMA, Schema::compile)?,
        };
        self.0.borrow_mut().insert(text, schema.clone());
        Ok(schema)
    }
}

fn inputs(rules: &Rules, setup: &Setup, reading: &Recording) -> Inputs {
    sources(setup).gather(reading, [], rules.keys().variable_names(None).as_ref(), || reading.environment())
}

fn resolve(
    rules: &Rules,
    inputs: &Inputs,
    reading: &Recording,
    running: Option<&AcceptedSettings>,
) -> Result<ReadOutcome, String> {
    let accept = |checked: Checked| {
        checked.typed::<Settings>()?.validated([|settings: &Settings| check_rule(settings, reading)])
    };
    let written = match rules.check(rules.read(inputs)).and_then(accept) {
        Ok(written) => written,
        Err(refused) => return Ok(refuse(rules, &refused)),
    };
    let leaves = leaves(written.checked().merged().root());
    let Some(running) = running else {
        return Ok(accept_settings(rules, written, leaves.clone(), leaves, Vec::new()));
    };
    let (expected, pending) = defer_restart_keys(&leaves, &running.effective);
    let root = running.root.clone();
    match rules.defer_restarts(written, &root, accept) {
        Ok(effective) => {
            let found = self::leaves(effective.checked().merged().root());
            if found == expected {
                Ok(accept_settings(rules, effective, leaves, expected, pending))
            } else {
                Err(format!("with pending restarts, {found:?} is in use and not {expected:?}"))
            }
        }
        Err(_) if pending.is_empty() => Err("a configuration without pending restarts is refused".into()),
        Err(refused) => Ok(refuse(rules, &refused)),
    }
}

fn accept_settings(
    rules: &Rules,
    resolved: Resolved<Settings>,
    written: Leaves,
    effective: Leaves,
    pending: Vec<String>,
) -> ReadOutcome {
    let warnings = resolved.checked().masks(rules).masked(resolved.checked().diagnostics());
    let (settings, checked) = resolved.into_parts();
    let root = checked.merged().root().clone();
    ReadOutcome::Accepted(Box::new(AcceptedSettings {
        written,
        effective,
        pending,
        settings,
        root,
        warnings: diagnostics_json(&warnings),
    }))
}

fn refuse(rules: &Rules, refused: &Refused) -> ReadOutcome {
    ReadOutcome::Refused(diagnostics_json(&refused.masks(rules).masked(refused.diagnostics())))
}

/// The diagnostics as JSON, in which codes, keys, locations and messages are compared.
pub fn diagnostics_json(found: &[Diagnostic]) -> Json {
    serde_json::to_value(found).expect("diagnostics are JSON")
}

/// The leaves of a tree.
pub fn leaves(root: &Value) -> Leaves {
    fn collect(name: &str, value: &Json, found: &mut Leaves) {
        match value.as_object() {
            Some(members) if !members.is_empty() => {
                for (member, value) in members {
                    let name = if name.is_empty() { member.clone() } else { format!("{name}.{member}") };
                    collect(&name, value, found);
                }
            }
            _ => drop(found.insert(name.into(), value.clone())),
        }
    }
    let mut found = Leaves::new();
    collect("", &root.to_json(), &mut found);
    found
}

/// The values that may be used after `running`, and the keys whose changes need a restart.
pub fn defer_restart_keys(written: &Leaves, running: &Leaves) -> (Leaves, Vec<String>) {
    let mut effective = written.clone();
    let mut pending = Vec::new();
    for key in RESTART_KEYS {
        if written.get(key) != running.get(key) {
            pending.push(key.to_owned());
        }
        match running.get(key) {
            Some(value) => drop(effective.insert(key.into(), value.clone())),
            None => drop(effective.remove(key)),
        }
    }
    (effective, pending)
}

fn check_rule(settings: &Settings, reading: &Recording) -> Result<(), Vec<Violation>> {
    let checked = catch_unwind(AssertUnwindSafe(|| rule(settings, reading))).unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<String>().expect("the panic has a message");
        Err(format!("a rule of it panicked: {message}"))
    });
    checked.map_err(|message| vec![Violation { key: Key::root(), message }])
}
