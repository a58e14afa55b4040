//! Proptest strategies for keys, values, layers and texts (feature `proptest`).
//!
//! The core tests its own laws with these, and an application tests the priority of its own settings with
//! them. Names come from a small alphabet, so that layers collide often; a table may meet a scalar, a list or
//! the mark of a removed key; and each value lies at a place of its layer's text, so that a law about origins
//! can be told from one about values.
//!
//! A configuration of one's own: [`overlays`] makes layers that set some of the settings that the defaults
//! have, each to a value of the same type.
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

use text::{TreeWriter, placed};

mod text;

/// Three bare names that meet again and again, and one that TOML has to quote.
const NAMES: [&str; 4] = ["a", "b", "c", "e.f \"g\""];

/// Texts that a guess would turn into something else, that need escapes, or that are empty.
const TEXTS: [&str; 9] = ["", "x", "y", "true", "00123", "1e10", "a, b", "\"\\\n\t\r", "é\u{1}\u{7f}"];

/// The four forms of TOML's dates.
const DATES: [&str; 4] = ["1979-05-27T07:32:00Z", "1979-05-27T00:32:00.999", "1979-05-27", "07:32:00.5"];

/// One to three names of the small alphabet.
pub fn key() -> impl Strategy<Value = Key> {
    vec(name(), 1..=3).prop_map(Key::of)
}

/// Any value a layer may hold: scalars, lists, tables to a depth of three, and marks of removed keys.
pub fn value() -> impl Strategy<Value = Value> {
    (node(Words::Layer), kind(), any::<bool>())
        .prop_map(|(node, kind, lines)| placed(&node, kind, "value", lines))
}

/// A layer: a table of values, at places of a document (with lines) or of a fragment (without).
pub fn layer() -> impl Strategy<Value = Layer> {
    layers(1).prop_map(|mut layers| layers.swap_remove(0))
}

/// Layers of distinct sources, lowest priority first; `count` is a number or a range of numbers.
pub fn layers(count: impl Into<SizeRange>) -> impl Strategy<Value = Vec<Layer>> {
    vec((table(Words::Layer), kind(), any::<bool>()), count).prop_map(|trees| stack(trees.into_iter()))
}

/// Layers that set some of the leaves of `defaults`, each to a value of the same type; lowest priority first.
///
/// A list is a leaf, and a new one has elements of the old one's types. Bounds of a schema are not known here:
/// a law that needs valid settings filters with `prop_assume!`.
pub fn overlays<C: Into<SizeRange>>(
    defaults: &Layer,
    count: C,
) -> impl Strategy<Value = Vec<Layer>> + use<C> {
    let mut leaves = Vec::new();
    defaults.root().leaves(false, &mut |key, leaf| leaves.push((key.clone(), Node::of(leaf))));
    let one = Vec::from_iter(leaves.into_iter().map(|(key, node)| {
        proptest::option::of(alike(&node)).prop_map(move |node| node.map(|node| (key.clone(), node)))
    }));
    let tree = one.prop_map(|leaves| {
        let mut tree = BTreeMap::new();
        leaves.into_iter().flatten().for_each(|(key, node)| insert(&mut tree, key.segments(), node));
        Node::Table(tree)
    });
    vec((tree, kind(), any::<bool>()), count).prop_map(|trees| stack(trees.into_iter()))
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

/// A TOML text as [`config_text`] makes it, and the tree that it says.
pub fn config() -> impl Strategy<Value = (String, Value)> {
    (table(Words::Toml), any::<bool>()).prop_map(|(node, headers)| {
        let mut text = TreeWriter::default();
        if headers {
            text.sections(&node, &Key::root())
        } else {
            text.lines(&node, &Key::root())
        }
        (text.written, placed(&node, LayerKind::File, "tree", true))
    })
}

/// A value without a place.
#[derive(Clone, Debug)]
enum Node {
    /// A leaf: anything but a list or a table.
    Leaf(Kind),
    Array(Vec<Self>),
    Table(BTreeMap<Text, Self>),
}

/// Which leaves may occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    /// What TOML can write.
    Toml,
    /// What a layer can hold: null and marks of removed keys too.
    Layer,
}

