use alloc::format;

use super::*;
use crate::config::source::{Language, parse};
use crate::config::{Layer, MergeStrategy};
use crate::tree::{LayerKind, Number, Source};

fn file(kind: LayerKind, name: &str, text: &str) -> Layer {
    parse(&Source::document(kind, name, text), Language::Toml).unwrap()
}

/// A layer of one value; `server.port` is two names.
fn one(key: &str, kind: Kind, origin: Origin) -> Layer {
    let key: Key = key.parse().unwrap();
    let value = Value::new(kind, origin.clone());
    let root = key.segments().iter().rev().fold(value, |below, segment| {
        let crate::tree::Segment::Name(name) = segment else { unreachable!() };
        Value::table([(name.clone(), below)], origin.clone())
    });
    Layer::new(root)
}

fn variable(name: &str, text: &str) -> Origin {
    Origin::whole(&Source::variable(name, text))
}

fn unset() -> Origin {
    Origin::whole(&Source::fragment(LayerKind::Override, "--unset", ""))
}

fn merged(layers: &[Layer]) -> Merged {
    Merged::of(layers, &|key| {
        if key.to_string() == "list" { MergeStrategy::Append } else { MergeStrategy::Join }
    })
    .unwrap()
}

fn secret(key: &Key, _: &Value) -> bool {
    key.to_string().contains("secret")
}

/// The place and the decision of each contribution.
fn history(layers: &[Layer], key: &str) -> Vec<String> {
    let explanation = explain(&merged(layers), &key.parse().unwrap(), None, &secret, None).unwrap();
    explanation.history.iter().map(|part| format!("{} {:?}", part.origin, part.decision)).collect()
}

fn port() -> [Layer; 3] {
    [
        file(LayerKind::Defaults, "defaults.toml", "[server]\nport = 8080\n"),
        file(LayerKind::File, "app.toml", "# mine\n[server]\nport = 0x1f91\n"),
        one("server.port", Kind::Number(Number::Int(9000)), variable("APP_SERVER__PORT", "9000")),
    ]
}

#[test]
fn a_joined_list_shows_its_parts_and_what_they_replaced() {
    let lists = [
        file(LayerKind::File, "a.toml", "list = 'none'\n"),
        file(LayerKind::File, "b.toml", "list = [1]\n"),
        file(LayerKind::File, "c.toml", "list = [2]\n"),
    ];
    let expected = ["a.toml:1:8 Shadowed", "b.toml:1:8 Merged", "c.toml:1:8 Merged"];
    assert_eq!(history(&lists, "list"), expected);
}

#[test]
fn a_value_below_a_replaced_or_removed_table_is_found() {
    let [defaults, file, env] = port();
    let removed = [defaults.clone(), file.clone(), one("server", Kind::Unset, unset())];
    let expected = ["defaults.toml:2:8 Shadowed", "app.toml:3:8 Shadowed", "--unset Won"];
    assert_eq!(history(&removed, "server.port"), expected);
    assert!(explain(&merged(&removed), &"server.host".parse().unwrap(), None, &secret, None).is_none());

    let replaced = [defaults, file, one("server", Kind::Bool(false), unset()), env];
    let expected = ["defaults.toml:2:8 Shadowed", "app.toml:3:8 Shadowed", "APP_SERVER__PORT Won"];
    assert_eq!(history(&replaced, "server.port"), expected);
}

#[test]
fn a_key_that_is_secret_in_the_schema_shows_neither_value_nor_default() {
    let layers = [file(LayerKind::File, "a.toml", "pin = 'hunter2'\n")];
    let default = Value::new(Kind::String("hunter2".into()), unset());
    let facts = Facts { secret: true, default: Some(default), ..Facts::default() };
    let pin = explain(&merged(&layers), &Key::of(["pin"]), Some(&facts), &|_, _| false, None).unwrap();
    assert!(!(pin.to_text() + &serde_json::to_string(&pin).unwrap()).contains("hunter2"), "{pin:?}");
}

