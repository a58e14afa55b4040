//! The processing steps of a configuration, each with its own type. `Resolved` is created only from
//! `Checked`, and `Checked` only by the checks of `Rules`.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::de::DeserializeOwned;

use super::unknown_keys::in_every_layer;
use super::untyped::with_texts_for;
use super::{KeyRules, Rules};
use crate::config::explain::Explanation;
use crate::config::redact::Masks;
use crate::config::source::document_forms;
use crate::config::{Layer, Merged};
use crate::tree::diff::Change;
use crate::tree::typed::{Mistakes, Outline, Read, TypedError, TypedErrorKind, read};
use crate::tree::{
    Code, Diagnostic, Fingerprint, Key, LayerKind, Origin, Segment, Severity, TypeSet, Value,
    in_report_order, is_ok,
};

/// The documents of a configuration as layers, above the fixed ones.
#[derive(Clone)]
pub struct Parsed {
    pub(super) layers: Vec<Layer>,
    pub(super) originals: Vec<Layer>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// The layers of a configuration, lowest first, and the diagnostics from reading them.
#[derive(Clone)]
pub struct Layers {
    pub(super) layers: Vec<Layer>,
    /// The layers before migration, and with former names of keys. Reports show lines of them.
    pub(super) originals: Vec<Layer>,
    pub(super) merged: Option<Merged>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Layers {
    /// The layers, lowest priority first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The diagnostics, in the order of reading.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

/// A configuration that satisfies its rules.
#[derive(Clone)]
pub struct Checked {
    pub(super) merged: Merged,
    pub(super) layers: Vec<Layer>,
    pub(super) originals: Vec<Layer>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) source_fingerprint: Fingerprint,
    pub(super) pending: Vec<Change>,
    pub(super) keys: Arc<KeyRules>,
    /// How to report a key that the type of the settings does not read.
    pub(super) unknown_keys: Severity,
}

impl Checked {
    /// The fingerprint of the tree as the sources define it, including changes that wait for a restart.
    pub fn source_fingerprint(&self) -> Fingerprint {
        self.source_fingerprint
    }

    /// The changes that wait for a restart, in key order: `old` is the running value, `new` the written one. Secrets are
    /// not redacted.
    pub fn pending_restart(&self) -> &[Change] {
        &self.pending
    }

    /// The merged tree, with the values that others replaced. Settings that need a restart have their running values.
    pub fn merged(&self) -> &Merged {
        &self.merged
    }

    /// The layers that were merged, lowest first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Warnings, in report order.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The masks for a report of the diagnostics.
    pub fn masks(&self, rules: &Rules) -> Masks {
        rules.masks(&self.keys, self.layers.iter().chain(&self.originals), &self.diagnostics)
    }

    /// Whether a variable of the environment holds a secret of this configuration, or the path of a file with one.
    pub fn is_secret_variable(&self, name: &str) -> bool {
        let names = self.keys.variable_names(Some(self.merged.root()));
        names.is_some_and(|names| names.holds_secret(name))
    }

    /// Deserializes the tree into the type `T`. A key that neither `T` nor the schema knows is a warning, or an error if the
    /// rules say so.
    ///
    /// # Errors
    /// [`Refused`] with every value that does not fit `T`, every missing one and the unknown keys; or only with unknown keys,
    /// if the rules make them errors.
    pub fn typed<T: DeserializeOwned>(mut self) -> Result<Resolved<T>, Refused> {
        if let Some(root) = with_texts_for::<T>(self.merged.root(), &self.layers, &self.keys) {
            self.source_fingerprint = root.fingerprint();
            self.merged = self.merged.with_root(root);
        }
        let (config, errors, unknown) = match read(self.merged.root()) {
            Ok(Read { settings, unknown, secrets, left_overs }) => {
                self.add_secrets(secrets);
                self.merged = self.merged.without_left_overs(&left_overs);
                (Some(settings), Vec::new(), unknown)
            }
            Err(Mistakes { errors, unknown }) => (None, errors, unknown),
        };
        let unknown = unknown.into_iter().filter(|error| !self.keys.is_in_schema(&error.key));
        let unknown = unknown.map(|error| explain_unknown(error, self.unknown_keys));
        let errors =
            errors.into_iter().map(|error| explain_error(error, &self.merged, &self.layers, &self.keys));
        let root = self.merged.root();
        let found: Vec<Diagnostic> =
            errors.chain(unknown).flat_map(|found| in_every_layer(found, root)).collect();
        match config.filter(|_| is_ok(&found)) {
            Some(config) => {
                if !found.is_empty() {
                    self.diagnostics.extend(found);
                    self.diagnostics = in_report_order(self.diagnostics);
                }
                Ok(Resolved { config, checked: self })
            }
            None => Err(self.refuse(found)),
        }
    }

