//! What several layers give together.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Checked, Document, Inputs, Refused, Rules};
use crate::config::explain::explain;
use crate::config::schema::{Documents, Schema};
use crate::config::source::{Environment, Language, Override, parse};
use crate::tree::{Diagnostic, Key, LayerKind, Source};

#[test]
fn a_search_for_the_secrets_of_many_values_finds_what_it_finds_for_each_alone() {
    let schema = r#"{"properties": {
        "token": {"x-secret": true, "type": "string"},
        "servers": {"additionalProperties": {"properties": {"password": {"x-secret": true}, "port": {}}}},
        "keys": {"type": "array", "items": {"x-secret": true}}
    }}"#;
    let text = "token = 'a'\ntokn = 'b'\nkeys = ['c', 'd']\nport = 1\n[servers.one]\npassword = 'e'\nport = 2\n\
                [servers.password]\nport = 3\npasswrd = 'f'\n[other.servers.x]\npassword = 'g'\n[other]\ntoken = ['h', 1]\n";
    let rules = Case::of(schema, &[]).rules();
    let layer = parse(&Source::document(LayerKind::File, "a.toml", text), Language::Toml).unwrap();
    let mut keys = Vec::new();
    layer.root().leaves_and_elements(&mut |key, value| keys.push((key.clone(), value)));
    let alone: Vec<bool> = keys.iter().map(|(key, value)| rules.keys().is_secret(key, value)).collect();
    assert!(alone.contains(&true) && alone.contains(&false), "{alone:?}");
    let search = rules.keys().secrets();
    let order =
        (0..keys.len()).chain((0..keys.len()).rev()).chain((0..keys.len()).map(|at| at * 5 % keys.len()));
    for at in order {
        let (key, value) = &keys[at];
        assert_eq!(search(key, value), alone[at], "{key}");
    }
}

mod defaults;
mod items;
mod spellings;
mod variants;

/// Layers over a schema, which may be empty.
struct Case<'a> {
    schema: &'a str,
    /// A file below the others that is merged in advance.
    fixed: Option<&'a str>,
    files: Vec<&'a str>,
    variables: Vec<(&'a str, &'a str)>,
    overrides: Vec<Override>,
}

impl<'a> Case<'a> {
    fn of(schema: &'a str, files: &[&'a str]) -> Self {
        Self { schema, fixed: None, files: files.to_vec(), variables: Vec::new(), overrides: Vec::new() }
    }

    fn above(mut self, fixed: &'a str) -> Self {
        self.fixed = Some(fixed);
        self
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
            let schema = Source::document(LayerKind::Defaults, "s.json", self.schema);
            let schema = parse(&schema, Language::Json).unwrap();
            Schema::compile(&Documents::new("file:///s.json", schema.root())).unwrap()
        });
        let rules = Rules::new(schema).with_prefix("APP", &[]);
        match self.fixed {
            Some(text) => {
                let source = Source::document(LayerKind::File, "fixed.toml", text);
                rules.with_fixed_layers(&[parse(&source, Language::Toml).unwrap()])
            }
            None => rules,
        }
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
        let history = explain(checked.merged(), &key, None, &|_, _| false, None).unwrap().history;
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
    assert_eq!(case.history("store.path"), ["1.toml:1:30 \"/x\" Shadowed", "2.toml:1:1 removed Won"]);
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

#[test]
fn options_for_one_list_are_merged_in_their_order() {
    let list = |merge: &str| {
        format!(
            r#"{{"properties": {{"a": {{"type": "array", "items": {{"type": "integer"}}, "x-merge": "{merge}"}}}}}}"#
        )
    };
    let [append, union, replace] = ["append", "union", "replace"].map(list);
    let of = |schema| Case::of(schema, &["a = [1, 2]"]);
    assert_eq!(of(&append).set("a=3").set("a=4").shown(), "{ a = [1, 2, 3, 4] }");
    assert_eq!(of(&union).set("a=3").set("a=2,3,4").shown(), "{ a = [1, 2, 3, 4] }");
    assert_eq!(of(&replace).set("a=3").set("a=4").shown(), "{ a = [4] }");
    assert_eq!(of(&append).variable("APP_A", "3").set("a=4").set("a=5").shown(), "{ a = [1, 2, 3, 4, 5] }");
    assert_eq!(of(&append).set("a=3").unset("a").set("a=4").shown(), "{ a = [4] }");
    let history = of(&append).set("a=3").set("a=4").history("a");
    assert_eq!(history, ["1.toml:1:5 [1, 2] Merged", "--set a [3] Merged", "--set a [4] Merged"]);
    let history = of(&replace).set("a=3").set("a=4").history("a");
    assert_eq!(history, ["1.toml:1:5 [1, 2] Shadowed", "--set a [3] Shadowed", "--set a [4] Won"]);
}

#[test]
fn the_kinds_of_documents_decide_their_priority_and_not_their_order() {
    let kinds =
        [LayerKind::Override, LayerKind::Dotenv, LayerKind::Source, LayerKind::Remote, LayerKind::File];
    let document = |kind: LayerKind| {
        let text = format!("a = '{}'", kind.name());
        Document::Text(Source::document(kind, kind.name(), text), Language::Toml)
    };
    let inputs = Inputs { documents: kinds.map(document).into(), ..Inputs::default() };
    let rules = Rules::new(None);
    let checked = rules.check(rules.read(&inputs)).unwrap();
    let why = checked.explain(&Key::of(["a"])).unwrap();
    let history: Vec<&str> = why.history.iter().filter_map(|step| step.value.as_ref()?.as_str()).collect();
    assert_eq!(history, ["file", "source", "remote", "dotenv", "override"]);
}
