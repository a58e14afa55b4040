//! Proptest strategies for keys, values, layers and texts (feature `proptest`).
//!
//! Speckit tests its laws with these, and an application can test the priority of its settings. Names come from a
//! small alphabet, so that layers collide often; a table may meet a scalar, a list or the mark of a removed key;
//! and each value has an origin in the text of its layer.
//!
//! For your own configuration, [`overlays_matching`] generates layers that set some of the defaults, each to a value that your rules
//! accept; [`overlays`] ignores the rules, and generates any value of the same type.
//!
//! ```
//! use proptest::prelude::*;
//! use speckit_core::config::resolve::{Document, Inputs, Rules};
//! use speckit_core::config::schema::{Documents, Schema};
//! use speckit_core::config::source::{Environment, Language, parse};
//! use speckit_core::{Key, LayerKind, Source};
//! use speckit_core::config::strategies;
//!
//! #[derive(serde::Deserialize)]
//! struct Settings {
//!     server: Server,
//! }
//! #[derive(serde::Deserialize)]
//! struct Server {
//!     host: String,
//!     port: i64,
//! }
//!
//! let schema = r#"{"properties": {"server": {"properties": {
//!     "host": {"type": "string"}, "port": {"type": "integer", "minimum": 0}}}}}"#;
//! let schema = parse(&Source::document(LayerKind::Defaults, "schema.json", schema), Language::Json)?;
//! let schema = Schema::compile(&Documents::new("file:///schema.json", schema.root()))?;
//! let rules = Rules::new(Some(schema)).with_prefix("APP", &[]);
//!
//! let text = "[server]\nhost = \"localhost\"\nport = 80\n";
//! let defaults = parse(&Source::document(LayerKind::Defaults, "defaults", text), Language::Toml)?;
//! let (host, port) = (Key::of(["server", "host"]), Key::of(["server", "port"]));
//!
//! proptest!(|(mut files in strategies::overlays(&defaults, 1..=4), variable in proptest::option::of(0_u16..))| {
//!     files.retain(|layer| layer.kind() < LayerKind::Env); // Higher layers are above the variable.
//!     files.insert(0, defaults.clone());
//!     let highest = |key: &Key| files.iter().rev().find_map(|layer| layer.root().get(key)).unwrap();
//!     let (host, port) = (highest(&host).as_str(), highest(&port).as_number().unwrap().as_i64().unwrap());
//!     prop_assume!(port >= 0);
//!
//!     let variable_text = variable.map(|port| port.to_string());
//!     let inputs = Inputs {
//!         documents: files.iter().cloned().map(Document::Parsed).collect(),
//!         environment: Environment::of(variable_text.iter().map(|text| ("APP_SERVER__PORT", text.as_str()))),
//!         ..Inputs::default()
//!     };
//!     let checked = rules.check(rules.read(&inputs)).unwrap();
//!     let settings: Settings = checked.typed().unwrap().into_parts().0;
//!     prop_assert_eq!(Some(settings.server.host.as_str()), host);
//!     prop_assert_eq!(settings.server.port, variable.map_or(port, i64::from));
//! });
//! # Ok::<(), Vec<speckit_core::Diagnostic>>(())
//! ```

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use proptest::collection::{SizeRange, btree_map, vec};
use proptest::prelude::{Just, Strategy, any};
use proptest::{prop_oneof, sample};

use crate::config::Layer;
use crate::tree::{Key, Kind, LayerKind, Number, Segment, Text, Value};

pub use matching::{MatchingOverlays, overlays_matching};
pub use proptest;
use written::{TreeWriter, with_origins};

mod alike;
mod matching;
mod texts;
mod written;

/// Three bare names that collide often, and one that TOML has to quote.
const NAMES: [&str; 4] = ["a", "b", "c", "e.f \"g\""];

/// Texts that look like other types, that need escapes, or that are empty.
const TEXTS: [&str; 9] = ["", "x", "y", "true", "00123", "1e10", "a, b", "\"\\\n\t\r", "é\u{1}\u{7f}"];

/// The four forms of TOML's dates.
const DATES: [&str; 4] = ["1979-05-27T07:32:00Z", "1979-05-27T00:32:00.999", "1979-05-27", "07:32:00.5"];

/// One to three names of the small alphabet.
pub fn key() -> impl Strategy<Value = Key> {
    vec(name(), 1..=3).prop_map(Key::of)
}

