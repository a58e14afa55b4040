//! Tables whose variant a higher layer changes.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde::Deserialize;

use super::Case;
use crate::config::explain::Decision;
use crate::tree::Key;

const S3_OR_FS: &str = r#"{"properties": {"store": {"oneOf": [
    {"type": "object", "required": ["kind", "bucket"], "additionalProperties": false, "properties":
        {"kind": {"const": "s3"}, "timeout": {"type": "integer"}, "bucket": {"type": "string"}, "size": {"type": "integer"},
         "more": {"type": "object", "properties": {"region": {}, "all": {}}, "additionalProperties": false}}},
    {"type": "object", "required": ["kind", "path"], "additionalProperties": false, "properties":
        {"kind": {"const": "fs"}, "timeout": {"type": "integer"}, "path": {"type": "string"}, "size": {"type": "string"},
         "more": {"type": "object", "properties": {"mode": {}, "all": {}}, "additionalProperties": false}}}]}}}"#;

#[test]
fn what_is_left_of_another_variant_falls_away() {
    let of = |files: &[&'static str]| Case::of(S3_OR_FS, files).shown();
    let (s3, fs) = ("store = {kind = 's3', bucket = 'b'}", "store = {kind = 'fs', path = '/x'}");
    let only_fs = r#"{ store = { kind = "fs", path = "/x" } }"#;
    assert_eq!(of(&[s3, fs]), only_fs);
    assert_eq!(of(&[s3, fs, fs]), only_fs);
    assert_eq!(of(&[fs, s3, fs]), only_fs);
    assert_eq!(of(&[s3, "store.bucket = 'c'", fs]), only_fs);
    assert_eq!(of(&[s3, "store = {}", fs]), only_fs);
    assert_eq!(
        of(&[s3, "store.timeout = 1", fs]),
        r#"{ store = { kind = "fs", path = "/x", timeout = 1 } }"#
    );
    assert_eq!(
        of(&[s3, "store.more = {region = 1, all = 1}", fs]),
        r#"{ store = { kind = "fs", more = { all = 1 }, path = "/x" } }"#
    );
    assert_eq!(of(&[s3, "store.kind = 'fs'", "store.path = '/x'"]), only_fs);
    assert_eq!(of(&[s3, fs, s3]), r#"{ store = { bucket = "b", kind = "s3" } }"#);
    let variable = Case::of(S3_OR_FS, &[s3]).variable("APP_STORE", r#"{"kind": "fs", "path": "/x"}"#);
    assert_eq!(variable.shown(), only_fs);
    let variables =
        Case::of(S3_OR_FS, &[s3]).variable("APP_STORE__KIND", "fs").variable("APP_STORE__PATH", "/x");
    assert_eq!(variables.shown(), only_fs);
    assert_eq!(Case::of(S3_OR_FS, &[s3]).set("store.kind=fs").set("store.path=/x").shown(), only_fs);
}

#[test]
fn the_history_of_a_key_of_another_variant_shows_what_removed_it() {
    let case = Case::of(
        S3_OR_FS,
        &[
            "store = {kind = 's3', bucket = 'b', more = {region = 1}}",
            "store.bucket = 'c'",
            "store = {kind = 'fs', path = '/x', more = {}}",
        ],
    );
    let removed = "3.toml:1:17 removed Won";
    assert_eq!(
        case.history("store.bucket"),
        ["1.toml:1:32 \"b\" Shadowed", "2.toml:1:16 \"c\" Shadowed", removed]
    );
    assert_eq!(case.history("store.more.region"), ["1.toml:1:54 1 Shadowed", removed]);
    assert_eq!(case.history("store.kind"), ["1.toml:1:17 \"s3\" Shadowed", "3.toml:1:17 \"fs\" Won"]);
    assert_eq!(case.check().unwrap().merged().root().get(&Key::of(["store", "bucket"])), None);
}

#[test]
fn an_error_names_the_change_of_the_variant_and_the_layer_that_is_left_over() {
    let of = |files: &[&'static str]| Case::of(S3_OR_FS, files).shown();
    let (s3, fs) = ("store = {kind = 's3', bucket = 'b', size = 5}", "store = {kind = 'fs', path = '/x'}");
    assert_eq!(
        of(&[s3, "", fs]),
        "store.size: expected string, found integer 5 at 1.toml:1:44 (`kind` is `fs` since 3.toml:1:17; `size` is left \
         from 1.toml:1:44, where `kind` was `s3`; write it in quotes: \"5\"; \
         2 forms are allowed (`oneOf`); this is about the closest one)"
    );
    let stays = of(&[s3, "store.sise = 5", fs, "store.size = 'x'"]);
    assert!(stays.starts_with("store.sise: unknown key `sise` at 2.toml:1:7 (`kind` is `fs` since 3.toml:1:17; `sise` is left from 2.toml:1:14, where `kind` was `s3`; "), "{stays}");
    let missing = of(&["store = {kind = 's3', bucket = 'b'}", "store.kind = 'fs'"]);
    assert!(
        missing.starts_with(
            "store.path: missing key `path` at 2.toml:1:14 (`kind` is `fs` since 2.toml:1:14; add "
        ),
        "{missing}"
    );
    let above = of(&["store = {kind = 's3'}", fs, "store.bucket = 'c'"]);
    assert!(above.starts_with("store.bucket: unknown key `bucket` at 3.toml:1:7 (known keys"), "{above}");
    let unchanged = of(&["store.bucket = 'c'", fs]);
    assert!(
        unchanged.starts_with("store.bucket: unknown key `bucket` at 1.toml:1:7 (known keys"),
        "{unchanged}"
    );
}

#[test]
fn every_form_of_a_tagged_enum_has_a_discriminator() {
    let external = r##"{"properties": {"e": {"oneOf": [{"const": "none"},
        {"type": "object", "properties": {"s3": {"properties": {"bucket": {}}}}, "required": ["s3"], "additionalProperties": false},
        {"type": "object", "properties": {"fs": {"type": "object"}}, "required": ["fs"], "additionalProperties": false}]}}}"##;
    let of = |files: &[&'static str]| Case::of(external, files).shown();
    assert_eq!(of(&["e.s3.bucket = 1", "e.fs.path = 1"]), "{ e = { fs = { path = 1 } } }");
    assert_eq!(of(&["e.s3.bucket = 1", "e = 'none'", "e.fs.path = 1"]), "{ e = { fs = { path = 1 } } }");
    assert_eq!(
        of(&["e.s3.bucket = 1", "e.fs.path = 1", "e.s3.region = 1"]),
        "{ e = { s3 = { bucket = 1, region = 1 } } }"
    );
    assert_eq!(of(&["e.s3.bucket = 1", "e.s3.region = 2"]), "{ e = { s3 = { bucket = 1, region = 2 } } }");
    assert!(of(&["e.s3.bucket = 1", "e = {s3 = {}, fs = {}}"]).contains("unknown key"));
    let history = Case::of(external, &["e.s3.bucket = 1", "e.fs.path = 1"]).history("e.s3.bucket");
    assert_eq!(history, ["1.toml:1:15 1 Shadowed", "2.toml:1:3 removed Won"]);

    let adjacent = r##"{"definitions": {"a": {"properties": {"x": {}}, "additionalProperties": false},
        "b": {"properties": {"y": {}}, "additionalProperties": false}, "t": {"oneOf": [
        {"properties": {"t": {"enum": ["a"]}, "c": {"$ref": "#/definitions/a"}}, "required": ["t"]},
        {"properties": {"t": {"enum": ["b"]}, "c": {"$ref": "#/definitions/b"}}, "required": ["t"]}]}},
        "properties": {"e": {"anyOf": [{"$ref": "#/definitions/t"}, {"type": "null"}]}}}"##;
    assert_eq!(
        Case::of(adjacent, &["e = {t = 'a', c = {x = 1}}", "e = {t = 'b', c = {y = 1}}"]).shown(),
        "{ e = { c = { y = 1 }, t = \"b\" } }"
    );
    assert_eq!(
        Case::of(adjacent, &["e = {t = 'a', c = {x = 1}}", "e = {t = 'b'}"]).shown(),
        "{ e = { c = {}, t = \"b\" } }"
    );

    let open = r##"{"anyOf": [{"properties": {"k": {"const": 1}, "x": {}}, "type": "object"},
        {"properties": {"k": {"enum": [2, 3]}, "y": {}}, "type": "object"}], "properties": {"z": {}}}"##;
    let of = |files: &[&'static str]| Case::of(open, files).shown();
    assert_eq!(of(&["k = 1\nx = 1\nz = 1\nfree = 1", "k = 2"]), "{ free = 1, k = 2, z = 1 }");
    assert_eq!(of(&["k = 2\ny = 1", "k = 3"]), "{ k = 3, y = 1 }", "the same variant");
    assert_eq!(of(&["k = 1\nx = 1", "k = 2", "x = 5"]), "{ k = 2, x = 5 }");

    let items = r##"{"properties": {"a": {"x-merge": {"by": "id"}, "items": {"oneOf": [
        {"properties": {"id": {}, "k": {"const": "a"}, "x": {}}, "additionalProperties": false},
        {"properties": {"id": {}, "k": {"const": "b"}, "y": {}}, "additionalProperties": false}]}}}}"##;
    let case = Case::of(items, &["a = [{id = 1, k = 'a', x = 1}]", "a = [{id = 1, k = 'b', y = 1}]"]);
    assert_eq!(case.shown(), r#"{ a = [{ id = 1, k = "b", y = 1 }] }"#);
    assert_eq!(case.history("a[0].x"), ["1.toml:1:28 1 Shadowed", "2.toml:1:19 removed Won"]);
}

