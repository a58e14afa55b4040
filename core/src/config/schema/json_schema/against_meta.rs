//! Compiling a schema, after checking its documents against the meta-schema.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::compile::compile;
use super::dialect::{Dialect, Draft};
use super::documents::Documents;
use super::meta_schema::{MetaSchema, meta_document};
use super::schema::Schema;
use super::violation::Violation;
use crate::tree::{Code, Diagnostic, Key, Severity, TypeSet, Value, in_report_order};

impl Schema {
    /// Compiles a schema with the documents that it refers to.
    ///
    /// # Errors
    /// Every error of the schema: `schema/invalid` where the draft is violated that `$schema` names (Draft 7 without one), `schema/unsupported` for a `$ref`
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
        let diagnostics = against_meta(documents);
        if diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
            return Err(diagnostics);
        }
        let mut schema = Self::compiled(documents, false)?;
        let warnings = diagnostics.into_iter().chain(schema.warnings.iter().cloned()).collect();
        schema.warnings = in_report_order(warnings).into();
        Ok(schema)
    }

    /// Compiles documents that are known to be schemas of their drafts: [`Schema::compile`] without the check against the
    /// meta-schema, which takes most of its time. A keyword of a wrong form is ignored, and a pattern is compiled when it is first
    /// used.
    ///
    /// For a schema that is part of a program, whose tests call [`Schema::compile`].
    ///
    /// # Errors
    /// A `$ref` without its document or one that refers only to itself, and keywords of ours that are invalid.
    pub fn compile_unchecked(documents: &Documents) -> Result<Self, Vec<Diagnostic>> {
        Self::compiled(documents, true)
    }

    fn compiled(documents: &Documents, is_checked: bool) -> Result<Self, Vec<Diagnostic>> {
        let (graph, warnings) = match documents.missing_meta_schemas().as_slice() {
            [] => compile(documents, is_checked)?,
            drafts => {
                let mut documents = documents.clone();
                for draft in drafts {
                    if let Some(meta) = meta_document(*draft) {
                        documents.add(draft.address(), &meta);
                    }
                }
                compile(&documents, is_checked)?
            }
        };
        Ok(Self { warnings: in_report_order(warnings).into(), ..Self::of_graph(graph) })
    }
}

/// Checks every document against the meta-schema of its draft. In a document of an unknown dialect, what the meta-schema
/// of Draft 7 refuses is a warning.
fn against_meta(documents: &Documents) -> Vec<Diagnostic> {
    let mut meta_schemas = BTreeMap::new();
    let mut found = Vec::new();
    for (document, dialect) in documents.texts() {
        let draft = dialect.draft;
        let unknown_dialect = unknown_dialect(documents, document);
        let is_known = unknown_dialect.is_none();
        found.extend(unknown_dialect);
        let meta = meta_schemas.entry(draft).or_insert_with(|| MetaSchema::of(draft));
        if meta.as_ref().is_some_and(|meta| meta.accepts(document)) {
            continue;
        }
        let Some(meta) = meta_document(draft) else { continue };
        let meta = Documents::new(draft.address(), &meta);
        let violations = Schema::compile_unchecked(&meta).map(|meta| {
            // The values of a schema are masked where they are shown.
            meta.validator().violations(document, Arc::new(|_, _| false))
        });
        found.extend(violations.unwrap_or_default().into_iter().map(|violation| {
            let is_error = is_known && !is_stray_definition(&violation);
            let severity = if is_error { Severity::Error } else { Severity::Warning };
            let message = format!("not a {} schema: {}", draft.name(), violation.message).into();
            let is_tuple = draft == Draft::Draft2020 && violation.key.last_name() == Some("items");
            let help =
                is_tuple.then(|| "rename it: the schemas of a tuple are `prefixItems` in 2020-12".into());
            let invalid =
                Violation { code: Code::SchemaInvalid, message, help: help.or(violation.help), ..violation };
            Diagnostic { severity, ..invalid.into_diagnostic() }
        }));
    }
    in_report_order(found)
}

/// The diagnostic for a `$schema` that names no dialect that can be read.
fn unknown_dialect(documents: &Documents, document: &Value) -> Option<Diagnostic> {
    let stated = document.member("$schema")?;
    let named = stated.as_str()?;
    let error = |message| Diagnostic::error(Code::SchemaUnsupported, Key::of(["$schema"]), message);
    let diagnostic = match documents.meta_schema(named) {
        _ if Draft::named(named).is_some() => return None,
        Some(meta) => {
            let vocabularies = meta.member("$vocabulary").and_then(Value::as_table).into_iter().flatten();
            let required = vocabularies.filter(|(_, required)| required.as_bool() == Some(true));
            let unknown = required.map(|(name, _)| name).find(|name| !Dialect::knows_vocabulary(name))?;
            error(format!("`{named}` requires the vocabulary `{unknown}`, which is not known"))
        }
        None if ["draft-00", "draft-01", "draft-02", "draft-03"].iter().any(|old| named.contains(old)) => {
            error(format!("`{named}` is older than Draft 4, the oldest draft that can be read"))
                .help("rewrite the schema for Draft 7 or 2020-12")
        }
        None => {
            let message = format!("`{named}` is not known and read as Draft 7");
            Diagnostic::warning(Code::SchemaUnsupported, Key::of(["$schema"]), message).help(
                "name a draft from Draft 4 to 2020-12, or map the address of the meta-schema to the folder that has it",
            )
        }
    };
    Some(diagnostic.at(stated.origin()))
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
    use crate::tree::{LayerKind, Source};
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
