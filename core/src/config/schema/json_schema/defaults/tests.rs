//! What the defaults of a schema add to a tree.

use alloc::string::{String, ToString};

use super::super::Documents;
use super::*;
use crate::config::source::{Language, parse};
use crate::tree::{LayerKind, Source};

fn value(text: &str) -> Value {
    parse(&Source::document(LayerKind::File, "a.json", text), Language::Json).unwrap().root().clone()
}

/// The tree with the defaults of the schema.
fn filled(properties: &str, present: &str) -> String {
    let schema = value(&alloc::format!(r#"{{"properties": {properties}}}"#));
    let schema = Schema::compile(&Documents::new("file:///s.json", &schema)).unwrap();
    fill(&schema, &value(present))
}

fn fill(schema: &Schema, present: &Value) -> String {
    let tree = match schema.defaults(Some(present)) {
        Some(defaults) => merge(defaults.root(), present, &|_| MergeStrategy::Join),
        None => present.clone(),
    };
    schema.with_late_defaults(&tree).unwrap_or(tree).to_json().to_string()
}

const PORT: &str = r#"{"properties": {"port": {"default": 80}}}"#;

#[test]
fn tables_in_lists_get_defaults_at_every_depth() {
    let list = alloc::format!(r#"{{"a": {{"items": {PORT}}}}}"#);
    assert_eq!(filled(&list, r#"{"a": [{}, {"port": 1}, 5]}"#), r#"{"a":[{"port":80},{"port":1},5]}"#);
    let tuple = alloc::format!(r#"{{"a": {{"items": [true, {PORT}], "additionalItems": {PORT}}}}}"#);
    assert_eq!(filled(&tuple, r#"{"a": [{}, {}, {}]}"#), r#"{"a":[{},{"port":80},{"port":80}]}"#);
    let nested = alloc::format!(r#"{{"a": {{"items": {{"properties": {{"b": {{"items": {PORT}}}}}}}}}}}"#);
    assert_eq!(filled(&nested, r#"{"a": [{"b": [{}]}]}"#), r#"{"a":[{"b":[{"port":80}]}]}"#);
    let free = alloc::format!(r#"{{"m": {{"additionalProperties": {{"items": {PORT}}}}}}}"#);
    assert_eq!(filled(&free, r#"{"m": {"x": [{}]}}"#), r#"{"m":{"x":[{"port":80}]}}"#);
}

#[test]
fn an_optional_table_gets_defaults_only_if_it_is_present() {
    let optional = alloc::format!(r#"{{"tls": {{"anyOf": [{PORT}, {{"type": "null"}}]}}}}"#);
    let optional = optional.replacen("{\"properties\"", "{\"type\": \"object\", \"properties\"", 1);
    assert_eq!(filled(&optional, r#"{"tls": {}}"#), r#"{"tls":{"port":80}}"#);
    assert_eq!(filled(&optional, "{}"), "{}");
    assert_eq!(filled(&optional, r#"{"tls": null}"#), r#"{"tls":null}"#);
}

#[test]
fn the_null_of_an_optional_table_does_not_hide_the_defaults_of_one_that_is_set() {
    for table in [
        r#"{"anyOf": [{"type": "object", "properties": {"port": {"default": 80}}}, {"type": "null"}], "default": null}"#,
        r#"{"type": ["object", "null"], "properties": {"port": {"default": 80}}, "default": null}"#,
    ] {
        let one = alloc::format!(r#"{{"tls": {table}}}"#);
        assert_eq!(filled(&one, r#"{"tls": {"a": 1}}"#), r#"{"tls":{"a":1,"port":80}}"#, "{table}");
        assert_eq!(filled(&one, "{}"), r#"{"tls":null}"#, "{table}");
        let list = alloc::format!(r#"{{"tls": {{"items": {table}}}}}"#);
        assert_eq!(filled(&list, r#"{"tls": [{"a": 1}, null]}"#), r#"{"tls":[{"a":1,"port":80},null]}"#);
    }
}

#[test]
fn a_variant_gets_its_defaults_if_the_discriminator_names_it() {
    let variants = r#"{"s": {"oneOf": [
        {"properties": {"kind": {"const": "a"}, "x": {"default": 1}}},
        {"properties": {"kind": {"enum": ["b", "c"]}, "y": {"default": 2}}}]}}"#;
    assert_eq!(filled(variants, r#"{"s": {"kind": "a"}}"#), r#"{"s":{"kind":"a","x":1}}"#);
    assert_eq!(filled(variants, r#"{"s": {"kind": "c"}}"#), r#"{"s":{"kind":"c","y":2}}"#);
    assert_eq!(filled(variants, r#"{"s": {"kind": "d"}}"#), r#"{"s":{"kind":"d"}}"#);
    assert_eq!(filled(variants, r#"{"s": {}}"#), r#"{"s":{}}"#);
}

#[test]
fn a_member_that_every_variant_has_alike_names_none() {
    let variants = r#"{"s": {"oneOf": [
        {"properties": {"env": {"enum": ["dev"]}, "kind": {"const": "a"}, "x": {"default": 1}}},
        {"properties": {"env": {"enum": ["dev"]}, "kind": {"const": "b"}, "y": {"default": 2}}}]}}"#;
    assert_eq!(
        filled(variants, r#"{"s": {"env": "dev", "kind": "b"}}"#),
        r#"{"s":{"env":"dev","kind":"b","y":2}}"#
    );
    assert_eq!(filled(variants, r#"{"s": {"env": "dev"}}"#), r#"{"s":{"env":"dev"}}"#);
}

#[test]
fn a_variant_gets_its_defaults_if_its_only_member_names_it() {
    let variant = |name: &str| {
        alloc::format!(
            r#"{{"required": ["{name}"], "additionalProperties": false,
                "properties": {{"{name}": {{"properties": {{"port": {{"default": 1}}}}}}}}}}"#
        )
    };
    let variants = alloc::format!(r#"{{"s": {{"oneOf": [{}, {}]}}}}"#, variant("a"), variant("b"));
    assert_eq!(filled(&variants, r#"{"s": {"b": {}}}"#), r#"{"s":{"b":{"port":1}}}"#);
}

/// The tree with the defaults of a schema whose definition `n` may contain itself.
fn filled_recursive(node: &str, root: &str, present: &str) -> String {
    let schema =
        alloc::format!(r##"{{"$ref": "#/definitions/r", "definitions": {{"n": {node}, "r": {root}}}}}"##);
    let schema = Schema::compile(&Documents::new("file:///s.json", &value(&schema))).unwrap();
    fill(&schema, &value(present))
}

#[test]
fn a_table_that_contains_itself_is_not_made_up() {
    let node = r##"{"properties": {"port": {"default": 80}, "child": {"$ref": "#/definitions/n"}}}"##;
    let below = r##"{"properties": {"top": {"$ref": "#/definitions/n"}}}"##;
    let itself = r##"{"$ref": "#/definitions/n"}"##;
    for (root, present, expected) in [
        (itself, "{}", r#"{"port":80}"#),
        (itself, r#"{"child": {}}"#, r#"{"child":{"port":80},"port":80}"#),
        (below, "{}", "{}"),
        (below, r#"{"top": {}}"#, r#"{"top":{"port":80}}"#),
        (below, r#"{"top": {"child": {}}}"#, r#"{"top":{"child":{"port":80},"port":80}}"#),
    ] {
        assert_eq!(filled_recursive(node, root, present), expected, "{root} {present}");
    }
    // A table beside the one that contains itself is filled.
    let beside =
        r##"{"properties": {"s": {"properties": {"n": {"$ref": "#/definitions/n"}, "x": {"default": 1}}}}}"##;
    assert_eq!(filled_recursive(node, beside, "{}"), r#"{"s":{"x":1}}"#);
}

#[test]
fn the_default_of_a_table_that_contains_itself_is_filled_in_once() {
    for default in ["{}", r#"{"a": 1}"#] {
        let node = alloc::format!(
            r##"{{"properties": {{"port": {{"default": 80}}, "child": {{"allOf": [{{"$ref": "#/definitions/n"}}], "default": {default}}}}}}}"##
        );
        let below = alloc::format!(
            r##"{{"properties": {{"top": {{"allOf": [{{"$ref": "#/definitions/n"}}], "default": {default}}}}}}}"##
        );
        let itself = r##"{"$ref": "#/definitions/n"}"##;
        let one = if default == "{}" { r#"{"port":80}"# } else { r#"{"a":1,"port":80}"# };
        for (root, present, expected) in [
            (itself, "{}", alloc::format!(r#"{{"child":{one},"port":80}}"#)),
            (&below, "{}", alloc::format!(r#"{{"top":{one}}}"#)),
            (&below, r#"{"top": {"b": 2}}"#, {
                let a = if default == "{}" { "" } else { r#""a":1,"# };
                alloc::format!(r#"{{"top":{{{a}"b":2,"child":{one},"port":80}}}}"#)
            }),
        ] {
            assert_eq!(filled_recursive(&node, root, present), expected, "{root} {present}");
        }
    }
}

#[test]
fn a_default_that_names_the_table_inside_itself_ends() {
    let node = r##"{"default": {"child": {"child": {}}}, "properties": {"port": {"default": 80}, "child": {"$ref": "#/definitions/n"}}}"##;
    let below = r##"{"properties": {"top": {"$ref": "#/definitions/n"}}}"##;
    let inner = r#"{"child":{"port":80},"port":80}"#;
    let top = alloc::format!(r#"{{"child":{inner},"port":80}}"#);
    assert_eq!(filled_recursive(node, below, "{}"), alloc::format!(r#"{{"top":{top}}}"#));
    let mutual = r##"{"default": {"child": {}}, "properties": {"child": {"$ref": "#/definitions/n"}, "other": {"$ref": "#/definitions/r"}}}"##;
    let other = r##"{"default": {"n": {}}, "properties": {"n": {"$ref": "#/definitions/n"}}}"##;
    assert_eq!(
        filled_recursive(mutual, other, "{}"),
        r#"{"n":{"child":{"other":{"n":{}}},"other":{"n":{}}}}"#
    );
}

#[test]
fn a_default_that_is_a_table_is_filled_like_one_that_is_set() {
    let inner = r#"{"properties": {"port": {"default": 80}, "host": {}}, "required": ["host"]}"#;
    let table = alloc::format!(r#"{{"a": {{"properties": {{"t": {inner}}}, "default": {{"t": {{}}}}}}}}"#);
    assert_eq!(filled(&table, "{}"), r#"{"a":{"t":{"port":80}}}"#);
    assert_eq!(filled(&table, r#"{"a": {}}"#), r#"{"a":{"t":{"port":80}}}"#);
    assert_eq!(filled(&table, r#"{"a": {"t": {"host": "h"}}}"#), r#"{"a":{"t":{"host":"h","port":80}}}"#);
    let variants = r#"{"s": {"default": {"kind": "a"}, "oneOf": [
        {"properties": {"kind": {"const": "a"}, "x": {"default": 1}}},
        {"properties": {"kind": {"const": "b"}, "y": {"default": 2}}}]}}"#;
    assert_eq!(filled(variants, "{}"), r#"{"s":{"kind":"a","x":1}}"#);
    assert_eq!(filled(variants, r#"{"s": {"z": 0}}"#), r#"{"s":{"kind":"a","x":1,"z":0}}"#);
    assert_eq!(filled(variants, r#"{"s": {"kind": "b"}}"#), r#"{"s":{"kind":"b","y":2}}"#);
}
