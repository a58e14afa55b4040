//! The way of the data: from texts to checked, typed settings, one stage after the other.
//!
//! [`Inputs`] are read into [`Layers`], layers are merged and checked into [`Checked`], and only what is
//! checked becomes [`Resolved`] settings. Nothing here touches the disk, the clock or the environment.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use serde::de::DeserializeOwned;

use crate::diagnostic::{Diagnostic, Severity, in_report_order, is_ok, severe};
use crate::key::Key;
use crate::merge::{Layer, ListStrategy, Merged};
use crate::migrate::migrate_layer;
use crate::origin::{LayerKind, Origin, Source};
use crate::registry::check_names;
use crate::schema::{Schema, SchemaValidator};
use crate::source::{Environment, EnvironmentNames, Language, Override, parse};
use crate::typed::from_value;
use crate::value::Value;

/// One document of a configuration.
#[derive(Clone, Debug)]
pub enum Document {
    /// A text still to be parsed.
    Text(Arc<Source>, Language),
    /// A layer that was parsed before, such as defaults that do not change.
    Parsed(Layer),
}

/// All that a configuration is made of, as values.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Defaults and files, lowest priority first.
    pub documents: Vec<Document>,
    /// The environment as it was once.
    pub environment: Environment,
    /// Overrides; a later one wins.
    pub overrides: Vec<Override>,
    /// What was found while the texts were gathered, such as a file that cannot be read (`file/…`).
    pub findings: Vec<Diagnostic>,
}

/// What a configuration must obey, and how its variables are called.
#[derive(Debug)]
pub struct Rules {
    schema: Option<(Schema, SchemaValidator)>,
    prefix: Option<String>,
    reserved: &'static [&'static str],
    is_application: bool,
    strict: bool,
}

impl Rules {
    /// Rules of a schema, or of none: then any tree will do, and types come from the layers below.
    pub fn new(schema: Option<Schema>) -> Self {
        let schema = schema.map(|schema| {
            let validator = schema.validator();
            (schema, validator)
        });
        Self { schema, prefix: None, reserved: &[], is_application: false, strict: false }
    }