    /// Marks secrets that are known only since they were read, and warns that the report of a refusal does not know them.
    fn add_secrets(&mut self, mut secrets: Vec<Key>) {
        secrets.retain(|key| !self.keys.is_marked_secret(key));
        if secrets.is_empty() {
            return;
        }
        for key in &secrets {
            let names = key.segments().iter().map_while(|segment| match segment {
                Segment::Name(name) => Some(name.clone()),
                Segment::Index(_) => None,
            });
            let named = Key::of(names);
            let message = "a secret that is known only after it was read: an error report may show it";
            // Without its place, since the line has the secret.
            let diagnostic = Diagnostic::warning(Code::TypeSecret, key.clone(), message);
            let help = format!(
                "its type is below one with a flattened field, or a tagged one: call `.secret(\"{named}\")` of the builder"
            );
            self.diagnostics.push(diagnostic.help(help));
        }
        self.diagnostics = in_report_order(core::mem::take(&mut self.diagnostics));
        Arc::make_mut(&mut self.keys).further_secrets.extend(secrets);
    }

    /// Explains one key, as [`KeyRules::explain`] does.
    pub fn explain(&self, key: &Key) -> Option<Explanation> {
        let is_secret = self.keys.secrets_beside(&self.diagnostics);
        self.keys.explain_with(&self.merged, &[], key, &is_secret)
    }

    /// The rules of its keys, with the secrets that were found when it was read.
    pub fn keys(&self) -> &Arc<KeyRules> {
        &self.keys
    }

    /// Refuses the configuration for these reasons.
    #[must_use]
    pub fn refuse(self, reasons: impl IntoIterator<Item = Diagnostic>) -> Refused {
        let refused = Refused {
            merged: Some(Box::new(self.merged)),
            layers: self.layers,
            originals: self.originals,
            diagnostics: self.diagnostics,
        };
        refused.with_reasons(reasons)
    }
}

fn explain_unknown(error: TypedError, severity: Severity) -> Diagnostic {
    Diagnostic { severity, ..error.into_diagnostic() }
}

/// The diagnostic of an error. For a missing key it says where to set it, for a wrong type what to write.
fn explain_error(error: TypedError, merged: &Merged, layers: &[Layer], keys: &KeyRules) -> Diagnostic {
    let is_missing = matches!(error.kind, TypedErrorKind::Missing { .. });
    let is_mismatch = matches!(error.kind, TypedErrorKind::Mismatch { .. });
    let mut diagnostic = error.into_diagnostic();
    let is_in_document = |origin: &Origin| origin.layer() < LayerKind::Dotenv;
    if is_mismatch && diagnostic.origin.as_ref().is_some_and(is_in_document) {
        let found = merged.root().get(&diagnostic.key).map_or(TypeSet::NONE, TypeSet::of);
        let outline = keys.outline().and_then(|outline| outline.get(&diagnostic.key));
        // A value of the right type has the wrong content.
        let outline = outline.filter(|outline| outline.types().and(found).is_empty());
        diagnostic.help = outline.and_then(form_of);
    }
    let is_in_buffer = |key: &Key| {
        keys.outline().zip(key.parent()).is_some_and(|(outline, parent)| outline.is_unknown_at(&parent))
    };
    // In a buffer of serde, the key may lack the names around the field.
    if is_missing && !is_in_buffer(&diagnostic.key) {
        let file = layers.iter().rev().map(|layer| layer.root().origin().source());
        let file = file.filter(|source| source.layer() == LayerKind::File).map(|source| source.name());
        let names = keys.variable_names(Some(merged.root()));
        let variable = names.and_then(|names| names.variable(&diagnostic.key));
        let ways = file.take(1).map(|file| format!("in {file}"));
        let ways: Vec<String> = ways.chain(variable.map(|variable| format!("with {variable}"))).collect();
        diagnostic.help = (!ways.is_empty()).then(|| format!("set it {}", ways.join(" or ")));
        // A missing key at the top has no line to show: its table is the whole file.
        diagnostic.origin = diagnostic.origin.filter(|_| diagnostic.key.segments().len() > 1);
    }
    diagnostic
}

/// How to write a value that a type reads.
fn form_of(outline: &Outline) -> Option<String> {
    let names: Vec<String> = outline.variants().map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        return document_forms(outline.types()).map(String::from);
    }
    Some(format!("write one of {}", names.join(", ")))
}

/// Typed settings with their configuration.
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

    /// The configuration that they were read from.
    pub fn checked(&self) -> &Checked {
        &self.checked
    }

