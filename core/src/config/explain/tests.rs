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