impl Node {
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
    sample::select(&[LayerKind::Defaults, LayerKind::File, LayerKind::Override, LayerKind::Remote][..])
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

fn leaf(words: Words) -> impl Strategy<Value = Node> {
    let plain = prop_oneof![
        4 => integer(),
        2 => any::<bool>().prop_map(Kind::Bool),
        3 => text(),
        1 => float(),
        1 => date(),
    ];
    let marks = sample::select(&[Kind::Null, Kind::Unset, Kind::Unset][..]);
    match words {
        Words::Toml => plain.prop_map(Node::Leaf).boxed(),
        Words::Layer => prop_oneof![4 => plain, 1 => marks].prop_map(Node::Leaf).boxed(),
    }
}

fn node(words: Words) -> impl Strategy<Value = Node> {
    let list = vec(element(), 0..=4).prop_map(Node::Array);
    prop_oneof![2 => leaf(words), 1 => list]
        .prop_recursive(3, 24, 4, |below| btree_map(name(), below, 0..=4).prop_map(Node::Table))
}

/// An element of a list: a mark of a removed key never stands in one.
fn element() -> impl Strategy<Value = Node> {
    prop_oneof![
        4 => leaf(Words::Toml),
        1 => btree_map(name(), leaf(Words::Toml), 0..=2).prop_map(Node::Table),
    ]
}

fn table(words: Words) -> impl Strategy<Value = Node> {
    btree_map(name(), node(words), 0..=6).prop_map(Node::Table)
}

/// Values of the type of `node`.
fn alike(node: &Node) -> proptest::strategy::BoxedStrategy<Node> {
    match node {
        Node::Leaf(Kind::Bool(_)) => any::<bool>().prop_map(|bool| Node::Leaf(Kind::Bool(bool))).boxed(),
        Node::Leaf(Kind::Number(Number::Int(_))) => integer().prop_map(Node::Leaf).boxed(),
        Node::Leaf(Kind::Number(_)) => float().prop_map(Node::Leaf).boxed(),
        Node::Leaf(Kind::String(_)) => text().prop_map(Node::Leaf).boxed(),
        Node::Leaf(Kind::Datetime(_)) => date().prop_map(Node::Leaf).boxed(),
        Node::Array(elements) if !elements.is_empty() => {
            let alternatives = elements.iter().map(alike).collect::<Vec<_>>();
            vec(proptest::strategy::Union::new(alternatives), 0..=4).prop_map(Node::Array).boxed()
        }
        Node::Leaf(Kind::Null | Kind::Unset | Kind::Array(_) | Kind::Table(_))
        | Node::Array(_)
        | Node::Table(_) => Just(node.clone()).boxed(),
    }
}

/// Sets a leaf in a tree of tables. The keys of one tree's leaves never lie below one another.
fn insert(tree: &mut BTreeMap<Text, Node>, key: &[Segment], node: Node) {
    match key {
        [Segment::Name(name)] => drop(tree.insert(name.clone(), node)),
        [Segment::Name(name), rest @ ..] => {
            let below = tree.entry(name.clone()).or_insert_with(|| Node::Table(BTreeMap::new()));
            if let Node::Table(members) = below {
                insert(members, rest, node);
            }
        }
        _ => {}
    }
}

fn stack(trees: impl Iterator<Item = (Node, LayerKind, bool)>) -> Vec<Layer> {
    let mut layers = Vec::new();
    for (node, kind, lines) in trees {
        let name = format!("layer {}", layers.len() + 1);
        layers.push(Layer::new(placed(&node, kind, &name, lines)));
    }
    layers
}