    /// Reads variables `PREFIX_…`; `reserved` are suffixes that name no key.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>, reserved: &'static [&'static str]) -> Self {
        self.prefix = Some(prefix.into());
        self.reserved = reserved;
        self
    }

    /// Also holds the configuration against the rules of the shipped application: names of models, quality
    /// gates, and the old form of its files.
    #[must_use]
    pub fn for_application(mut self) -> Self {
        self.is_application = true;
        self
    }

    /// Makes every warning an error.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// The schema, if there is one.
    pub fn schema(&self) -> Option<&Schema> {
        self.schema.as_ref().map(|(schema, _)| schema)
    }

    /// Tells whether the schema makes the key, or one above it, a secret.
    pub fn is_secret(&self, key: &Key) -> bool {
        self.schema().is_some_and(|schema| schema.is_secret(key))
    }

    /// The names of the variables, for the keys of the schema and of a merged tree; `None` without a prefix.
    pub fn names<'a>(&'a self, present: Option<&'a Value>) -> Option<EnvironmentNames<'a>> {
        let prefix = self.prefix.as_deref()?;
        Some(EnvironmentNames::new(prefix, self.reserved, self.schema(), present))
    }

    /// Reads every input into its layer.
    pub fn read(&self, inputs: &Inputs) -> Layers {
        let mut layers = Vec::with_capacity(inputs.documents.len() + 2);
        let mut findings = inputs.findings.clone();
        for document in &inputs.documents {
            match self.read_document(document, &mut findings) {
                Ok(layer) => layers.push(layer),
                Err(found) => findings.extend(found),
            }
        }
        let present = self.merge(&layers);
        let present = present.as_ref().map(Merged::root);
        if let Some(names) = self.names(present) {
            let (layer, found) = names.layer(&inputs.environment);
            layers.extend(layer);
            findings.extend(found);
        }
        let (layer, found) = Override::layer(&inputs.overrides, self.schema(), present);
        layers.extend(layer);
        findings.extend(found);
        Layers { layers, findings }
    }

    /// Checks one document by itself: no other layers, no defaults, no environment, no names of models.
    ///
    /// Returns the layer, if the text could be parsed, and every finding in the order of reports.
    pub fn check_alone(&self, document: &Document) -> (Option<Layer>, Vec<Diagnostic>) {
        let mut findings = Vec::new();
        let layer = match self.read_document(document, &mut findings) {
            Ok(layer) => layer,
            Err(found) => {
                findings.extend(found);
                return (None, in_report_order(findings));
            }
        };
        if let Some((schema, validator)) = &self.schema {
            findings.extend(validator.check(layer.root()));
            findings.extend(schema.deprecated(layer.root()));
        }
        (Some(layer), severe(in_report_order(findings), self.strict))
    }

    fn read_document(
        &self,
        document: &Document,
        findings: &mut Vec<Diagnostic>,
    ) -> Result<Layer, Vec<Diagnostic>> {
        let mut layer = match document {
            Document::Text(source, language) => parse(source, *language)?,
            Document::Parsed(layer) => layer.clone(),
        };
        if self.is_application
            && let Some(migrated) = migrate_layer(&layer)
        {
            let (current, warnings) = migrated?;
            layer = current;
            findings.extend(warnings);
        }
        if let Some(schema) = self.schema() {
            let (current, warnings) = schema.canonical(&layer);
            layer = current;
            findings.extend(warnings);
        }
        Ok(layer)
    }

    fn merge(&self, layers: &[Layer]) -> Option<Merged> {
        Merged::of(layers, &|key| {
            self.schema().map_or(ListStrategy::Replace, |schema| schema.list_strategy(key))
        })
    }

    /// Merges and checks the layers.
    ///
    /// Names and gates are checked even where the schema finds errors. Where a text could not be parsed, the
    /// tree is not checked: what is missing in it would only be noise.
    ///
    /// # Errors
    /// [`Refused`] with every finding, as soon as one is an error.
    pub fn check(&self, layers: Layers) -> Result<Checked, Refused> {
        let Layers { mut layers, mut findings } = layers;
        let merged = self.merge_with_defaults(&mut layers);
        let is_lost = |found: &Diagnostic| {
            found.severity == Severity::Error
                && (found.code.starts_with("parse/") || found.code.starts_with("file/"))
        };
        let is_parsed = !findings.iter().any(is_lost);
        if is_parsed {
            self.check_tree(merged.root(), &mut findings);
        }
        findings.extend(self.schema().into_iter().flat_map(|schema| schema.warnings().iter().cloned()));
        let findings = severe(in_report_order(findings), self.strict);
        if is_ok(&findings, self.strict) {
            Ok(Checked { merged, layers, findings })
        } else {
            Err(Refused { layers, findings })
        }
    }

    /// The schema's `default`s fill what all other layers leave open, so they are found after the others are merged.
    fn merge_with_defaults(&self, layers: &mut Vec<Layer>) -> Merged {
        let merged = self.merge(layers);
        let present = merged.as_ref().map(Merged::root);
        if let Some(defaults) = self.schema().and_then(|schema| schema.defaults(present)) {
            layers.insert(0, defaults);
        } else if let Some(merged) = merged {
            return merged;
        }
        self.merge(layers).unwrap_or_else(|| {
            let nothing = Source::fragment(LayerKind::Defaults, "nothing", "");
            Merged::from_root(Value::table([], Origin::whole(&nothing)))
        })
    }

    fn check_tree(&self, root: &Value, findings: &mut Vec<Diagnostic>) {
        let mut violations =
            self.schema.as_ref().map(|(_, validator)| validator.check(root)).unwrap_or_default();
        if self.is_application {
            let names = check_names(root);
            // The gate says the same as the bounds of its list, and says it in the words of gates.
            let gates: Vec<&Key> =
                names.iter().filter(|n| n.code == "gate/agent-count").map(|n| &n.key).collect();
            violations.retain(|found| !(gates.contains(&&found.key) && found.code.ends_with("Items")));
            let is_lenient =
                root.get(&Key::of(["validation", "strict_schema"])).and_then(Value::as_bool) == Some(false);
            if is_lenient {
                violations.iter_mut().for_each(|found| found.severity = Severity::Warning);
            }
            violations.extend(names);
        }
        findings.extend(violations);
        findings.extend(self.schema().map(|schema| schema.deprecated(root)).unwrap_or_default());
    }
}

