//! From texts to checked, typed settings, in stages.
//!
//! The documents of the [`Inputs`] are [`Parsed`], all inputs are merged as [`Layers`] and checked into [`Checked`], and only a
//! checked configuration becomes [`Resolved`] settings. Nothing here uses the disk, the clock or the environment.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::config::schema::{Schema, SchemaValidator};
use crate::config::source::{Environment, Override, SCHEMA_KEY, parse, without_named_schema};
use crate::config::{Layer, MergeStrategy, Merged};
use crate::tree::typed::LazyOutline;
use crate::tree::{Diagnostic, Key, LayerKind, Value};

mod checking;
mod debug;
mod extension;
mod inputs;
mod key_rules;
mod redacted;
mod restarts;
mod stages;
#[cfg(test)]
#[cfg(feature = "schema")]
mod tests;
mod unknown_keys;
mod untyped;

pub use extension::{Extension, Migrated};
pub use inputs::{Document, Inputs};
pub use key_rules::KeyRules;
pub use stages::{Checked, Layers, Parsed, Refused, Resolved, Violation};

/// The rules that a configuration must satisfy, and the names of its variables.
#[derive(Debug)]
pub struct Rules {
    keys: Arc<KeyRules>,
    validator: Option<SchemaValidator>,
    extension: Option<Box<dyn Extension>>,
    strict: bool,
    deny_unknown: bool,
    base: Option<Base>,
}

/// Fixed layers, merged once with the schema's `default`s below them.
struct Base {
    layers: Vec<Layer>,
    schema_defaults: Option<Layer>,
    merged: Merged,
    diagnostics: Vec<Diagnostic>,
}

impl Rules {
    /// Rules of a schema. Without one every tree is valid, and types come from the layers below.
    pub fn new(schema: Option<Schema>) -> Self {
        let validator = schema.as_ref().map(Schema::validator);
        let keys = Arc::new(KeyRules { schema, ..KeyRules::default() });
        Self { keys, validator, extension: None, strict: false, deny_unknown: false, base: None }
    }

