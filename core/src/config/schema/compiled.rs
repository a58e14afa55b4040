//! A compiled schema and what it knows of each key.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::config::{Layer, ListStrategy};
use crate::tree::typed::to_value;
use crate::tree::{Code, Diagnostic, Key, LayerKind, Origin, Severity, Source, Text, Value, in_report_order};

use super::check::SchemaValidator;
use super::documents::{self, Documents};
use super::facts::{Facts, NamedVariable, Reload, TypeSet};
use super::finding::Finding;
use super::plan::Plan;
use super::{aliases, compile};

const META_TEXT: &str = include_str!("draft7.json");

/// A compiled schema. A copy is a pointer.
#[derive(Clone, Debug)]
pub struct Schema {
    plan: Arc<Plan>,
    warnings: Arc<[Diagnostic]>,
    named_variables: Arc<[NamedVariable]>,
}

impl Schema {
    /// Compiles a schema with the documents that it refers to.
    ///
    /// # Errors
    /// Every mistake of the schema at once: `schema/invalid` with the place of what Draft 7 does not allow,
    /// `schema/unsupported` for a `$ref` without its document or one that only refers to itself.
    ///
    /// ```
    /// use speckit_core::{Key, LayerKind, Source};
    /// use speckit_core::config::schema::{Documents, Schema};
    /// use speckit_core::config::source::{Language, parse};
    /// let text = r#"{"properties": {"port": {"type": "integer", "maximum": 65535}}}"#;
    /// let schema = parse(&Source::document(LayerKind::Defaults, "s.json", text), Language::Json)?;
    /// let schema = Schema::compile(&Documents::new("file:///s.json", schema.root()))?;
    /// let config = parse(&Source::document(LayerKind::File, "a.toml", "port = 70000\n"), Language::Toml)?;
    /// let found = schema.validator().check(config.root());
    /// assert_eq!(found[0].message, "expected at most 65535, found 70000");
    /// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
    /// ```
    pub fn compile(documents: &Documents) -> Result<Self, Vec<Diagnostic>> {
        let mut documents = documents.clone();
        if let Ok(meta) = meta_document()
            && !documents.has(documents::META_URL)
        {
            documents.add(documents::META_URL, &meta);
        }
        let findings = against_meta(&documents);
        if findings.iter().any(|finding| finding.severity == Severity::Error) {
            return Err(findings);
        }
        let mut plan = compile::compile(&documents)?;
        let mut findings = findings;
        findings.append(&mut plan.warnings);
        let findings = in_report_order(findings);
        plan.defaults_below = plan.find_defaults();
        plan.settled_defaults = plan.find_settled();
        plan.strategies_below = plan.find_leading_to(|node| node.notes.merge.is_some());
        let named_variables = plan.named_variables().into();
        Ok(Self { plan: Arc::new(plan), warnings: findings.into(), named_variables })
    }

    /// What is odd about the schema and does not stop it from being used.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// A validator of this schema, for one loader.
    pub fn validator(&self) -> SchemaValidator {
        SchemaValidator::new(&self.plan)
    }

    /// What the schema says about a key; `None` where it has no word for it.
    pub fn facts(&self, key: &Key) -> Option<Facts> {
        self.plan.facts(key)
    }

    /// The types that the schema allows to a key, and to its elements if it is a list; `None` where it has no
    /// word for it.
    pub(crate) fn types(&self, key: &Key) -> Option<(TypeSet, TypeSet)> {
        self.plan.types_of(key)
    }

    /// The variable that the schema itself names for a key.
    pub(crate) fn variable(&self, key: &Key) -> Option<Text> {
        self.plan.variable(key)
    }

    /// Tells whether the key, or one above it, is secret.
    pub fn is_secret(&self, key: &Key) -> bool {
        self.plan.is_secret(key)
    }

    /// When a change of the key takes effect.
    pub fn reload(&self, key: &Key) -> Reload {
        self.plan.reload(key)
    }

    /// Tells whether any change takes effect only when the program starts again.
    pub(crate) fn has_restarts(&self) -> bool {
        self.plan.has_restarts
    }

    /// What a list at the key does with the list of the layer below.
    pub fn list_strategy(&self, key: &Key) -> ListStrategy {
        self.plan.list_strategy(key)
    }

    /// The keys that the schema names, tables and lists included, in their order.
    pub fn keys(&self) -> Vec<Key> {
        self.plan.keys()
    }

