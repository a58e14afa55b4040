//! What one reading means: the same texts, read once more by the pure functions alone.
//!
//! What runs beside settings that need a restart is worked out naively, leaf by leaf, and held against the core.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value as Json;
use speckit::documents::Files as _;
use speckit::schemas::{compile_file, compile_text};
use speckit_core::config::resolve::{Checked, Inputs, Refused, Resolved, Rules};
use speckit_core::config::schema::Schema;
use speckit_core::config::source::{Language, parse};
use speckit_core::{Diagnostic, LayerKind, Source, Value};
use speckit_tests::fakes::Recording;

use crate::config::program::{DEFAULTS, RESTART, SCHEMA, SCHEMA_FILE, Settings, Setup, rule, sources};

/// A tree by its leaves: lists and tables without members are leaves too.
pub type Leaves = BTreeMap<String, Json>;

/// What became of a reading.
#[derive(Clone, Debug)]
pub enum ReadOutcome {
    Accepted(Box<AcceptedSettings>),
    /// The diagnostics, as JSON.
    Refused(Json),
}

/// A configuration that may run.
#[derive(Clone, Debug)]
pub struct AcceptedSettings {
    /// What the texts say.
    pub written: Leaves,
    /// What runs: as written, but for keys that need a restart.
    pub held: Leaves,
    /// Those keys, in order.
    pub pending: Vec<String>,
    pub settings: Settings,
    pub root: Value,
    pub warnings: Json,
}

/// The pure functions, with every schema that was met. Rules remember what was right before, and so each reading is held
/// against rules of its own.
pub struct Oracle(RefCell<BTreeMap<Vec<u8>, Schema>>);

impl Oracle {
    pub fn new() -> Self {
        Self(RefCell::default())
    }

    /// What the reading means beside a running configuration.
    pub fn judge(
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

    /// The fallback for a refused reading.
    pub fn stand_in(&self, setup: &Setup, reading: &Recording) -> Result<ReadOutcome, String> {
        let rules = self.rules(setup, reading).map_err(|_| "the first schema is right")?;
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
            false => compile_text("schema", SCHEMA)?,
        };
        self.0.borrow_mut().insert(text, schema.clone());
        Ok(schema)
    }
}

fn inputs(rules: &Rules, setup: &Setup, reading: &Recording) -> Inputs {
    sources(setup).gather(reading, rules.keys().variable_names(None).as_ref(), || reading.environment())
}

fn resolve(
    rules: &Rules,
    inputs: &Inputs,
    reading: &Recording,
    running: Option<&AcceptedSettings>,
) -> Result<ReadOutcome, String> {
    let accept = |checked: Checked| {
        checked.typed::<Settings>()?.validated_by_all([|settings: &Settings| unwound(settings, reading)])
    };
    let written = match rules.check(rules.read(inputs)).and_then(accept) {
        Ok(written) => written,
        Err(refused) => return Ok(refusal(rules, &refused)),
    };
    let leaves = leaves(written.checked().merged().root());
    let Some(running) = running else {
        return Ok(acceptance(rules, written, leaves.clone(), leaves, Vec::new()));
    };
    let (expected, pending) = held(&leaves, &running.held);
    let root = running.root.clone();
    match rules.defer_restarts(written, &root, accept) {
        Ok(held) => {
            let found = self::leaves(held.checked().merged().root());
            if found == expected {
                Ok(acceptance(rules, held, leaves, expected, pending))
            } else {
                Err(format!("beside settings that need a restart runs {found:?} and not {expected:?}"))
            }
        }
        Err(_) if pending.is_empty() => Err("what waits for nothing is refused beside what runs".into()),
        Err(refused) => Ok(refusal(rules, &refused)),
    }
}

fn acceptance(
    rules: &Rules,
    resolved: Resolved<Settings>,
    written: Leaves,
    held: Leaves,
    pending: Vec<String>,
) -> ReadOutcome {
    let warnings = resolved.checked().masks(rules).scrubbed(resolved.checked().diagnostics());
    let (settings, checked) = resolved.into_parts();
    let root = checked.merged().root().clone();
    ReadOutcome::Accepted(Box::new(AcceptedSettings {
        written,
        held,
        pending,
        settings,
        root,
        warnings: diagnostics_json(&warnings),
    }))
}

fn refusal(rules: &Rules, refused: &Refused) -> ReadOutcome {
    ReadOutcome::Refused(diagnostics_json(&refused.masks(rules).scrubbed(refused.diagnostics())))
}

/// The diagnostics as JSON: by codes, keys, places and words two refusals are the same or not.
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

/// What may run in the place of `running`, and which keys wait.
pub fn held(written: &Leaves, running: &Leaves) -> (Leaves, Vec<String>) {
    let mut held = written.clone();
    let mut pending = Vec::new();
    for key in RESTART {
        if written.get(key) != running.get(key) {
            pending.push(key.to_owned());
        }
        match running.get(key) {
            Some(value) => drop(held.insert(key.into(), value.clone())),
            None => drop(held.remove(key)),
        }
    }
    (held, pending)
}

fn unwound(settings: &Settings, reading: &Recording) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| rule(settings, reading))).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().expect("the words of the panic");
        Err(format!("a rule of it panicked: {words}"))
    })
}
