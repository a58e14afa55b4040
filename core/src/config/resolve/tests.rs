//! What several layers give together.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Checked, Document, Inputs, Refused, Rules};
use crate::config::explain::explain;
use crate::config::schema::{Documents, Schema};
use crate::config::source::{Environment, Language, Override, parse};
use crate::tree::{Diagnostic, Key, LayerKind, Source};

/// Layers over a schema, which may be empty.
struct Case<'a> {
    schema: &'a str,
    files: Vec<&'a str>,
    variables: Vec<(&'a str, &'a str)>,
    overrides: Vec<Override>,
}

impl<'a> Case<'a> {
    fn of(schema: &'a str, files: &[&'a str]) -> Self {
        Self { schema, files: files.to_vec(), variables: Vec::new(), overrides: Vec::new() }
    }

    fn variable(mut self, name: &'a str, text: &'a str) -> Self {
        self.variables.push((name, text));
        self
    }

    fn set(mut self, assignment: &str) -> Self {
        self.overrides.push(Override::assignment(assignment).unwrap());
        self
    }

    fn unset(mut self, key: &str) -> Self {
        self.overrides.push(Override::Unset { key: key.into() });
        self
    }

    fn rules(&self) -> Rules {
        let schema = (!self.schema.is_empty()).then(|| {
            let schema = Source::document(LayerKind::File, "s.json", self.schema);
            let schema = parse(&schema, Language::Json).unwrap();
            Schema::compile(&Documents::new("file:///s.json", schema.root())).unwrap()
        });
        Rules::new(schema).with_prefix("APP", &[])
    }

    /// The files are called `1.toml`, `2.toml` and so on.
    fn check(&self) -> Result<Checked, Refused> {
        let document = |(text, number): (&&str, usize)| {
            let source = Source::document(LayerKind::File, format!("{number}.toml"), *text);
            Document::Text(source, Language::Toml)
        };
        let rules = self.rules();
        rules.check(rules.read(&Inputs {
            documents: self.files.iter().zip(1..).map(document).collect(),
            environment: Environment::of(self.variables.iter().copied()),
            overrides: self.overrides.clone(),
            diagnostics: Vec::new(),
        }))
    }

    /// The tree on one line, or the diagnostics.
    fn shown(&self) -> String {
        let line = |one: &Diagnostic| {
            let origin = one.origin.as_ref().map(ToString::to_string).unwrap_or_default();
            let help = one.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{}: {} at {origin}{help}", one.key, one.message)
        };
        match self.check() {
            Ok(checked) => {
                assert!(checked.diagnostics().is_empty(), "{:?}", checked.diagnostics());
                checked.merged().root().to_string()
            }
            Err(refused) => refused.diagnostics().iter().map(line).collect::<Vec<_>>().join("\n"),
        }
    }

    /// The history of a key: origin, value and decision of each layer.
    fn history(&self, key: &str) -> Vec<String> {
        let checked = self.check().unwrap();
        let key: Key = key.parse().unwrap();
        let history = explain(checked.merged(), &key, None, &|_| false, None).unwrap().history;
        let line = |one: &crate::config::explain::Contribution| {
            let value = one.value.as_ref().map_or("removed".into(), ToString::to_string);
            format!("{} {value} {:?}", one.origin, one.decision)
        };
        history.iter().map(line).collect()
    }
}

const STORE: &str = r#"{"properties": {"store": {"type": "object", "x-merge": "replace",
    "default": {"kind": "s3", "bucket": "b"},
    "properties": {"kind": {"type": "string"}, "size": {"type": "integer", "default": 1},
        "tls": {"properties": {"on": {"default": true}}}}}}}"#;

