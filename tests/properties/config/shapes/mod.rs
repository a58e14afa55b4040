//! Types of settings that are made up at run time: they ask a deserializer for what a derived type of that shape asks.

mod reading;

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

pub(crate) use reading::{Shaped, with_shape};

/// A type of settings.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Bool,
    U8,
    I64,
    F64,
    Text,
    /// `Secret<String>`.
    Secret,
    Option(Box<Self>),
    List(Box<Self>),
    Tuple(Vec<Self>),
    Map(Box<Self>),
    Newtype(&'static str, Box<Self>),
    Struct(&'static [&'static str], Vec<Self>),
    /// Variants without content first; then those with content, of which there are as many as shapes.
    Enum(&'static [&'static str], Vec<Self>),
    /// Read into a buffer first, as serde reads what is flattened, untagged or internally tagged.
    Buffered(Box<Self>),
}

/// No two of them are the same variable.
const NAMES: [&str; 8] = ["host", "port", "maxMb", "b_c", "x-y", "kind", "Level", "z1"];
/// How the text of every secret begins, and no other text.
pub(crate) const CANARY: &str = "canary-";
/// The keys of maps: a variable names only those in lower case.
const KEYS: [&str; 3] = ["acme", "eu1", "b_d"];

/// serde identifies nothing by the address of a name, but the search for types that lie in themselves does.
fn names(count: impl Into<proptest::sample::SizeRange>) -> impl Strategy<Value = &'static [&'static str]> {
    let names = proptest::sample::subsequence(NAMES.to_vec(), count);
    names.prop_map(|names| &*names.leak())
}

/// A struct of up to four levels.
pub(crate) fn shapes() -> impl Strategy<Value = Shape> {
    fields(shape())
}

fn fields(shape: impl Strategy<Value = Shape> + Clone + 'static) -> BoxedStrategy<Shape> {
    let fields = names(1..=4).prop_flat_map(move |names| {
        proptest::collection::vec(shape.clone(), names.len()).prop_map(move |shapes| (names, shapes))
    });
    fields.prop_map(|(names, shapes)| Shape::Struct(names, shapes)).boxed()
}

fn shape() -> impl Strategy<Value = Shape> + Clone {
    let scalar = prop_oneof![
        Just(Shape::Bool),
        Just(Shape::U8),
        Just(Shape::I64),
        Just(Shape::F64),
        Just(Shape::Text),
        Just(Shape::Secret),
        names(1..=3).prop_map(|variants| Shape::Enum(variants, Vec::new())),
    ];
    scalar.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| match inner {
                // An option in an option has no second null.
                Shape::Option(_) => inner,
                inner => Shape::Option(Box::new(inner)),
            }),
            inner.clone().prop_map(|inner| Shape::List(Box::new(inner))),
            inner.clone().prop_map(|inner| Shape::Map(Box::new(inner))),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Shape::Tuple),
            inner.clone().prop_map(|inner| Shape::Newtype(String::from("N").leak(), Box::new(inner))),
            inner.clone().prop_map(|inner| Shape::Buffered(Box::new(in_lower_case(inner)))),
            fields(inner.clone()),
            (names(2..=4), inner.clone(), proptest::option::of(inner)).prop_map(|(variants, one, other)| {
                let contents = [Some(one), other].into_iter().flatten().collect();
                Shape::Enum(variants, contents)
            }),
        ]
    })
}

/// A shape for a buffer, whose names are not known: a variable without a layer below means those in lower case.
fn in_lower_case(shape: Shape) -> Shape {
    let inner = |inner: Box<Shape>| Box::new(in_lower_case(*inner));
    let all = |shapes: Vec<Shape>| shapes.into_iter().map(in_lower_case).collect();
    let names = |names: &[&str]| -> &'static [&'static str] {
        let lower = names.iter().map(|name| &*name.to_lowercase().replace('-', "_").leak());
        lower.collect::<Vec<_>>().leak()
    };
    match shape {
        Shape::Option(of) => Shape::Option(inner(of)),
        Shape::List(of) => Shape::List(inner(of)),
        Shape::Tuple(shapes) => Shape::Tuple(all(shapes)),
        Shape::Map(of) => Shape::Map(inner(of)),
        Shape::Newtype(name, of) => Shape::Newtype(name, inner(of)),
        Shape::Buffered(of) => Shape::Buffered(inner(of)),
        Shape::Struct(fields, shapes) => Shape::Struct(names(fields), all(shapes)),
        Shape::Enum(variants, contents) => Shape::Enum(names(variants), all(contents)),
        // It is not found there.
        Shape::Secret => Shape::Text,
        scalar => scalar,
    }
}