#[test]
fn a_value_in_the_json_of_a_variable_is_shown_without_the_rest_of_the_variable() {
    let origin = variable("APP_SERVER", r#"{"secret":"hunter2","port":1}"#);
    let layers = [one("server.port", Kind::Number(Number::Int(1)), origin)];
    assert_eq!(
        explain(&merged(&layers), &Key::of(["server", "port"]), None, &secret, None).unwrap().history[0].raw,
        "1"
    );
}

/// The lines of the explanation of a key that is not set, up to the reload, and those of its layers.
fn removed(layers: &[Layer], key: &str, strategy: &dyn Fn(&Key) -> MergeStrategy) -> String {
    let merged = Merged::of(layers, strategy).unwrap();
    let found = explain(&merged, &key.parse().unwrap(), None, &secret, None).unwrap();
    let is_removal = found.history.last().is_some_and(|last| last.value.is_none());
    assert!(found.value.is_none() && is_removal, "{found:?}");
    found.to_text()
}

#[test]
fn a_key_of_a_replaced_table_is_removed_by_the_one_that_replaces_it() {
    let replace = |key: &Key| match key.last_name() {
        Some("t" | "u") => MergeStrategy::Replace,
        _ => MergeStrategy::Join,
    };
    let low = file(LayerKind::File, "low.toml", "[t]\nk = 5\nu = { k = 6 }\nlist = [1, 2]\n");
    let layers = [
        low.clone(),
        file(LayerKind::File, "middle.toml", "# it\n[t]\nother = 1\nlist = [1]\n"),
        file(LayerKind::File, "high.toml", "[t]\nu = {}\n"),
    ];
    let expected = "\
t.k is not set
  removed by middle.toml:2:1 (file), which replaces the table `t`
  reload     without a restart
  layers     lowest first
    file   low.toml:2:5      5         shadowed
    file   middle.toml:2:1   removed   won
";
    assert_eq!(removed(&layers, "t.k", &replace), expected);
    for (key, place) in [
        ("t.u.k", "removed by middle.toml:2:1 (file), which replaces the table `t`"),
        ("t.list[1]", "removed by middle.toml:2:1 (file), which replaces the table `t`"),
        ("t.list", "removed by high.toml:1:1 (file), which replaces the table `t`"),
    ] {
        let text = removed(&layers, key, &replace);
        assert!(text.contains(place), "{key}: {text}");
    }

    let join = |_: &Key| MergeStrategy::Join;
    for (text, key, place) in [
        ("t = 5\n", "t.k", "high.toml:1:5 (file), which replaces the table `t`"),
        ("t.u = []\n", "t.u.k", "high.toml:1:7 (file), which replaces the table `t.u`"),
        ("[t]\nlist = [3]\n", "t.list[1]", "high.toml:2:8 (file), which replaces the list `t.list`"),
    ] {
        let text = removed(&[low.clone(), file(LayerKind::File, "high.toml", text)], key, &join);
        assert!(text.contains(place), "{key}: {text}");
    }
    let again = file(LayerKind::File, "high.toml", "t = {}\n");
    let layers = [low, one("t", Kind::Null, variable("APP_T", "null")), again];
    let text = removed(&layers, "t.k", &join);
    assert!(text.contains("removed by APP_T (environment), which replaces the table `t`"), "{text}");
}

#[test]
fn the_json_of_an_explanation_says_what_replaced_the_key() {
    let layers = [
        file(LayerKind::File, "low.toml", "t = { k = 5 }\n"),
        file(LayerKind::File, "high.toml", "t = false\n"),
    ];
    let found = explain(&merged(&layers), &Key::of(["t", "k"]), None, &secret, None).unwrap();
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!((&json["replaced"], &json["history"][1]["value"]), (&"t".into(), &serde_json::Value::Null));
}