#[test]
fn items_of_lists_and_members_of_maps_have_variants() {
    let branches = r#"{"properties": {"kind": {"const": "s3"}, "bucket": {}}, "additionalProperties": false},
        {"properties": {"kind": {"const": "fs"}, "mode": {"default": 7}}, "additionalProperties": false}"#;
    let list =
        format!(r#"{{"properties": {{"a": {{"type": "array", "items": {{"oneOf": [{branches}]}}}}}}}}"#);
    let of = || Case::of(&list, &["a = [{kind = 's3', bucket = 'b'}, {kind = 's3'}]"]);
    let shown = r#"{ a = [{ kind = "fs", mode = 7 }, { kind = "s3" }] }"#;
    assert_eq!(of().variable("APP_A__0__KIND", "fs").shown(), shown);
    assert_eq!(of().set("a[0].kind=fs").shown(), shown);
    let map = format!(r#"{{"properties": {{"m": {{"additionalProperties": {{"oneOf": [{branches}]}}}}}}}}"#);
    let case = Case::of(&map, &["m.x = {kind = 's3', bucket = 1}\nm.y = {kind = 's3'}", "m.x.kind = 'fs'"]);
    assert_eq!(case.shown(), r#"{ m = { x = { kind = "fs", mode = 7 }, y = { kind = "s3" } } }"#);
}

#[derive(Debug, Deserialize, PartialEq)]
enum Store {
    Memory,
    Fs { path: String, size: Option<u8> },
    S3 { bucket: String },
}

#[derive(Debug, Deserialize, PartialEq)]
struct Settings {
    store: Store,
    others: Option<Vec<Store>>,
}

/// What a type without a schema reads of files, and the keys that are left.
fn typed(case: &Case<'_>) -> Result<(Store, String), String> {
    let resolved = case.check().unwrap().typed::<Settings>();
    let resolved = resolved.map_err(|refused| refused.diagnostics()[0].message.clone())?;
    let left = resolved.checked().merged().root().to_string();
    Ok((resolved.into_parts().0.store, left))
}

#[test]
fn the_variant_of_the_highest_layer_counts_without_a_schema() {
    let of = |files: &[&'static str]| typed(&Case::of("", files));
    let (fs, s3, memory) =
        ("store.Fs = {path = '/x', size = 1}", "store.S3.bucket = 'b'", "store = 'Memory'");
    let only_s3 = (Store::S3 { bucket: "b".into() }, r#"{ store = { S3 = { bucket = "b" } } }"#.to_string());
    for files in [&[fs, s3][..], &[fs, s3, "store = {}"], &[s3, fs, s3], &[memory, fs, s3], &[fs, memory, s3]]
    {
        assert_eq!(of(files).as_ref(), Ok(&only_s3), "{files:?}");
    }
    assert_eq!(of(&[fs, s3, memory]).unwrap().0, Store::Memory);
    let back = of(&[fs, s3, "store.Fs.path = '/y'"]).unwrap().0;
    assert_eq!(back, Store::Fs { path: "/y".into(), size: Some(1) });
    assert_eq!(typed(&Case::of("", &[fs]).set("store.S3.bucket=b")).as_ref(), Ok(&only_s3));
    assert_eq!(
        typed(&Case::of("", &[fs, s3]).unset("store.S3")).unwrap().0,
        Store::Fs { path: "/x".into(), size: Some(1) }
    );

    let both = "expected one member that names a variant, found object of 2 members";
    assert_eq!(
        of(&["store = {Fs = {path = '/x'}, S3 = {bucket = 'b'}}"]),
        Err(both.to_string()),
        "in one layer"
    );
    assert_eq!(of(&[s3, "store = {Fs = {path = '/x'}, S3 = {bucket = 'b'}}"]), Err(both.to_string()));
}

#[test]
fn the_history_without_a_schema_shows_which_variant_removed_a_key() {
    let case = Case::of("", &["store.Fs = {path = '/x'}", "store.S3.bucket = 'b'"]);
    let checked = case.check().unwrap().typed::<Settings>().unwrap().into_parts().1;
    let explained = checked.explain(&"store.Fs.path".parse().unwrap()).unwrap();
    assert_eq!(explained.value, None);
    let history: Vec<_> =
        explained.history.iter().map(|part| (part.origin.to_string(), part.decision)).collect();
    let [removed, shadowed] = [("2.toml:1:7", Decision::Won), ("1.toml:1:20", Decision::Shadowed)];
    assert_eq!(history, [shadowed, removed].map(|(place, decision)| (place.to_string(), decision)));
}