/// The layers of a configuration, lowest first, and what was found while they were read.
#[derive(Clone, Debug)]
pub struct Layers {
    layers: Vec<Layer>,
    findings: Vec<Diagnostic>,
}

impl Layers {
    /// The layers, lowest priority first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// What was found, in the order of reading.
    pub fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }
}

/// A configuration that obeys its rules.
#[derive(Clone, Debug)]
pub struct Checked {
    merged: Merged,
    layers: Vec<Layer>,
    findings: Vec<Diagnostic>,
}

impl Checked {
    /// The merged tree with its history.
    pub fn merged(&self) -> &Merged {
        &self.merged
    }

    /// The layers that it was merged from, lowest first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Warnings, in the order of reports.
    pub fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }

    /// Types the settings.
    ///
    /// # Errors
    /// [`Refused`] where the type asks for something that the rules do not.
    pub fn typed<T: DeserializeOwned>(self) -> Result<Resolved<T>, Refused> {
        match from_value(self.merged.root()) {
            Ok(config) => Ok(Resolved { config, checked: self }),
            Err(error) => Err(self.refuse([error.into_diagnostic()])),
        }
    }

    fn refuse(self, found: impl IntoIterator<Item = Diagnostic>) -> Refused {
        let mut findings = self.findings;
        findings.extend(found);
        Refused { layers: self.layers, findings: in_report_order(findings) }
    }
}

/// Typed settings with the configuration that they come from.
#[derive(Clone)]
pub struct Resolved<T> {
    config: T,
    checked: Checked,
}

impl<T> Resolved<T> {
    /// The settings.
    pub fn config(&self) -> &T {
        &self.config
    }

    /// The tree that they were read from.
    pub fn checked(&self) -> &Checked {
        &self.checked
    }

    /// Parts the settings from their tree.
    pub fn into_parts(self) -> (T, Checked) {
        (self.config, self.checked)
    }

    /// Holds the settings against a rule of the embedder's own.
    ///
    /// # Errors
    /// [`Refused`] with the rule's message, code `rule/refused`. The message is the embedder's: it is shown
    /// as it is, but for the texts of secrets.
    pub fn validated<E: fmt::Display>(self, rule: impl FnOnce(&T) -> Result<(), E>) -> Result<Self, Refused> {
        self.validated_by_all([rule])
    }

    /// As [`Resolved::validated`], with several rules; what any of them refuses is told.
    ///
    /// # Errors
    /// [`Refused`] with the message of every rule that refuses.
    pub fn validated_by_all<E: fmt::Display, R: FnOnce(&T) -> Result<(), E>>(
        self,
        rules: impl IntoIterator<Item = R>,
    ) -> Result<Self, Refused> {
        let refusals = rules.into_iter().filter_map(|rule| rule(&self.config).err());
        let found: Vec<Diagnostic> = refusals
            .map(|error| format!("refused by the application: {error}"))
            .map(|message| Diagnostic::error("rule/refused", Key::root(), message))
            .collect();
        if found.is_empty() { Ok(self) } else { Err(self.checked.refuse(found)) }
    }
}

/// Shows no values, since they may be secrets.
impl<T> fmt::Debug for Resolved<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolved")
            .field("fingerprint", &self.checked.merged.root().fingerprint())
            .finish_non_exhaustive()
    }
}

/// A configuration that breaks its rules: every finding, and the layers for its report.
#[derive(Clone, Debug)]
pub struct Refused {
    layers: Vec<Layer>,
    findings: Vec<Diagnostic>,
}

impl Refused {
    /// A refusal for reasons that lie outside of any layer.
    pub fn of(findings: Vec<Diagnostic>) -> Self {
        Self { layers: Vec::new(), findings: in_report_order(findings) }
    }

    /// Every finding, in the order of reports; at least one is an error. Strict rules make each one.
    pub fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }

    /// The layers that could be read, lowest first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }
}