/// A value that the type accepts, as a document has it.
pub(crate) fn values(shape: &Shape) -> BoxedStrategy<Json> {
    match shape {
        Shape::Bool => any::<bool>().prop_map(Json::from).boxed(),
        Shape::U8 => any::<u8>().prop_map(Json::from).boxed(),
        Shape::I64 => any::<i64>().prop_map(Json::from).boxed(),
        Shape::F64 => any::<i32>().prop_map(|number| json!(f64::from(number) / 8.0)).boxed(),
        // Also what looks like a number, a boolean, or a part of JSON.
        Shape::Text => prop_oneof!["[a-z]{1,5}", "[0-9]{1,5}", "true|null|1e3|-0|0x1F|,|a,b|\\[|\\{\\}|\"x"]
            .prop_map(Json::from)
            .boxed(),
        Shape::Secret => (0..10_000).prop_map(|number| Json::from(format!("{CANARY}{number}"))).boxed(),
        Shape::Option(inner) => prop_oneof![values(inner), Just(Json::Null)].boxed(),
        Shape::Newtype(_, inner) | Shape::Buffered(inner) => values(inner),
        Shape::List(inner) => proptest::collection::vec(values(inner), 0..3).prop_map(Json::from).boxed(),
        Shape::Tuple(shapes) => {
            let elements: Vec<_> = shapes.iter().map(values).collect();
            elements.prop_map(Json::from).boxed()
        }
        Shape::Map(inner) => {
            proptest::collection::hash_map(proptest::sample::select(&KEYS[..]), values(inner), 0..3)
                .prop_map(|members| members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
                .boxed()
        }
        Shape::Struct(fields, shapes) => {
            let members: Vec<_> = shapes.iter().map(values).collect();
            let fields = *fields;
            members.prop_map(move |members| object(fields.iter().copied().zip(members))).boxed()
        }
        Shape::Enum(variants, contents) => {
            let units = variants.len() - contents.len();
            let unit = proptest::sample::select(&variants[..units.max(1)]).prop_map(Json::from);
            let mut all = if units > 0 { vec![unit.boxed()] } else { Vec::new() };
            for (variant, content) in variants[units..].iter().zip(contents) {
                all.push(values(content).prop_map(move |content| object([(*variant, content)])).boxed());
            }
            proptest::strategy::Union::new(all).boxed()
        }
    }
}

fn object<'a>(members: impl IntoIterator<Item = (&'a str, Json)>) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

/// The names of the fields and variants that are secrets, or lists and maps of secrets.
pub(crate) fn secret_names(shape: &Shape) -> Vec<&'static str> {
    let (names, shapes): (&[&str], &[Shape]) = match shape {
        Shape::Struct(names, shapes) => (names, shapes),
        Shape::Enum(variants, contents) => (&variants[variants.len() - contents.len()..], contents),
        Shape::Option(inner) | Shape::Newtype(_, inner) | Shape::List(inner) | Shape::Map(inner) => {
            return secret_names(inner);
        }
        Shape::Tuple(shapes) => return shapes.iter().flat_map(secret_names).collect(),
        _ => return Vec::new(),
    };
    let own = names.iter().zip(shapes).filter(|(_, shape)| is_secret(shape)).map(|(name, _)| *name);
    own.chain(shapes.iter().flat_map(secret_names)).collect()
}

/// Whether it is a secret, or a list or map of secrets.
pub(crate) fn is_secret(shape: &Shape) -> bool {
    match shape {
        Shape::Secret => true,
        Shape::Option(inner) | Shape::Newtype(_, inner) | Shape::List(inner) | Shape::Map(inner) => {
            is_secret(inner)
        }
        _ => false,
    }
}

/// The paths of the structs in a value of this type, each with whether one of its fields is secret.
pub(crate) fn structs(shape: &Shape, value: &Json) -> Vec<(Vec<String>, bool)> {
    let mut found = Vec::new();
    let mut add = |name: &str, shape: &Shape, value: &Json| {
        found.extend(structs(shape, value).into_iter().map(|(mut path, has_secret)| {
            path.insert(0, name.to_owned());
            (path, has_secret)
        }));
    };
    match (shape, value) {
        (Shape::Option(inner) | Shape::Newtype(_, inner), _) => return structs(inner, value),
        (Shape::Map(inner), Json::Object(members)) => {
            members.iter().for_each(|(name, member)| add(name, inner, member));
        }
        (Shape::Struct(fields, shapes), Json::Object(members)) => {
            fields.iter().zip(shapes).for_each(|(field, shape)| add(field, shape, &members[*field]));
            found.push((Vec::new(), shapes.iter().any(is_secret)));
        }
        _ => {}
    }
    found
}

/// A value that one variable sets: the names on the way to it, and its type.
pub(crate) type Leaf = (Vec<String>, Shape);

/// The leaves of a value of this type. A list is one leaf.
pub(crate) fn leaves(shape: &Shape, value: &Json) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    leaves_below(shape, value, &mut Vec::new(), &mut leaves);
    leaves
}

fn leaves_below(shape: &Shape, value: &Json, path: &mut Vec<String>, leaves: &mut Vec<Leaf>) {
    let mut below = |name: &str, shape: &Shape, value: &Json| {
        path.push(name.to_owned());
        leaves_below(shape, value, path, leaves);
        path.pop();
    };
    match (shape, value) {
        (Shape::Option(_), Json::Null) => {}
        (Shape::Option(inner) | Shape::Newtype(_, inner) | Shape::Buffered(inner), _) => {
            leaves_below(inner, value, path, leaves);
        }
        (Shape::Map(inner), Json::Object(members)) => {
            members.iter().for_each(|(name, member)| below(name, inner, member));
        }
        (Shape::Struct(fields, shapes), Json::Object(members)) => {
            for (field, shape) in fields.iter().zip(shapes) {
                below(field, shape, &members[*field]);
            }
        }
        (Shape::Enum(variants, contents), Json::Object(members)) => {
            let units = variants.len() - contents.len();
            let contents = variants[units..].iter().zip(contents);
            for (variant, content) in contents.filter(|(variant, _)| members.contains_key(**variant)) {
                below(variant, content, &members[*variant]);
            }
        }
        // Another variant with content would be a second member beside the present one.
        (Shape::Enum(variants, contents), _) => {
            let units = &variants[..variants.len() - contents.len()];
            leaves.push((path.clone(), Shape::Enum(units, Vec::new())));
        }
        _ => leaves.push((path.clone(), shape.clone())),
    }
}