    /// Reads variables `PREFIX_…`; `reserved` are suffixes that do not name a key.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>, reserved: &[&str]) -> Self {
        let keys = Arc::make_mut(&mut self.keys);
        keys.prefix = Some(prefix.into());
        keys.reserved = reserved.iter().map(|suffix| (*suffix).into()).collect();
        self
    }

    /// Whether an empty variable is as if not set, unless its key takes a text.
    #[must_use]
    pub fn ignore_empty_variables(mut self, ignore: bool) -> Self {
        Arc::make_mut(&mut self.keys).ignores_empty = ignore;
        self
    }

    /// Takes names and types of keys also from the outline of the type of the settings, where the schema does not say them.
    #[must_use]
    pub fn with_outline(mut self, outline: LazyOutline) -> Self {
        Arc::make_mut(&mut self.keys).outline = Some(Arc::new(outline));
        self
    }

    /// Treats these keys as secret too, such as those that are secret in another schema.
    #[must_use]
    pub fn with_secrets(mut self, keys: impl IntoIterator<Item = Key>) -> Self {
        Arc::make_mut(&mut self.keys).further_secrets.extend(keys);
        self
    }

    /// Adds the rules of the application.
    #[must_use]
    pub fn with_extension(mut self, extension: Box<dyn Extension>) -> Self {
        self = self.with_secrets(extension.secrets());
        Arc::make_mut(&mut self.keys).holds_secret = Some(extension.holds_secret());
        self.extension = Some(extension);
        self
    }

    /// Whether every warning is an error.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Whether a key that neither the schema nor the type of the settings knows is an error, and not a warning.
    #[must_use]
    pub fn deny_unknown_keys(mut self, deny: bool) -> Self {
        self.deny_unknown = deny;
        self
    }

    /// Puts fixed layers, such as built-in defaults, below all inputs. They are merged once, here.
    ///
    /// Call it last: the other rules apply to these layers too.
    #[must_use]
    pub fn with_fixed_layers(mut self, layers: &[Layer]) -> Self {
        let mut diagnostics = Vec::new();
        let read = |layer: &Layer| {
            self.read_document(&Document::Parsed(layer.clone()), &mut Vec::new(), &mut diagnostics)
        };
        let mut all: Vec<Layer> = layers.iter().filter_map(read).collect();
        let mut merged = self.merge_all(&all);
        let schema_defaults =
            self.schema().and_then(|schema| schema.defaults(merged.as_ref().map(Merged::root)));
        if let Some(defaults) = &schema_defaults {
            all.insert(0, defaults.clone());
            merged = self.merge_all(&all);
        }
        self.base = merged.map(|merged| Base { layers: all, schema_defaults, merged, diagnostics });
        self
    }

    /// The configuration without any input: the layers of [`Rules::with_fixed_layers`] and the schema's defaults.
    pub fn defaults(&self) -> Option<&Value> {
        self.base.as_ref().map(|base| base.merged.root())
    }

    /// The rules of single keys.
    pub fn keys(&self) -> &Arc<KeyRules> {
        &self.keys
    }

    /// The schema, if there is one.
    pub fn schema(&self) -> Option<&Schema> {
        self.keys.schema()
    }

    /// Reads every input into its layer: [`Rules::parse`], then [`Rules::merge`].
    pub fn read(&self, inputs: &Inputs) -> Layers {
        self.merge(self.parse(inputs), inputs)
    }

    /// Parses the documents into layers above the fixed ones.
    pub fn parse(&self, inputs: &Inputs) -> Parsed {
        let base = self.base.as_ref();
        let mut layers = base.map(|base| base.layers.clone()).unwrap_or_default();
        let mut originals = Vec::new();
        let mut diagnostics = base.map(|base| base.diagnostics.clone()).unwrap_or_default();
        diagnostics.extend_from_slice(&inputs.diagnostics);
        for kind in LayerKind::ALL.into_iter().take_while(|kind| *kind < LayerKind::Dotenv) {
            for document in inputs.documents.iter().filter(|document| document.kind() == kind) {
                layers.extend(self.read_document(document, &mut originals, &mut diagnostics));
            }
        }
        Parsed { layers, originals, diagnostics }
    }

    /// Merges the documents, and above them the variables and the overrides of the same inputs. The types of these may come from
    /// the values below them.
    pub fn merge(&self, parsed: Parsed, inputs: &Inputs) -> Layers {
        let Parsed { layers, originals, diagnostics } = parsed;
        let base = self.base.as_ref();
        let above_base = layers.get(base.map_or(0, |base| base.layers.len())..);
        let merged = self.with_higher(base.map(|base| &base.merged), above_base);
        let mut all = Layers { layers, originals, merged, diagnostics };
        let of_kind = |kind| inputs.documents.iter().filter(move |document| document.kind() == kind);
        for document in of_kind(LayerKind::Dotenv) {
            match document {
                Document::Dotenv(variables) => self.add_variables(&mut all, variables),
                other => self.add_document(&mut all, other),
            }
        }
        self.add_variables(&mut all, &inputs.environment);
        of_kind(LayerKind::Env).for_each(|document| self.add_document(&mut all, document));
        let present = all.merged.as_ref().map(Merged::root);
        let read = Override::layer(&inputs.overrides, self.schema(), self.keys.outline(), present);
        self.add_layer(&mut all, read);
        of_kind(LayerKind::Override).for_each(|document| self.add_document(&mut all, document));
        all
    }

    fn add_variables(&self, all: &mut Layers, variables: &Environment) {
        if let Some(names) = self.keys.variable_names(all.merged.as_ref().map(Merged::root)) {
            let read = names.layer(variables);
            self.add_layer(all, read);
        }
    }

    /// Adds a layer of variables or overrides above the others.
    fn add_layer(&self, all: &mut Layers, (layer, reported): (Option<Layer>, Vec<Diagnostic>)) {
        if let Some(layer) = layer.map(|layer| self.with_field_names(layer)) {
            all.merged = self.with_higher(all.merged.as_ref(), Some(core::slice::from_ref(&layer)));
            all.layers.push(layer);
        }
        all.diagnostics.extend(reported);
    }

    fn add_document(&self, all: &mut Layers, document: &Document) {
        let layer = self.read_document(document, &mut all.originals, &mut all.diagnostics);
        self.add_layer(all, (layer, Vec::new()));
    }

    /// The layer of a document in the current format; `None` if it has errors, which are added to `diagnostics`.
    fn read_document(
        &self,
        document: &Document,
        originals: &mut Vec<Layer>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Layer> {
        let mut layer = match document {
            Document::Text(source, language) => {
                let layer = parse(source, *language).map_err(|errors| diagnostics.extend(errors)).ok()?;
                self.without_named_schema(layer)
            }
            Document::Parsed(layer) => layer.clone(),
            Document::Dotenv(variables) => {
                let (layer, reported) = self.keys.variable_names(None)?.layer(variables);
                diagnostics.extend(reported);
                layer?
            }
        };
        if let Some(migrated) = self.extension.as_ref().and_then(|extension| extension.migrate(&layer)) {
            originals.push(layer);
            let (current, warnings) = migrated.map_err(|errors| diagnostics.extend(errors)).ok()?;
            layer = current;
            diagnostics.extend(warnings);
        }
        layer = self.with_field_names(layer);
        if let Some(schema) = self.schema() {
            let (current, warnings) = schema.canonical(&layer);
            let former = core::mem::replace(&mut layer, current);
            // A former name beside the new one is in no layer.
            originals.extend((!warnings.is_empty()).then_some(former));
            diagnostics.extend(warnings);
        }
        Some(layer)
    }

    /// The layer of a document without the name of its schema, which is no setting unless the schema or the type reads it.
    fn without_named_schema(&self, layer: Layer) -> Layer {
        let is_setting = || match self.schema() {
            Some(schema) => schema.names_at_root(SCHEMA_KEY),
            None => self.keys.outline().is_some_and(|outline| outline.field(SCHEMA_KEY).is_some()),
        };
        match without_named_schema(layer.root()) {
            Some(root) if !is_setting() => Layer::of_document(root),
            _ => layer,
        }
    }

    /// The layer with the names of fields in the place of their aliases.
    fn with_field_names(&self, layer: Layer) -> Layer {
        let is_own_key = |key: &Key| self.keys.is_in_schema(key);
        let outline = self.keys.outline();
        outline.and_then(|outline| outline.canonical(layer.root(), &is_own_key)).map_or(layer, Layer::new)
    }

    /// The layers over those that are merged already.
    fn with_higher(&self, merged: Option<&Merged>, layers: Option<&[Layer]>) -> Option<Merged> {
        match (merged, layers.unwrap_or_default()) {
            (None, layers) => self.merge_all(layers),
            (Some(merged), []) => Some(merged.clone()),
            (Some(merged), layers) => {
                Some(self.of_one_variant(merged.with_higher_layers(layers, &self.strategy())))
            }
        }
    }

    fn merge_all(&self, layers: &[Layer]) -> Option<Merged> {
        Merged::of(layers, &self.strategy()).map(|merged| self.of_one_variant(merged))
    }

    /// Without what lower layers set for another variant of a table than the chosen one.
    fn of_one_variant(&self, merged: Merged) -> Merged {
        match self.schema() {
            Some(schema) => merged.without_marked(|tree| schema.without_left_overs(tree)),
            None => merged,
        }
    }

    fn strategy(&self) -> impl Fn(&Key) -> MergeStrategy {
        |key| self.schema().map_or(MergeStrategy::Join, |schema| schema.merge_strategy(key))
    }
}
