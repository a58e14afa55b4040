//! Compiling a schema, after checking its documents against the meta-schema.

use alloc::format;
use alloc::vec::Vec;

use crate::tree::typed::to_value;
use crate::tree::{
    Code, Diagnostic, Key, LayerKind, Origin, Severity, Source, TypeSet, Value, in_report_order,
};

use super::compile;
use super::documents::{self, Documents};
use super::schema::Schema;
use super::violation::Violation;

const META_TEXT: &str = include_str!("meta.json");

impl Schema {
    /// Compiles a schema with the documents that it refers to.
    ///
    /// # Errors
    /// Every error of the schema: `schema/invalid` where Draft 7 is violated, `schema/unsupported` for a `$ref`
    /// without its document or one that refers only to itself.
    ///
    /// ```
    /// use speckit_core::{Key, LayerKind, Source};
    /// use speckit_core::config::schema::{Documents, Schema};
    /// use speckit_core::config::source::{Language, parse};
    /// let text = r#"{"properties": {"port": {"type": "integer", "maximum": 65535}}}"#;
    /// let schema = parse(&Source::document(LayerKind::Defaults, "s.json", text), Language::Json)?;
    /// let schema = Schema::compile(&Documents::new("file:///s.json", schema.root()))?;
    /// let config = parse(&Source::document(LayerKind::File, "a.toml", "port = 70000\n"), Language::Toml)?;
    /// let violations = schema.validator().check(config.root());
    /// assert_eq!(violations[0].message, "expected at most 65535, found 70000");
    /// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
    /// ```
    pub fn compile(documents: &Documents) -> Result<Self, Vec<Diagnostic>> {
        let mut documents = documents.clone();
        if let Some(meta) = meta_document()
            && documents.resource(documents::META_URL).is_none()
        {
            documents.add(documents::META_URL, &meta);
        }
        let diagnostics = against_meta(&documents);
        if diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
            return Err(diagnostics);
        }
        let mut graph = compile::compile(&documents)?;
        let warnings = diagnostics.into_iter().chain(core::mem::take(&mut graph.warnings)).collect();
        let mut schema = Self::of_graph(graph);
        schema.warnings = in_report_order(warnings).into();
        schema.named_variables = schema.find_named_variables().into();
        Ok(schema)
    }
}

fn meta_document() -> Option<Value> {
    let source = Source::fragment(LayerKind::Defaults, "draft-07", "");
    let meta: serde_json::Value = serde_json::from_str(META_TEXT).unwrap_or_default();
    to_value(&meta, &Origin::whole(&source)).ok()
}

/// Checks every document against the meta-schema. In a document of another draft, keywords that Draft 7 does not
/// define are ignored with a warning.
fn against_meta(documents: &Documents) -> Vec<Diagnostic> {
    let Some(meta) = meta_document() else { return Vec::new() };
    let Ok(graph) = compile::compile(&Documents::new(documents::META_URL, &meta)) else {
        return Vec::new();
    };
    let validator = Schema::of_graph(graph).validator();
    let mut violations = Vec::new();
    for document in documents.texts() {
        let named = document.member("$schema").and_then(Value::as_str);
        let other = named
            .filter(|named| named.trim_end_matches('#').replace("https:", "http:") != documents::META_URL);
        if let (Some(other), Some(at)) = (other, document.member("$schema")) {
            let message = format!("`{other}` is read as Draft 7");
            violations.push(
                Diagnostic::warning(Code::SchemaUnsupported, Key::of(["$schema"]), message).at(at.origin()),
            );
        }
        violations.extend(validator.violations(document).into_iter().map(|diagnostic| {
            let severity = if other.is_some() || is_stray_definition(&diagnostic) {
                Severity::Warning
            } else {
                Severity::Error
            };
            let message = format!("not a Draft 7 schema: {}", diagnostic.message).into();
            let invalid = Violation { code: Code::SchemaInvalid, message, ..diagnostic };
            Diagnostic { severity, ..invalid.into_diagnostic() }
        }));
    }
    in_report_order(violations)
}