    /// The names of properties, wherever the schema has them.
    pub(crate) fn property_names(&self) -> impl Iterator<Item = &Text> {
        self.plan.nodes.iter().flat_map(|node| node.properties.keys())
    }

    /// The names that the schema gives to the members of a table, and whether it allows others beside them.
    pub fn member_names(&self, key: &Key) -> (Vec<Text>, bool) {
        let (names, open) = self.plan.member_names(key, &|_| true);
        (names.into_iter().collect(), open)
    }

    /// The key that a text spells by names of the schema alone; see [`Plan::closed_key`].
    pub(crate) fn closed_key(
        &self,
        rest: &str,
        behind: &dyn for<'v> Fn(&'v str, &str) -> Option<&'v str>,
    ) -> Option<Key> {
        self.plan.closed_key(rest, behind)
    }

    /// As [`Schema::member_names`], of the names that are wanted.
    pub(crate) fn wanted_names(
        &self,
        key: &Key,
        wanted: &dyn Fn(&str) -> bool,
    ) -> (alloc::collections::BTreeSet<Text>, bool) {
        self.plan.member_names(key, wanted)
    }

    /// The variables that the schema names itself (`x-env`, and former ones in `x-aliases`), by name.
    pub(crate) fn named_variables(&self) -> &[NamedVariable] {
        &self.named_variables
    }

    /// The layer with former names of keys (`x-aliases`) replaced by present ones, and a warning for each.
    ///
    /// Where a table has both, the present name wins.
    pub fn canonical(&self, layer: &Layer) -> (Layer, Vec<Diagnostic>) {
        aliases::canonical(&self.plan, layer)
    }

    /// A warning `schema/deprecated` for each key of the tree that the schema calls `deprecated` and that a
    /// layer other than defaults sets, in key order.
    pub fn deprecated(&self, root: &Value) -> Vec<Diagnostic> {
        aliases::deprecated(&self.plan, root)
    }

    /// The `default`s of the schema as a layer below `present`, the merged tree of all other layers.
    ///
    /// A table that no layer has is filled only where its defaults give every key that it requires.
    pub fn defaults(&self, present: Option<&Value>) -> Option<Layer> {
        self.plan.default_tree(present, None).map(Layer::new)
    }

    /// The `default`s that [`Schema::defaults`] gives below `present` beyond those of `known`, a layer that it
    /// gave before.
    pub(crate) fn further_defaults(&self, present: Option<&Value>, known: &Layer) -> Option<Layer> {
        self.plan.default_tree(present, Some(known.root())).map(Layer::new)
    }
}

fn meta_document() -> Result<Value, Vec<Diagnostic>> {
    let source = Source::fragment(LayerKind::Defaults, "draft-07", "");
    let meta: serde_json::Value = serde_json::from_str(META_TEXT).unwrap_or_default();
    to_value(&meta, &Origin::whole(&source)).map_err(|error| Vec::from([error.into_diagnostic()]))
}

/// Holds every document against the meta-schema. Where a document names another draft, what Draft 7 does
/// not know of it is a warning, and the keyword is ignored.
fn against_meta(documents: &Documents) -> Vec<Diagnostic> {
    let Ok(meta) = meta_document() else { return Vec::new() };
    let Ok(plan) = compile::compile(&Documents::new(documents::META_URL, &meta)) else {
        return Vec::new();
    };
    let validator = SchemaValidator::new(&Arc::new(plan));
    let mut found = Vec::new();
    for document in documents.texts() {
        let named = document.member("$schema").and_then(Value::as_str);
        let other = named
            .filter(|named| named.trim_end_matches('#').replace("https:", "http:") != documents::META_URL);
        if let (Some(other), Some(at)) = (other, document.member("$schema")) {
            let message = format!("`{other}` is read as Draft 7");
            found.push(
                Diagnostic::warning(Code::SchemaUnsupported, Key::of(["$schema"]), message).at(at.origin()),
            );
        }
        found.extend(validator.findings(document).into_iter().map(|finding| {
            let severity = if other.is_some() || is_stray_definition(&finding) {
                Severity::Warning
            } else {
                Severity::Error
            };
            let message = format!("not a Draft 7 schema: {}", finding.message).into();
            let invalid = Finding { code: Code::SchemaInvalid, message, ..finding };
            Diagnostic { severity, ..invalid.into_diagnostic() }
        }));
    }
    in_report_order(found)
}

