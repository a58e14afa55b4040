//! Whether each `x-merge` applies to the values that its subschema describes.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::graph::{NodeId, SchemaGraph};
use crate::config::MergeStrategy;
use crate::tree::{Code, Diagnostic, Key, Segment, TypeSet};

/// The error of each `x-merge` that has no effect where it stands, with what would have one. If no type is stated, there is
/// no error.
pub(super) fn misplaced(graph: &SchemaGraph) -> Vec<Diagnostic> {
    let error = |id| {
        let notes = &graph.node(id).notes;
        let ((key, origin), strategy) = (notes.merge_at.as_ref()?, notes.merge.as_ref()?);
        let (message, help) = graph.misplaced(id, strategy)?;
        Some(Diagnostic::error(Code::SchemaInvalid, key.clone(), message).at(origin).help(help))
    };
    graph.ids().filter_map(error).collect()
}

impl SchemaGraph {
    fn misplaced(&self, id: NodeId, strategy: &MergeStrategy) -> Option<(String, &'static str)> {
        let name = match strategy {
            MergeStrategy::Join => return None,
            MergeStrategy::Replace => "\"replace\"",
            MergeStrategy::Append => "\"append\"",
            MergeStrategy::Union => "\"union\"",
            MergeStrategy::By(_) => "`by`",
        };
        let types = self.types(id);
        let takes = |wanted| types.contains(wanted);
        if types.is_empty() {
            return None;
        }
        if *strategy == MergeStrategy::Replace && takes(TypeSet::OBJECT) || takes(TypeSet::ARRAY) {
            let MergeStrategy::By(member) = strategy else { return None };
            let items = self.types_at(id, &[Segment::Index(0)]);
            if items.is_empty() {
                return None;
            }
            if !items.contains(TypeSet::OBJECT) {
                let message = format!("`by` merges items that are tables, but the items have type {items}");
                return Some((message, "write \"replace\", \"append\" or \"union\""));
            }
            let member = Segment::Name(member.clone());
            if self.types_at(id, &[Segment::Index(0), member.clone()]).is_empty() {
                let message = format!("the items have no member `{}`", Key::root().join(member));
                return Some((message, "name a member that each item has, such as its `id`"));
            }
            return None;
        }
        if takes(TypeSet::OBJECT) {
            let message = format!("{name} merges lists, but the value is a table");
            return Some((message, "write \"replace\", or remove it: tables are merged key by key"));
        }
        let kinds = if *strategy == MergeStrategy::Replace { "tables and lists" } else { "lists" };
        let message = format!("{name} merges {kinds}, but the value has type {types}");
        Some((message, "remove it: such a value always replaces the lower one"))
    }
}

#[cfg(test)]
mod tests {

    use super::super::{Documents, Schema};
    use super::*;
    use crate::config::source::{Language, parse};
    use crate::tree::{LayerKind, Source};

    /// The errors of a schema with this subschema.
    fn errors(subschema: &str) -> String {
        let text = format!(
            r##"{{"properties": {{"a": {subschema}}}, "definitions": {{
                "text": {{"type": "string"}}, "table": {{"type": "object", "properties": {{"id": {{}}}}}},
                "closed": {{"type": "object", "properties": {{"id": {{}}}}, "additionalProperties": false}}}}}}"##
        );
        let root =
            parse(&Source::document(LayerKind::File, "s.json", text), Language::Json).unwrap().root().clone();
        match Schema::compile(&Documents::new("file:///s.json", &root)) {
            Ok(_) => String::new(),
            Err(errors) => {
                let line = |error: &Diagnostic| {
                    assert_eq!(error.code, Code::SchemaInvalid);
                    assert!(error.origin.is_some());
                    let help = error.help.as_deref().unwrap_or_default();
                    alloc::format!("{}: {}; {help}", error.key, error.message)
                };
                errors.iter().map(line).collect::<Vec<_>>().join("\n")
            }
        }
    }

    #[test]
    fn a_strategy_that_applies_is_accepted() {
        for subschema in [
            r#"{"x-merge": "append"}"#,
            r#"{"x-merge": {"by": "id"}}"#,
            r#"{"type": "object", "x-merge": "replace"}"#,
            r#"{"type": "array", "x-merge": "replace"}"#,
            r#"{"type": ["object", "null"], "x-merge": "replace"}"#,
            r#"{"type": ["string", "array"], "x-merge": "append"}"#,
            r##"{"anyOf": [{"type": "null"}, {"$ref": "#/definitions/table"}], "x-merge": "replace"}"##,
            r##"{"items": {"$ref": "#/definitions/closed"}, "x-merge": {"by": "id"}}"##,
            r##"{"items": {"$ref": "#/definitions/table"}, "x-merge": {"by": "other"}}"##,
            r##"{"items": {"$ref": "#/definitions/text"}, "x-merge": "union"}"##,
            r#"{"type": "array", "x-merge": {"by": "id"}}"#,
        ] {
            assert_eq!(errors(subschema), "", "{subschema}");
        }
    }

    #[test]
    fn a_strategy_that_does_not_apply_is_an_error_with_those_that_do() {
        let lists = "write \"replace\", or remove it: tables are merged key by key";
        let never = "remove it: such a value always replaces the lower one";
        let items = "write \"replace\", \"append\" or \"union\"";
        for (subschema, message, help) in [
            (
                r#"{"type": "object", "x-merge": "append"}"#,
                "\"append\" merges lists, but the value is a table",
                lists,
            ),
            (
                r#"{"type": "object", "x-merge": "union"}"#,
                "\"union\" merges lists, but the value is a table",
                lists,
            ),
            (
                r##"{"allOf": [{"$ref": "#/definitions/table"}], "x-merge": {"by": "id"}}"##,
                "`by` merges lists, but the value is a table",
                lists,
            ),
            (
                r##"{"anyOf": [{"$ref": "#/definitions/text"}, {"type": "null"}], "x-merge": "replace"}"##,
                "\"replace\" merges tables and lists, but the value has type string or null",
                never,
            ),
            (
                r#"{"type": "integer", "x-merge": "append"}"#,
                "\"append\" merges lists, but the value has type integer",
                never,
            ),
            (
                r#"{"enum": ["a"], "x-merge": {"by": "id"}}"#,
                "`by` merges lists, but the value has type string",
                never,
            ),
            (
                r##"{"type": "array", "items": {"$ref": "#/definitions/text"}, "x-merge": {"by": "id"}}"##,
                "`by` merges items that are tables, but the items have type string",
                items,
            ),
            (
                r##"{"items": {"$ref": "#/definitions/closed"}, "x-merge": {"by": "nmae"}}"##,
                "the items have no member `nmae`",
                "name a member that each item has, such as its `id`",
            ),
        ] {
            let key = "properties.a.x-merge";
            assert_eq!(errors(subschema), alloc::format!("{key}: {message}; {help}"), "{subschema}");
        }
    }

    #[test]
    fn an_unknown_form_is_an_error() {
        let forms = [
            r#""by""#,
            "true",
            "null",
            "[]",
            "{}",
            r#"{"by": ""}"#,
            r#"{"by": 1}"#,
            r#"{"by": "a", "b": 1}"#,
        ];
        for form in forms {
            let found = errors(&alloc::format!(r#"{{"x-merge": {form}}}"#));
            assert!(found.starts_with("properties.a.x-merge"), "{form}: {found}");
        }
    }
}