/// Any value of a layer: scalars, lists, tables to a depth of three, and marks of removed keys.
pub fn value() -> impl Strategy<Value = Value> {
    (node(LeafSet::Layer), kind(), any::<bool>())
        .prop_map(|(node, kind, lines)| with_origins(&node, kind, "value", lines))
}

/// A layer: a table of values, with origins in a document (with lines) or in a fragment (without).
pub fn layer() -> impl Strategy<Value = Layer> {
    layers(1).prop_map(|mut layers| layers.swap_remove(0))
}

/// Layers of distinct sources, lowest priority first; `count` is a number or a range of numbers.
pub fn layers(count: impl Into<SizeRange>) -> impl Strategy<Value = Vec<Layer>> {
    vec((table(LeafSet::Layer), kind(), any::<bool>()), count).prop_map(stack)
}

/// Layers that set some of the leaves of `defaults`, each to a value of the same type; lowest priority first.
///
/// A list is a leaf; a new one has elements of the old one's types. The bounds of a schema are unknown: for valid
/// settings, use [`overlays_matching`].
pub fn overlays<C: Into<SizeRange>>(
    defaults: &Layer,
    count: C,
) -> impl Strategy<Value = Vec<Layer>> + use<C> {
    let mut leaves = Vec::new();
    defaults.root().leaves(&mut |key, leaf| leaves.push((key.clone(), PlainValue::of(leaf))));
    let one = Vec::from_iter(leaves.into_iter().map(|(key, node)| {
        proptest::option::of(alike(&node)).prop_map(move |node| node.map(|node| (key.clone(), node)))
    }));
    let tree = one.prop_map(|leaves| {
        let mut tree = BTreeMap::new();
        leaves.into_iter().flatten().for_each(|(key, node)| insert(&mut tree, key.segments(), node));
        PlainValue::Table(tree)
    });
    vec((tree, kind(), any::<bool>()), count).prop_map(stack)
}

/// The TOML text of a generated tree, with dotted keys or with table headers.
///
/// ```
/// use proptest::prelude::*;
/// use speckit_core::config::source::{Language, parse};
/// use speckit_core::{LayerKind, Source};
/// use speckit_core::config::strategies;
///
/// proptest!(|(text in strategies::config_text())| {
///     let source = Source::document(LayerKind::File, "app.toml", text);
///     prop_assert!(parse(&source, Language::Toml).is_ok());
/// });
/// ```
pub fn config_text() -> impl Strategy<Value = String> {
    config().prop_map(|(text, _)| text)
}

/// A TOML text of [`config_text`], and its tree.
pub fn config() -> impl Strategy<Value = (String, Value)> {
    (table(LeafSet::Toml), any::<bool>()).prop_map(|(node, headers)| {
        let mut text = TreeWriter::default();
        if headers {
            text.sections(&node, &Key::root())
        } else {
            text.lines(&node, &Key::root())
        }
        (text.written, with_origins(&node, LayerKind::File, "tree", true))
    })
}

/// A value without an origin.
#[derive(Clone, Debug)]
enum PlainValue {
    /// A leaf: anything but a list or a table.
    Leaf(Kind),
    Array(Vec<Self>),
    Table(BTreeMap<Text, Self>),
}

/// The set of leaves that may occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LeafSet {
    /// Leaves that TOML can express.
    Toml,
    /// Leaves of a layer: also null and marks of removed keys.
    Layer,
}

impl PlainValue {
    fn of(value: &Value) -> Self {
        match value.kind() {
            Kind::Array(elements) => Self::Array(elements.iter().map(Self::of).collect()),
            Kind::Table(members) => {
                Self::Table(members.iter().map(|(name, member)| (name.clone(), Self::of(member))).collect())
            }
            leaf => Self::Leaf(leaf.clone()),
        }
    }
}

fn name() -> impl Strategy<Value = Text> {
    sample::select(&NAMES[..]).prop_map(Text::from)
}

fn kind() -> impl Strategy<Value = LayerKind> {
    sample::select(&LayerKind::ALL[..])
}

fn text() -> impl Strategy<Value = Kind> {
    prop_oneof![4 => sample::select(&TEXTS[..]).prop_map(String::from), 1 => "\\PC{0,5}"]
        .prop_map(|text| Kind::String(text.into()))
}