/// Draft 7 has no `$defs`, so that what is no schema in it is wrong only where a `$ref` leads to it.
fn is_stray_definition(finding: &Finding) -> bool {
    let parent = finding.key.parent();
    parent.as_ref().and_then(Key::last_name).is_some_and(|name| name == "$defs")
        && finding.message.types() == Some(TypeSet::BOOLEAN.or(TypeSet::OBJECT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::{Language, parse};
    use alloc::string::String;

    fn value(text: &str) -> Value {
        parse(&Source::document(LayerKind::File, "a.json", text), Language::Json).unwrap().root().clone()
    }

    fn compiled(schema: &str) -> Result<Schema, Vec<Diagnostic>> {
        Schema::compile(&Documents::new("file:///s.json", &value(schema)))
    }

    fn found(schema: &str, instance: &str) -> Vec<String> {
        let found = compiled(schema).unwrap().validator().check(&value(instance));
        found.iter().map(|finding| format!("{} {}", finding.code, finding.key)).collect()
    }

    #[test]
    fn references_into_the_meta_schema_know_its_definitions() {
        let schema = r#"{"properties": {"n": {"$ref": "http://json-schema.org/draft-07/schema#/definitions/nonNegativeIntegerDefault0"}}}"#;
        assert_eq!(found(schema, r#"{"n": -1}"#), ["schema/minimum n"]);
    }

    #[test]
    fn a_document_that_calls_itself_the_meta_schema_refers_to_itself() {
        let schema = r##"{"$id": "http://json-schema.org/draft-07/schema#", "definitions": {"own": {"type": "null"}},
            "properties": {"a": {"$ref": "#/definitions/own"}}}"##;
        assert_eq!(found(schema, r#"{"a": 1}"#), ["schema/type a"]);
    }

    #[test]
    fn what_is_no_schema_under_defs_is_wrong_only_where_it_is_used() {
        let unused = r#"{"$defs": {"description": "a remark"}}"#;
        let warnings = compiled(unused).unwrap().warnings().to_vec();
        assert_eq!(warnings.first().map(|finding| finding.severity), Some(Severity::Warning));
        let used = r##"{"$defs": {"description": "a remark"}, "items": {"$ref": "#/$defs/description"}}"##;
        assert!(compiled(used).is_err());
    }

    #[test]
    fn a_choice_between_alternatives_names_their_values_whole() {
        let schema = r#"{"oneOf": [{"properties": {"kind": {"const": "lost, found again"}}, "required": ["kind"]},
            {"properties": {"kind": {"enum": ["one of two", "b"]}}, "required": ["kind"]}]}"#;
        let found = compiled(schema).unwrap().validator().check(&value(r#"{"kind": "c"}"#));
        let [finding] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(finding.code, "schema/oneOf");
        let expected = r#"expected one of "lost, found again" or "one of two" or "b", found "c""#;
        assert_eq!(finding.message, expected);
    }

    #[test]
    fn a_deprecation_may_be_told_as_a_text() {
        assert!(compiled(r#"{"properties": {"a": {"deprecated": "use b"}}}"#).is_ok());
    }

    #[test]
    fn dependencies_of_keys_that_are_named_like_keywords_hold() {
        for name in
            ["properties", "patternProperties", "type", "enum", "required", "default", "const", "other"]
        {
            let schema = format!(r#"{{"dependencies": {{"{name}": {{"required": ["b"]}}}}}}"#);
            assert_eq!(found(&schema, &format!(r#"{{"{name}": 1}}"#)), ["schema/required b"], "{name}");
            assert!(found(&schema, &format!(r#"{{"{name}": 1, "b": 2}}"#)).is_empty(), "{name}");
            assert!(found(&schema, "1").is_empty(), "{name}");
        }
    }

    #[test]
    fn a_grave_accent_in_a_name_is_no_obstacle_to_alternatives() {
        let schema = r#"{"anyOf": [{"properties": {"a`b": {"type": "integer"}}, "required": ["a`b"]}]}"#;
        assert!(found(schema, r#"{"a`b": 1}"#).is_empty());
        let schema = r#"{"anyOf": [{"patternProperties": {"^a`": {"type": "integer"}}}]}"#;
        assert!(found(schema, r#"{"a`b": 1}"#).is_empty());
    }
}