#[test]
fn a_table_that_replaces_keeps_the_defaults_of_its_members() {
    assert_eq!(
        Case::of(STORE, &[]).shown(),
        r#"{ store = { bucket = "b", kind = "s3", size = 1, tls = { on = true } } }"#
    );
    let case = Case::of(STORE, &["store = {kind = 'fs', path = '/x'}", "[store]\nkind = 'db'"]);
    assert_eq!(case.shown(), r#"{ store = { kind = "db", size = 1, tls = { on = true } } }"#);
    assert_eq!(case.history("store.path"), ["1.toml:1:30 \"/x\" Shadowed"]);
    assert_eq!(case.history("store.kind"), ["1.toml:1:17 \"fs\" Shadowed", "2.toml:2:8 \"db\" Won"]);
    assert_eq!(case.history("store.size"), ["s.json:3:87 1 Won"]);
}

#[test]
fn a_root_that_replaces_is_the_highest_file_with_the_defaults() {
    let schema = r#"{"x-merge": "replace", "type": "object", "properties": {"a": {"default": 1}}}"#;
    assert_eq!(Case::of(schema, &["b = 1", "c = 1"]).shown(), "{ a = 1, c = 1 }");
}

const ITEMS: &str = r#"{"properties": {"a": {"type": "array", "x-merge": {"by": "id"},
    "items": {"type": "object", "properties": {"id": {"type": "string"}, "n": {"type": "integer", "default": 1},
        "secret": {"type": "string"}}}}}}"#;

#[test]
fn the_history_of_a_merged_item_shows_each_layer() {
    let case = Case::of(
        ITEMS,
        &["a = [{id = 'x', secret = 's'}, {id = 'y'}]", "a = [{id = 'y', n = 2}, {id = 'x', secret = 't'}]"],
    );
    assert_eq!(case.shown(), r#"{ a = [{ id = "x", n = 1, secret = "t" }, { id = "y", n = 2 }] }"#);
    assert_eq!(case.history("a[0].secret"), ["1.toml:1:26 \"s\" Shadowed", "2.toml:1:45 \"t\" Won"]);
    assert_eq!(case.history("a[1].n"), ["s.json:2:110 1 Shadowed", "2.toml:1:21 2 Won"]);
    assert_eq!(case.history("a").len(), 2);
}

#[test]
fn overrides_apply_in_their_order() {
    let of = || Case::of("", &["a = {b = 0, c = 0}"]).variable("APP_A__C", "5");
    assert_eq!(of().unset("a").set("a.b=1").shown(), "{ a = { b = 1 } }");
    assert_eq!(of().set("a.b=1").unset("a").shown(), "{}");
    assert_eq!(of().set("a.b=1").unset("a.c").shown(), "{ a = { b = 1 } }");
    assert_eq!(of().unset("a.c").set("a.c=1").shown(), "{ a = { b = 0, c = 1 } }");
}

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

const PROVIDERS: &str = r#"{"properties": {"ports": {"type": "array", "items": {"type": "integer"}}, "providers": {"type": "array",
    "items": {"type": "object", "required": ["id"], "additionalProperties": false, "properties": {
        "id": {"type": "string"}, "client_id": {"type": "integer"}, "secret": {"type": "string"},
        "scopes": {"type": "array", "items": {"type": "string"}, "default": ["openid"]}}}}}}"#;
const TWO: &str = "providers = [{id = 'google', client_id = 1}, {id = 'okta', client_id = 2}]";

