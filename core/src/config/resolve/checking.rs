//! Checking the merged layers: the schema's defaults below them, then the schema, the rules of the application and the verdict.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::unknown_keys::in_every_layer;
use super::{Checked, Document, Layers, Refused, Rules};
use crate::config::{Layer, Merged};
use crate::tree::{
    Code, CodeFamily, Diagnostic, Key, LayerKind, Origin, Severity, Source, TypeSet, Value, in_report_order,
    is_ok, with_strictness,
};

impl Rules {
    /// Checks one document alone: without other layers, defaults, environment and extension.
    ///
    /// # Errors
    /// [`Refused`] with every diagnostic, if any is an error.
    pub fn check_alone(&self, document: &Document) -> Result<Checked, Refused> {
        let mut originals = Vec::new();
        let mut diagnostics = Vec::new();
        let Some(layer) = self.read_document(document, &mut originals, &mut diagnostics) else {
            let diagnostics = with_strictness(in_report_order(diagnostics), self.strict);
            return Err(Refused { merged: None, layers: Vec::new(), originals, diagnostics });
        };
        if let (Some(schema), Some(validator)) = (self.schema(), &self.validator) {
            diagnostics.extend(validator.check_with(layer.root(), self.secrets()));
            diagnostics.extend(schema.deprecated(layer.root()));
        }
        let merged = Merged::from_layer(&layer);
        self.verdict(merged, true, Vec::from([layer]), originals, diagnostics)
    }

    /// How to report a key that the type of the settings does not read.
    pub(super) fn unknown_keys(&self) -> Severity {
        if self.strict || self.deny_unknown { Severity::Error } else { Severity::Warning }
    }

    /// Merges and checks the layers.
    ///
    /// The extension checks the tree even if the schema reports errors. If a text could not be parsed or migrated, the tree
    /// is not checked: its missing keys would only be noise.
    ///
    /// # Errors
    /// [`Refused`] with every diagnostic, if any is an error.
    pub fn check(&self, layers: Layers) -> Result<Checked, Refused> {
        let Layers { mut layers, originals, merged, mut diagnostics } = layers;
        let merged = self.with_defaults(merged, &mut layers);
        let is_whole = diagnostics.iter().all(|diagnostic| {
            let family = diagnostic.code.family();
            !matches!(family, CodeFamily::Parse | CodeFamily::File | CodeFamily::Migrate | CodeFamily::Source)
                || diagnostic.severity == Severity::Warning
        });
        if is_whole {
            self.check_tree(&merged, &mut diagnostics);
        }
        diagnostics.extend(self.schema().into_iter().flat_map(|schema| schema.warnings().iter().cloned()));
        self.verdict(merged, is_whole, layers, originals, diagnostics)
    }

    fn verdict(
        &self,
        merged: Merged,
        is_whole: bool,
        layers: Vec<Layer>,
        originals: Vec<Layer>,
        diagnostics: Vec<Diagnostic>,
    ) -> Result<Checked, Refused> {
        let diagnostics = with_strictness(in_report_order(diagnostics), self.strict);
        if is_ok(&diagnostics) {
            let source_fingerprint = merged.root().fingerprint();
            Ok(Checked {
                merged,
                layers,
                originals,
                diagnostics,
                source_fingerprint,
                pending: Vec::new(),
                keys: Arc::clone(&self.keys),
                unknown_keys: self.unknown_keys(),
            })
        } else {
            Err(Refused { merged: is_whole.then(|| Box::new(merged)), layers, originals, diagnostics })
        }
    }

    /// Adds the schema's `default`s, which depend on the merged tree of all other layers.
    fn with_defaults(&self, mut merged: Option<Merged>, layers: &mut Vec<Layer>) -> Merged {
        let mut known = self.base.as_ref().and_then(|base| Some((base, base.schema_defaults.as_ref()?)));
        if let (Some(schema), Some((base, _)), Some(all)) = (self.schema(), known, &merged)
            && !schema.chooses_alike(base.merged.root(), all.root())
        {
            // The defaults below the fixed layers, which are the lowest layer, are those of another variant.
            layers.drain(..layers.len().min(1));
            (merged, known) = (self.merge_all(layers), None);
        }
        let present = merged.as_ref().map(Merged::root);
        let defaults = self.schema().and_then(|schema| match known {
            Some((base, known)) => schema.further_defaults(present, known, base.merged.root()),
            None => schema.defaults(present),
        });
        let all = match (&defaults, merged) {
            (Some(defaults), Some(merged)) => {
                self.of_one_variant(merged.with_lower_layer(defaults, &self.strategy()))
            }
            (Some(defaults), None) => Merged::from_layer(defaults),
            (None, Some(merged)) => merged,
            (None, None) => {
                let nothing = Source::fragment(LayerKind::Defaults, "nothing", "");
                Merged::from_layer(&Layer::new(Value::table([], Origin::whole(&nothing))))
            }
        };
        if let Some(defaults) = defaults {
            layers.insert(0, defaults);
        }
        match self.schema() {
            Some(schema) => all.with_added(|tree| schema.with_late_defaults(tree)),
            None => all,
        }
    }

    /// The variable that sets a key, unless the value must be a table.
    fn variable_of_text(&self, root: &Value, key: &Key) -> Option<String> {
        let types = self.schema()?.types(key).map_or(TypeSet::ANY, |(types, _)| types);
        let is_table = types.without(TypeSet::OBJECT).is_empty();
        self.keys.variable_names(Some(root)).filter(|_| !is_table)?.variable(key)
    }

    pub(super) fn check_tree(&self, merged: &Merged, diagnostics: &mut Vec<Diagnostic>) {
        let root = merged.root();
        let mut violations = self
            .validator
            .as_ref()
            .map(|validator| validator.check_with(root, self.secrets()))
            .unwrap_or_default();
        let is_secret = |key: &Key, value: &Value| self.keys.is_secret(key, value);
        let with_note = |help: &mut Option<String>, note: String| match help {
            Some(help) => *help = format!("{note}; {help}"),
            None => *help = Some(note),
        };
        for violation in &mut violations {
            let Diagnostic { code, key, help, origin, .. } = violation;
            let since = || self.schema()?.variant_since(root, &key.parent()?, &is_secret);
            if *code != Code::SchemaRequired {
                let note = self.schema().and_then(|schema| schema.left_from(root, key, &is_secret));
                note.into_iter().for_each(|note| with_note(help, note));
            } else if let Some(mark) = merged.removed(key) {
                *help = Some("keep the key: it is required".into());
                *origin = Some(mark.origin().clone());
            } else if let Some((note, place)) = since() {
                with_note(help, note);
                *origin = Some(place);
            }
            let is_missing = matches!(code, Code::SchemaRequired | Code::SchemaDependencies)
                && root.get(key).is_none()
                && merged.removed(key).is_none();
            if let (true, Some(help), Some(variable)) = (is_missing, help, self.variable_of_text(root, key)) {
                *help = format!("{help}; or set {variable}");
            }
        }
        if let Some(extension) = &self.extension {
            extension.check(root, &mut violations);
        }
        let violations = violations.into_iter().flat_map(|violation| in_every_layer(violation, root));
        diagnostics.extend(violations);
        diagnostics.extend(self.schema().map(|schema| schema.deprecated(root)).unwrap_or_default());
    }
}