fn integer() -> impl Strategy<Value = Kind> {
    prop_oneof![4 => 0..3_i64, 1 => any::<i64>()].prop_map(|int| Kind::Number(Number::Int(int)))
}

fn float() -> impl Strategy<Value = Kind> {
    sample::select(&[0.5, -1.0, 1e300, 5e-324, f64::INFINITY][..])
        .prop_map(|float| Kind::Number(Number::Float(float)))
}

fn date() -> impl Strategy<Value = Kind> {
    sample::select(&DATES[..]).prop_filter_map("a date of TOML", |text| text.parse().ok().map(Kind::Datetime))
}

fn leaf(words: LeafSet) -> impl Strategy<Value = PlainValue> {
    let plain = prop_oneof![
        4 => integer(),
        2 => any::<bool>().prop_map(Kind::Bool),
        3 => text(),
        1 => float(),
        1 => date(),
    ];
    let marks = sample::select(&[Kind::Null, Kind::Unset, Kind::Unset][..]);
    match words {
        LeafSet::Toml => plain.prop_map(PlainValue::Leaf).boxed(),
        LeafSet::Layer => prop_oneof![4 => plain, 1 => marks].prop_map(PlainValue::Leaf).boxed(),
    }
}

fn node(words: LeafSet) -> impl Strategy<Value = PlainValue> {
    let list = vec(element(), 0..=4).prop_map(PlainValue::Array);
    prop_oneof![2 => leaf(words), 1 => list]
        .prop_recursive(3, 24, 4, |below| btree_map(name(), below, 0..=4).prop_map(PlainValue::Table))
}

/// An element of a list, which is never the mark of a removed key.
fn element() -> impl Strategy<Value = PlainValue> {
    prop_oneof![
        4 => leaf(LeafSet::Toml),
        1 => btree_map(name(), leaf(LeafSet::Toml), 0..=2).prop_map(PlainValue::Table),
    ]
}

fn table(words: LeafSet) -> impl Strategy<Value = PlainValue> {
    btree_map(name(), node(words), 0..=6).prop_map(PlainValue::Table)
}

/// Values of the type of `node`.
fn alike(node: &PlainValue) -> proptest::strategy::BoxedStrategy<PlainValue> {
    match node {
        PlainValue::Leaf(Kind::Bool(_)) => {
            any::<bool>().prop_map(|bool| PlainValue::Leaf(Kind::Bool(bool))).boxed()
        }
        PlainValue::Leaf(Kind::Number(Number::Int(_))) => integer().prop_map(PlainValue::Leaf).boxed(),
        PlainValue::Leaf(Kind::Number(_)) => float().prop_map(PlainValue::Leaf).boxed(),
        PlainValue::Leaf(Kind::String(_)) => text().prop_map(PlainValue::Leaf).boxed(),
        PlainValue::Leaf(Kind::Datetime(_)) => date().prop_map(PlainValue::Leaf).boxed(),
        PlainValue::Array(elements) if !elements.is_empty() => {
            let alternatives = elements.iter().map(alike).collect::<Vec<_>>();
            vec(proptest::strategy::Union::new(alternatives), 0..=4).prop_map(PlainValue::Array).boxed()
        }
        PlainValue::Leaf(Kind::Null | Kind::Unset | Kind::Array(_) | Kind::Table(_))
        | PlainValue::Array(_)
        | PlainValue::Table(_) => Just(node.clone()).boxed(),
    }
}

/// Sets a leaf in a tree of tables. No leaf is below another one.
fn insert(tree: &mut BTreeMap<Text, PlainValue>, key: &[Segment], node: PlainValue) {
    match key {
        [Segment::Name(name)] => drop(tree.insert(name.clone(), node)),
        [Segment::Name(name), rest @ ..] => {
            let below = tree.entry(name.clone()).or_insert_with(|| PlainValue::Table(BTreeMap::new()));
            if let PlainValue::Table(members) = below {
                insert(members, rest, node);
            }
        }
        _ => {}
    }
}

/// The layers of some trees, lowest first.
fn stack(mut trees: Vec<(PlainValue, LayerKind, bool)>) -> Vec<Layer> {
    trees.sort_by_key(|(_, kind, _)| *kind);
    let layer = |(node, kind, lines), number| {
        Layer::new(with_origins(&node, kind, &format!("layer {number}"), lines))
    };
    trees.into_iter().zip(1..).map(|(tree, number): (_, usize)| layer(tree, number)).collect()
}