#[test]
fn a_variable_changes_one_field_of_an_item_of_the_list_below() {
    let of = || Case::of(PROVIDERS, &[TWO]);
    let google = r#"{ client_id = 1, id = "google", scopes = ["openid"] }"#;
    let okta = r#"{ client_id = 2, id = "okta", scopes = ["openid"] }"#;
    let case = of().variable("APP_PROVIDERS__1__CLIENT_ID", "5").variable("APP_PROVIDERS__1__SECRET", "s");
    let changed = r#"{ client_id = 5, id = "okta", scopes = ["openid"], secret = "s" }"#;
    assert_eq!(case.shown(), format!("{{ providers = [{google}, {changed}] }}"));
    assert_eq!(
        case.history("providers[1].client_id"),
        ["1.toml:1:72 2 Shadowed", "APP_PROVIDERS__1__CLIENT_ID 5 Won"]
    );
    assert_eq!(case.history("providers[1].secret"), ["APP_PROVIDERS__1__SECRET \"s\" Won"]);
    assert_eq!(case.history("providers[0].client_id"), ["1.toml:1:42 1 Won"]);
    let list = case.history("providers");
    assert_eq!(list.len(), 2, "{list:?}");
    assert_eq!(list[1], "APP_PROVIDERS__1__CLIENT_ID [{ client_id = 5, secret = \"s\" }] Merged");

    let appended = of().variable("APP_PROVIDERS__2__ID", "x").shown();
    assert_eq!(
        appended,
        format!("{{ providers = [{google}, {okta}, {{ id = \"x\", scopes = [\"openid\"] }}] }}")
    );
    let nested =
        of().variable("APP_PROVIDERS__0__SCOPES__0", "mail").variable("APP_PROVIDERS__0__SCOPES__1", "x");
    assert!(nested.shown().contains(r#"scopes = ["mail", "x"]"#), "{}", nested.shown());
    let whole = of().variable("APP_PROVIDERS__1", r#"{"client_id": 7}"#).shown();
    assert!(whole.contains(r#"{ client_id = 7, id = "okta""#), "{whole}");
    assert_eq!(
        of().variable("APP_PROVIDERS__5__ID", "x").shown(),
        "providers: there is no item 5: the list has 2 items at APP_PROVIDERS__5__ID \
         (0 to 1 change an item, and 2 adds one)"
    );
}

#[test]
fn a_variable_changes_one_item_of_the_list_below() {
    let of = || Case::of(PROVIDERS, &["ports = [1, 2]"]);
    let case = of().variable("APP_PORTS__0", "7");
    assert_eq!(case.shown(), "{ ports = [7, 2] }");
    assert_eq!(case.history("ports[0]"), ["1.toml:1:10 1 Shadowed", "APP_PORTS__0 7 Won"]);
    assert_eq!(
        of().variable("APP_PORTS__2", "7").variable("APP_PORTS__3", "8").shown(),
        "{ ports = [1, 2, 7, 8] }"
    );
    assert!(
        of().variable("APP_PORTS__3", "7")
            .shown()
            .starts_with("ports: there is no item 3: the list has 2 items")
    );
    let none = || Case::of(PROVIDERS, &[]);
    assert_eq!(
        none().variable("APP_PORTS__0", "7").variable("APP_PORTS__1", "8").shown(),
        "{ ports = [7, 8] }"
    );
    assert!(
        none()
            .variable("APP_PORTS__1", "7")
            .shown()
            .starts_with("ports: item 0 is not set, but a later item is at APP_PORTS__1")
    );
    let untyped = Case::of("", &["ports = [1, 2]"]).variable("APP_PORTS__1", "7");
    assert_eq!(untyped.shown(), "{ ports = [1, 7] }");
    let untyped = Case::of("", &["ports = [1, 2]"]).variable("APP_PORTS__2", "7").set("ports[3]=8");
    assert_eq!(untyped.shown(), "{ ports = [1, 2, 7, 8] }", "the type of the other items");
    let empty = Case::of(PROVIDERS, &["ports = []"]).variable("APP_PORTS__1", "7");
    assert!(
        empty.shown().starts_with("ports: there is no item 1: the list has 0 items"),
        "{}",
        empty.shown()
    );
}

#[test]
fn an_override_changes_one_field_of_an_item_of_the_layers_below() {
    let of = || Case::of(PROVIDERS, &[TWO]).variable("APP_PROVIDERS__0__CLIENT_ID", "6");
    for key in ["providers[0].client_id=7", "providers.0.client_id=7"] {
        let case = of().set(key);
        assert!(
            case.shown().starts_with(r#"{ providers = [{ client_id = 7, id = "google""#),
            "{}",
            case.shown()
        );
        let place = format!("--set {} 7 Won", key.trim_end_matches("=7"));
        assert_eq!(
            case.history("providers[0].client_id"),
            ["1.toml:1:42 1 Shadowed", "APP_PROVIDERS__0__CLIENT_ID 6 Shadowed", &place]
        );
    }
    let both = of().set("providers[0].secret=a").set("providers[1].secret=b").set("providers[0].secret=c");
    assert_eq!(
        both.history("providers[0].secret"),
        ["--set providers[0].secret \"a\" Shadowed", "--set providers[0].secret \"c\" Won"]
    );
    assert_eq!(
        both.check()
            .unwrap()
            .merged()
            .root()
            .get(&"providers[1].secret".parse().unwrap())
            .and_then(|value| value.as_str()),
        Some("b")
    );
    let removed = of().unset("providers[0].client_id");
    assert!(removed.shown().starts_with(r#"{ providers = [{ id = "google""#), "{}", removed.shown());
    assert_eq!(removed.history("providers[0].client_id")[2], "--unset providers[0].client_id removed Won");
    assert_eq!(
        Case::of(PROVIDERS, &["ports = [1, 2]"]).set("ports[1]=5").set("ports.2=6").shown(),
        "{ ports = [1, 5, 6] }"
    );
    assert_eq!(
        Case::of(PROVIDERS, &["ports = [1, 2]"]).set("ports=8,9").set("ports[1]=5").shown(),
        "{ ports = [8, 5] }"
    );
    assert_eq!(
        Case::of(PROVIDERS, &["ports = [1, 2]"]).unset("ports").set("ports[0]=5").shown(),
        "{ ports = [5] }"
    );
    assert_eq!(Case::of(PROVIDERS, &["ports = [1, 2]"]).set("ports[0]=5").unset("ports").shown(), "{}");
    assert_eq!(Case::of(PROVIDERS, &[]).set("ports.0=5").shown(), "{ ports = [5] }");
    assert_eq!(
        of().set("providers.okta.client_id=7").shown(),
        "providers.okta.client_id: `providers` is a list, which has no key `okta` at --set providers.okta.client_id \
         (write the number of the item, such as `providers[0]`)"
    );
    assert_eq!(
        Case::of(PROVIDERS, &["ports = [1, 2]"]).set("ports[4]=5").shown(),
        "ports[4]: there is no item 4: the list has 2 items at --set ports[4] (0 to 1 change an item, and 2 adds one)"
    );
}

#[test]
fn an_item_of_a_default_list_or_of_a_list_with_a_strategy_changes() {
    let default =
        r#"{"properties": {"a": {"type": "array", "items": {"type": "integer"}, "default": [1, 2]}}}"#;
    let case = Case::of(default, &[]).variable("APP_A__1", "5");
    assert_eq!(case.shown(), "{ a = [1, 5] }");
    assert_eq!(case.history("a").len(), 2);
    let append =
        r#"{"properties": {"a": {"type": "array", "items": {"type": "integer"}, "x-merge": "append"}}}"#;
    let of = || Case::of(append, &["a = [1]", "a = [2]"]);
    assert_eq!(of().variable("APP_A__1", "5").shown(), "{ a = [1, 5] }");
    assert_eq!(of().variable("APP_A__1", "5").set("a=9").shown(), "{ a = [1, 5, 9] }");
    assert_eq!(of().set("a=9").set("a[0]=8").shown(), "{ a = [1, 2, 8] }", "the list of the options");
    let both = append.replace("\"x-merge\"", "\"default\": [0], \"x-merge\"");
    assert_eq!(Case::of(&both, &["a = [1]"]).variable("APP_A__1", "5").shown(), "{ a = [0, 5] }");
    assert_eq!(Case::of(&both, &["a = [1]"]).set("a[2]=5").shown(), "{ a = [0, 1, 5] }");
    let by = Case::of(ITEMS, &["a = [{id = 'x'}]", "a = [{id = 'y'}]"]).variable("APP_A__1__SECRET", "s");
    assert_eq!(by.shown(), r#"{ a = [{ id = "x", n = 1 }, { id = "y", n = 1, secret = "s" }] }"#);
}

#[test]
fn a_variable_changes_one_field_of_a_table_that_replaces() {
    let case = || Case::of(STORE, &["store = {kind = 'fs', path = '/x'}"]);
    let variable = case().variable("APP_STORE__KIND", "db");
    let shown = r#"{ store = { kind = "db", path = "/x", size = 1, tls = { on = true } } }"#;
    assert_eq!(variable.shown(), shown);
    assert_eq!(variable.history("store.kind"), ["1.toml:1:17 \"fs\" Shadowed", "APP_STORE__KIND \"db\" Won"]);
    assert_eq!(case().set("store.kind=db").shown(), shown);
    let whole = case().variable("APP_STORE", r#"{"kind": "db"}"#);
    assert_eq!(whole.shown(), r#"{ store = { kind = "db", size = 1, tls = { on = true } } }"#);
}

#[test]
fn a_changed_item_leaves_the_types_of_the_other_values() {
    let case = Case::of("", &["a = [{x = '5', y = '6'}, {x = '7'}]"]).variable("APP_A__0__X", "8");
    let typed = case.check().unwrap().typed::<serde_json::Value>().unwrap();
    assert_eq!(typed.config().to_string(), r#"{"a":[{"x":8,"y":"6"},{"x":"7"}]}"#);
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
