//! The defaults of a table above a value that replaced them, and those above fixed layers.

use super::*;

const SCHEMA: &str = r#"{"properties": {"a": {"type": ["object", "null", "integer"], "properties": {
    "x": {"type": "integer", "default": 1}, "y": {"type": "integer"},
    "n": {"type": ["object", "null"], "properties": {"z": {"type": "integer", "default": 2}}}}}}}"#;

const FILLED: &str = "{ a = { n = { z = 2 }, x = 1, y = 5 } }";

#[test]
fn a_table_above_another_value_gets_the_defaults_of_its_members() {
    let of = |files| Case::of(SCHEMA, files);
    assert_eq!(of(&["a.y = 5"]).shown(), FILLED);
    assert_eq!(of(&["a = 3", "a.y = 5"]).shown(), FILLED);
    assert_eq!(of(&["a.y = 4", "a = 3", "a.y = 5"]).shown(), FILLED);
    assert_eq!(of(&[]).variable("APP_A", "null").set("a.y=5").shown(), FILLED);
    assert_eq!(of(&["a.y = 4"]).unset("a").set("a.y=5").shown(), FILLED);
    assert_eq!(of(&["a.y = 5"]).set("a.n=null").set("a.n.z=3").set("a.n=null").set("a.n={}").shown(), FILLED);
    assert_eq!(of(&["a.y = 5"]).variable("APP_A", "null").shown(), "{ a = null }");
}

#[test]
fn a_member_that_is_removed_from_such_a_table_gets_no_default() {
    let case = Case::of(SCHEMA, &["a = 3"]).set("a.y=5").unset("a.x");
    assert_eq!(case.shown(), "{ a = { n = { z = 2 }, y = 5 } }");
    let list = r#"{"properties": {"l": {"items": {"properties": {"port": {"default": 80}}}}}}"#;
    assert_eq!(Case::of(list, &["l = [{ port = 1 }]"]).unset("l[0].port").shown(), "{ l = [{}] }");
}

#[test]
fn the_history_of_such_a_default_names_it_once() {
    let case = Case::of(SCHEMA, &["a = 3", "a.y = 5"]);
    assert_eq!(case.history("a.x"), ["s.json:2:41 1 Won"]);
    let of_table = [
        "1.toml:1:5 3 Shadowed",
        "s.json:3:90 { n = { z = 2 }, x = 1 } Merged",
        "2.toml:1:1 { y = 5 } Merged",
    ];
    assert_eq!(case.history("a"), of_table);
}

#[test]
fn a_list_item_above_another_value_gets_the_defaults_of_its_members() {
    let schema = r#"{"properties": {"l": {"x-merge": {"by": "id"}, "items": {"properties": {"id": {},
        "t": {"properties": {"port": {"default": 80}}}}}}}}"#;
    let files = ["l = [{ id = 1, t = 5 }]", "l = [{ id = 1, t = {} }]"];
    assert_eq!(Case::of(schema, &files).shown(), "{ l = [{ id = 1, t = { port = 80 } }] }");
}

/// The key `o` has another default in each of two variants.
const OF_VARIANTS: &str = r#"{"properties": {"kind": {"enum": ["a", "b"]}, "o": {"type": "object"}}, "oneOf": [
    {"properties": {"kind": {"const": "a"}, "o": {"properties": {"x": {"default": 1}}}}},
    {"properties": {"kind": {"const": "b"}, "o": {"properties": {"y": {"default": 2}}}}}]}"#;

const STORE_OF_KIND: &str = r#"{"properties": {"s": {"oneOf": [
    {"properties": {"kind": {"const": "disk"}, "path": {"default": "/x"}, "limit": {"default": 1}}},
    {"properties": {"kind": {"const": "net"}, "port": {"default": 80}, "limit": {"default": 2}}}]}}}"#;

#[test]
fn defaults_above_fixed_layers_are_those_of_all_layers_together() {
    let optional = r#"{"properties": {"t": {"type": "object", "required": ["n"],
        "properties": {"n": {"type": "integer"}, "d": {"default": 1}}}, "u": {"default": 0}}}"#;
    for (schema, fixed, file, expected) in [
        (OF_VARIANTS, "kind = 'a'\no.z = 0", "kind = 'b'", "{ kind = \"b\", o = { y = 2, z = 0 } }"),
        (OF_VARIANTS, "kind = 'a'\no.z = 0", "o.w = 0", "{ kind = \"a\", o = { w = 0, x = 1, z = 0 } }"),
        (
            STORE_OF_KIND,
            "s.kind = 'disk'",
            "s.kind = 'net'",
            "{ s = { kind = \"net\", limit = 2, port = 80 } }",
        ),
        (
            STORE_OF_KIND,
            "s.kind = 'disk'",
            "s.limit = 5",
            "{ s = { kind = \"disk\", limit = 5, path = \"/x\" } }",
        ),
        (STORE_OF_KIND, "o = 1", "s.kind = 'net'", "{ o = 1, s = { kind = \"net\", limit = 2, port = 80 } }"),
        (optional, "s = 1", "t.n = 2", "{ s = 1, t = { d = 1, n = 2 }, u = 0 }"),
        (optional, "t.n = 1", "t.n = 2", "{ t = { d = 1, n = 2 }, u = 0 }"),
        (SCHEMA, "a = 3", "a.y = 5", FILLED),
        (SCHEMA, "a.y = 4", "a.n = {}", "{ a = { n = { z = 2 }, x = 1, y = 4 } }"),
    ] {
        let in_advance = Case::of(schema, &[file]).above(fixed);
        assert_eq!(Case::of(schema, &[fixed, file]).shown(), expected, "{fixed} {file}");
        assert_eq!(in_advance.shown(), expected, "{fixed} {file}");
    }
}

#[test]
fn the_history_of_a_list_above_fixed_layers_names_its_default_once() {
    let schema = r#"{"properties": {"t": {"additionalProperties": {"default": 0},
        "properties": {"l": {"type": "array", "x-merge": "replace", "default": [1]}}}}}"#;
    let case = Case::of(schema, &["t.l = [2]"]).above("");
    assert_eq!(case.history("t.l"), ["s.json:2:80 [1] Shadowed", "1.toml:1:7 [2] Won"]);
}