    /// The settings and their configuration.
    pub fn into_parts(self) -> (T, Checked) {
        (self.config, self.checked)
    }

    /// Checks the settings with rules of the application; every violation is reported.
    ///
    /// # Errors
    /// [`Refused`] with code `rule/refused` for each violation, at the place of its key. The report masks secrets in messages.
    pub fn validated<R: FnOnce(&T) -> Result<(), Vec<Violation>>>(
        self,
        rules: impl IntoIterator<Item = R>,
    ) -> Result<Self, Refused> {
        let violations = rules.into_iter().filter_map(|rule| rule(&self.config).err()).flatten();
        let root = self.checked.merged.root();
        let diagnostics: Vec<Diagnostic> =
            violations.map(|violation| violation.into_diagnostic(root)).collect();
        if diagnostics.is_empty() { Ok(self) } else { Err(self.checked.refuse(diagnostics)) }
    }
}

/// What a rule of the application refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The key that it is about; the root if it is about several or none.
    pub key: Key,
    /// What is wrong.
    pub message: String,
}

impl Violation {
    /// The diagnostic, at the place of the key or, if nothing sets it, of the nearest value around it.
    fn into_diagnostic(self, root: &Value) -> Diagnostic {
        let Self { key, message } = self;
        if key.is_root() {
            let message = format!("refused by the application: {message}");
            return Diagnostic::error(Code::RuleRefused, key, message);
        }
        let around = core::iter::successors(Some(key.clone()), Key::parent).filter(|key| !key.is_root());
        let origin = around.filter_map(|key| root.get(&key)).map(|value| value.origin().clone()).next();
        Diagnostic { origin, ..Diagnostic::error(Code::RuleRefused, key, message) }
    }
}

/// A configuration that was refused: every diagnostic, and the layers for the report.
#[derive(Clone)]
pub struct Refused {
    /// Boxed, to keep the error small.
    pub(super) merged: Option<Box<Merged>>,
    pub(super) layers: Vec<Layer>,
    pub(super) originals: Vec<Layer>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Refused {
    /// A refusal for reasons outside of the layers.
    pub fn of(diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            merged: None,
            layers: Vec::new(),
            originals: Vec::new(),
            diagnostics: in_report_order(diagnostics),
        }
    }

    /// Adds further reasons.
    #[must_use]
    pub fn with_reasons(mut self, reasons: impl IntoIterator<Item = Diagnostic>) -> Self {
        self.diagnostics.extend(reasons);
        self.diagnostics = in_report_order(self.diagnostics);
        self
    }

    /// Adds the mistakes that the type `T` finds in the refused tree. A key that has an error already, at it, around it or below
    /// it, gets no second one.
    #[must_use]
    pub fn with_type<T: DeserializeOwned>(mut self, rules: &Rules) -> Self {
        let Some(merged) = self.merged.as_deref() else { return self };
        let tree = with_texts_for::<T>(merged.root(), &self.layers, rules.keys());
        let (errors, unknown) = match read::<T>(tree.as_ref().unwrap_or(merged.root())) {
            Ok(Read { unknown, .. }) => (Vec::new(), unknown),
            Err(Mistakes { errors, unknown }) => (errors, unknown),
        };
        let known = self.diagnostics.iter().filter(|known| known.severity == Severity::Error);
        let known: Vec<&Key> = known.map(|known| &known.key).filter(|key| !key.is_root()).collect();
        let is_new = |error: &TypedError| {
            !known.iter().any(|known| known.starts_with(&error.key) || error.key.starts_with(known))
        };
        let errors = errors.into_iter().filter(is_new);
        let errors = errors.map(|error| explain_error(error, merged, &self.layers, rules.keys()));
        let unknown = unknown.into_iter().filter(is_new);
        let unknown = unknown.filter(|error| !rules.keys().is_in_schema(&error.key));
        let unknown = unknown.map(|error| explain_unknown(error, rules.unknown_keys()));
        let found = errors.chain(unknown).flat_map(|found| in_every_layer(found, merged.root()));
        let found: Vec<Diagnostic> = found.collect();
        self.diagnostics.extend(found);
        self.diagnostics = in_report_order(self.diagnostics);
        self
    }

    /// Every diagnostic, in report order.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The refused tree, for explanations; `None` if there is none, such as when a layer could not be read.
    pub fn merged(&self) -> Option<&Merged> {
        self.merged.as_deref()
    }

    /// The layers that could be read, lowest first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The masks for a report of the diagnostics.
    pub fn masks(&self, rules: &Rules) -> Masks {
        rules.masks(rules.keys(), self.layers.iter().chain(&self.originals), &self.diagnostics)
    }
}
