//! Laws of reading a `Value`: it is the tree that was written.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;
use speckit_core::config::resolve::{Document, Inputs, Rules};
use speckit_core::config::source::{Language, parse};
use speckit_core::config::strategies::{config, config_text};
use speckit_core::tree::Text;
use speckit_core::tree::typed::from_value;
use speckit_core::{Kind, LayerKind, Number, Origin, Source, Value};

fn origin() -> Origin {
    Origin::whole(&Source::fragment(LayerKind::Override, "test", ""))
}

/// Numbers of any size, with their digits.
fn numbers() -> impl Strategy<Value = Value> {
    "-?[1-9][0-9]{0,30}(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?"
        .prop_map(|text| Value::new(Kind::Number(Number::parse(&text).unwrap()), origin()))
}

/// Trees that TOML can express, and below them numbers of any size.
fn trees() -> impl Strategy<Value = Value> {
    (config(), prop::collection::vec(numbers(), 0..4)).prop_map(|((_, tree), numbers)| {
        let members = tree.as_table().unwrap().iter().map(|(name, member)| (name.clone(), member.clone()));
        let numbers = Value::array(numbers, origin());
        Value::table(members.chain([(Text::from("numbers"), numbers)]), origin())
    })
}

/// The tree with other leaves.
fn with_leaves(value: &Value, change: &dyn Fn(&Kind) -> Kind) -> Value {
    match value.kind() {
        Kind::Array(elements) => {
            Value::array(elements.iter().map(|element| with_leaves(element, change)), origin())
        }
        Kind::Table(members) => {
            let member = |(name, member): (&Text, &Value)| (name.clone(), with_leaves(member, change));
            Value::table(members.iter().map(member), origin())
        }
        leaf => Value::new(change(leaf), origin()),
    }
}

/// What JSON writes: dates and infinite numbers as texts.
fn in_json(kind: &Kind) -> Kind {
    match kind {
        Kind::Datetime(datetime) => Kind::String(datetime.to_string().into()),
        Kind::Number(Number::Float(float)) if !float.is_finite() => {
            Kind::String(Number::Float(*float).to_string().into())
        }
        other => other.clone(),
    }
}

/// What serde holds in a buffer: dates as texts.
fn in_buffer(kind: &Kind) -> Kind {
    match kind {
        Kind::Datetime(datetime) => Kind::String(datetime.to_string().into()),
        other => other.clone(),
    }
}

#[derive(Deserialize)]
struct Flat {
    numbers: Value,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

proptest! {
    #[test]
    fn a_tree_reads_as_itself(tree in trees()) {
        let read: Value = from_value(&tree).unwrap();
        prop_assert_eq!(&read, &tree);
        let members: BTreeMap<String, Value> = from_value(&tree).unwrap();
        prop_assert_eq!(Value::table(members.into_iter().map(|(name, value)| (name.into(), value)), origin()), tree);
    }

    #[test]
    fn a_flattened_tree_reads_with_dates_as_texts(tree in trees()) {
        let Flat { numbers, rest } = from_value(&tree).unwrap();
        prop_assert_eq!(Some(&numbers), tree.member("numbers"));
        let rest = rest.into_iter().map(|(name, value)| (Text::from(name), value));
        let read = Value::table(rest, origin());
        let expected = tree.as_table().unwrap().iter().filter(|(name, _)| *name != "numbers");
        let expected = Value::table(expected.map(|(name, member)| (name.clone(), member.clone())), origin());
        prop_assert_eq!(read, with_leaves(&expected, &in_buffer));
    }

    #[test]
    fn json_reads_as_the_tree_that_was_written(tree in trees()) {
        let text = serde_json::to_string(&tree).unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read, &with_leaves(&tree, &in_json));
        prop_assert_eq!(&serde_json::to_string(&read).unwrap(), &text);
        let members: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(members.len(), tree.as_table().unwrap().len());
    }

    #[test]
    fn toml_reads_as_the_tree_that_was_written((text, tree) in config()) {
        let read: Value = toml::from_str(&text).unwrap();
        prop_assert_eq!(read, tree);
    }

    #[test]
    fn toml_with_headers_reads_alike(text in config_text()) {
        let read: BTreeMap<String, Value> = toml::from_str(&text).unwrap();
        let again: Value = toml::from_str(&text).unwrap();
        prop_assert_eq!(Value::table(read.into_iter().map(|(name, value)| (name.into(), value)), origin()), again);
    }
}

#[test]
fn a_flattened_number_beyond_64_bits_is_the_nearest_float() {
    let read = |digits: &str| {
        let number = Value::new(Kind::Number(Number::parse(digits).unwrap()), origin());
        let table = Value::table([("numbers".into(), number.clone()), ("rest".into(), number)], origin());
        let Flat { numbers, rest } = from_value(&table).unwrap();
        (numbers.to_string(), rest["rest"].to_string())
    };
    let (direct, flattened) = read("18446744073709551617");
    assert_eq!((direct.as_str(), flattened.as_str()), ("18446744073709551617", "1.8446744073709552e19"));
    let (direct, flattened) = read("18446744073709551615");
    assert_eq!((direct.as_str(), flattened.as_str()), ("18446744073709551615", "18446744073709551615"));
}

#[test]
fn a_tree_that_is_too_deep_is_refused() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(serde_json::from_str::<Value>(&nested(100)).is_ok());
    let error = serde_json::from_str::<Value>(&nested(101)).unwrap_err().to_string();
    assert!(error.contains("nested deeper than 100 levels"), "{error}");
    assert!(serde_json::from_str::<Value>(&nested(100_000)).is_err());
}

/// A single value or layer is shown for a failing test; it does not know what is secret.
#[test]
fn the_stages_of_a_configuration_show_no_values() {
    let layer =
        |text: &str| parse(&Source::document(LayerKind::File, "app.toml", text), Language::Toml).unwrap();
    let secret = layer("token = 'hunter2'\n");
    assert_eq!(format!("{secret:?}"), "token = \"hunter2\"  # app.toml:1:9");
    assert_eq!(format!("{:#?}", [secret.root()]), "[\n    token = \"hunter2\"  # app.toml:1:9,\n]");

    let rules = Rules::new(None).with_fixed_layers(std::slice::from_ref(&secret));
    let inputs = Inputs { documents: vec![Document::Parsed(secret)], ..Inputs::default() };
    let (parsed, layers) = (rules.parse(&inputs), rules.read(&inputs));
    let checked = rules.check(layers.clone()).unwrap();
    let refused = checked.typed::<BTreeMap<String, u16>>().unwrap_err();
    let checked = rules.check(layers.clone()).unwrap();
    let shown =
        format!("{rules:?} {inputs:?} {parsed:?} {layers:?} {checked:?} {refused:?} {:?}", checked.merged());
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("expected u16, found string"), "{shown}");
}