/// Draft 7 does not define `$defs`, so an invalid schema there is an error only if a `$ref` leads to it.
fn is_stray_definition(diagnostic: &Violation) -> bool {
    let parent = diagnostic.key.parent();
    parent.as_ref().and_then(Key::last_name).is_some_and(|name| name == "$defs")
        && diagnostic.message.types() == Some(TypeSet::BOOLEAN.or(TypeSet::OBJECT))
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

    fn violations(schema: &str, instance: &str) -> Vec<String> {
        let violations = compiled(schema).unwrap().validator().check(&value(instance));
        violations.iter().map(|diagnostic| format!("{} {}", diagnostic.code, diagnostic.key)).collect()
    }

    #[test]
    fn references_reach_the_definitions_of_the_meta_schema() {
        let schema = r#"{"properties": {"n": {"$ref": "http://json-schema.org/draft-07/schema#/definitions/nonNegativeIntegerDefault0"}}}"#;
        assert_eq!(violations(schema, r#"{"n": -1}"#), ["schema/minimum n"]);
    }

    #[test]
    fn a_document_that_calls_itself_the_meta_schema_refers_to_itself() {
        let schema = r##"{"$id": "http://json-schema.org/draft-07/schema#", "definitions": {"own": {"type": "null"}},
            "properties": {"a": {"$ref": "#/definitions/own"}}}"##;
        assert_eq!(violations(schema, r#"{"a": 1}"#), ["schema/type a"]);
    }

    #[test]
    fn an_invalid_schema_in_defs_is_an_error_only_if_it_is_used() {
        let unused = r#"{"$defs": {"description": "a remark"}}"#;
        let warnings = compiled(unused).unwrap().warnings().to_vec();
        assert_eq!(warnings.first().map(|diagnostic| diagnostic.severity), Some(Severity::Warning));
        let used = r##"{"$defs": {"description": "a remark"}, "items": {"$ref": "#/$defs/description"}}"##;
        assert!(compiled(used).is_err());
    }

    #[test]
    fn a_choice_between_alternatives_lists_their_values_unchanged() {
        let schema = r#"{"oneOf": [{"properties": {"kind": {"const": "lost, found again"}}, "required": ["kind"]},
            {"properties": {"kind": {"enum": ["one of two", "b"]}}, "required": ["kind"]}]}"#;
        let violations = compiled(schema).unwrap().validator().check(&value(r#"{"kind": "c"}"#));
        let [diagnostic] = violations.as_slice() else { panic!("{violations:?}") };
        assert_eq!(diagnostic.code, "schema/oneOf");
        let expected = r#"expected one of "lost, found again" or "one of two" or "b", found "c""#;
        assert_eq!(diagnostic.message, expected);
    }

    #[test]
    fn deprecated_may_be_a_string() {
        assert!(compiled(r#"{"properties": {"a": {"deprecated": "use b"}}}"#).is_ok());
    }

    #[test]
    fn dependencies_of_keys_named_like_keywords_are_checked() {
        for name in
            ["properties", "patternProperties", "type", "enum", "required", "default", "const", "other"]
        {
            let schema = format!(r#"{{"dependencies": {{"{name}": {{"required": ["b"]}}}}}}"#);
            assert_eq!(violations(&schema, &format!(r#"{{"{name}": 1}}"#)), ["schema/required b"], "{name}");
            assert!(violations(&schema, &format!(r#"{{"{name}": 1, "b": 2}}"#)).is_empty(), "{name}");
            assert!(violations(&schema, "1").is_empty(), "{name}");
        }
    }

    #[test]
    fn alternatives_may_have_names_with_a_grave_accent() {
        let schema = r#"{"anyOf": [{"properties": {"a`b": {"type": "integer"}}, "required": ["a`b"]}]}"#;
        assert!(violations(schema, r#"{"a`b": 1}"#).is_empty());
        let schema = r#"{"anyOf": [{"patternProperties": {"^a`": {"type": "integer"}}}]}"#;
        assert!(violations(schema, r#"{"a`b": 1}"#).is_empty());
    }
}
