use super::super::graph::SchemaGraph;
use super::*;
use alloc::format;

/// Every keyword that is compiled, and each kind of value.
const SCHEMA: &str = r##"{
    "$schema": "https://json-schema.org/draft/2019-09/schema",
    "title": "all",
    "$defs": {"name": {"$anchor": "n", "type": "string", "pattern": "^(?!x)[a-z]+$", "minLength": 1, "maxLength": 9}},
    "type": ["object", "null"],
    "required": ["a", "b"],
    "minProperties": 1,
    "maxProperties": 900000000000,
    "properties": {
        "a": {"$ref": "#/$defs/name", "description": "A name that is longer than what is held in place.", "deprecated": true},
        "b": {"type": "integer", "minimum": -3, "maximum": 18446744073709551617, "multipleOf": 0.5, "default": -1},
        "c": {"exclusiveMinimum": 1.5, "exclusiveMaximum": 2e300, "x-env": "C", "x-env-empty": "unset", "x-secret": true},
        "d": {"enum": [null, true, "x", 1.25, [], {"e": [1, 2]}], "x-reload": "restart", "x-aliases": ["old", "OLD_D"]},
        "e": {"const": {"f": false}},
        "f": {"items": [{"$ref": "#n"}, true], "additionalItems": false, "minItems": 1, "maxItems": 3, "uniqueItems": true},
        "g": {"items": {"format": "date"}, "contains": {"const": "2026-01-31"}, "minContains": 2, "x-merge": {"by": "id"}},
        "h": {"oneOf": [{"type": "array"}, {"type": "null"}], "x-merge": "append", "x-reload": "live"},
        "i": {"anyOf": [{"not": {"type": "string"}}, {"if": true, "then": {"minLength": 2}, "else": false}]},
        "j": {"unevaluatedItems": false, "allOf": [{"$ref": "#/properties/f"}]}
    },
    "patternProperties": {"^[a-z]+_x$": {"x-env-case": "keep", "type": "object", "unevaluatedProperties": {"type": "number"}}},
    "additionalProperties": {"type": "boolean"},
    "propertyNames": {"maxLength": 20},
    "dependentRequired": {"a": ["b"]},
    "dependentSchemas": {"b": {"required": ["c"]}}
}"##;

fn source(text: &str) -> Arc<Source> {
    Source::document(LayerKind::Defaults, "schema.json", text)
}

fn compiled(source: &Arc<Source>) -> Schema {
    let document = parse(source, Language::Json).unwrap();
    Schema::compile(&Documents::new(source.name(), document.root())).unwrap()
}

#[test]
fn a_prepared_schema_is_the_compiled_one() {
    for text in [SCHEMA, "true", "false", "{}"] {
        let source = source(text);
        let prepared = Schema::of_prepared(&Schema::prepare(text).unwrap(), &source).unwrap();
        assert_eq!(format!("{prepared:#?}"), format!("{:#?}", compiled(&source)));
    }
}

#[test]
fn damaged_bytes_are_no_schema() {
    let source = source(SCHEMA);
    let prepared = Schema::prepare(SCHEMA).unwrap();
    for at in 0..prepared.len() {
        let mut damaged = prepared.clone();
        damaged[at] ^= 1;
        assert!(Schema::of_prepared(&damaged, &source).is_none(), "{at}");
        assert!(Schema::of_prepared(&prepared[..at], &source).is_none(), "{at}");
    }
    assert!(Schema::of_prepared(&[&prepared[..], &[0]].concat(), &source).is_none());
}

#[test]
fn other_bytes_are_read_without_a_panic() {
    let source = source(SCHEMA);
    let prepared = Schema::prepare(SCHEMA).unwrap();
    let content = &prepared[HEADER.len() + 32..];
    for at in 0..content.len() {
        for byte in [0, 1, 0x7f, 0xff] {
            let mut other = content.to_vec();
            other[at] = byte;
            // Whether they are a graph does not matter.
            let _: Option<SchemaGraph> =
                Stored::read(&mut StoredReader { rest: &other, source: &source, patterns: Vec::new() });
        }
    }
}

#[test]
fn a_schema_with_a_mistake_a_warning_or_another_document_is_not_prepared() {
    for (text, code) in [
        ("{", "parse/json"),
        (r#"{"type": "many"}"#, "schema/invalid"),
        (
            r##"{"definitions": {"a": {}}, "properties": {"b": {"$ref": "#/definitions/a", "minimum": 1}}}"##,
            "schema/ignored-keyword",
        ),
        (r#"{"$ref": "http://json-schema.org/draft-07/schema#"}"#, "schema/unsupported"),
    ] {
        let found = Schema::prepare(text).unwrap_err();
        assert_eq!(found[0].code.as_str(), code, "{text}");
    }
}
