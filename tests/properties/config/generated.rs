//! Generates schemas of three drafts and instances with few names and texts, so that keywords often apply to instances.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value as Json, json};
use speckit_core::config::schema::{Documents, Schema};
use speckit_core::config::source::{Language, parse};
use speckit_core::{Diagnostic, Key, LayerKind, Segment, Source, Value};

/// The names of members. `$ref` and `$id` are ordinary names if they are not in the position of a keyword.
const NAMES: [&str; 6] = ["a", "b", "aa", "é", "$ref", "$id"];
const TEXTS: [&str; 9] = ["", "a", "aa", "b", "ab", "é", "1", "\u{0}5", "a\n"];
const PATTERNS: [&str; 8] = ["^a", "b$", "^aa?$", "é", "^.$", "^$", r"^\w+$", "[^a]"];
const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];
/// The number of schemas in `definitions`.
const DEFINITIONS: usize = 3;

/// Parses JSON to a tree.
pub(crate) fn tree(json: &Json) -> Value {
    parse(&Source::document(LayerKind::File, "generated.json", json.to_string()), Language::Json)
        .unwrap_or_else(|found| panic!("{json}: {found:?}"))
        .root()
        .clone()
}

/// Compiles a schema.
pub(crate) fn compile(schema: &Json) -> Result<Schema, Vec<Diagnostic>> {
    Schema::compile(&Documents::new("speckit://generated/schema.json", &tree(schema)))
}

/// Numbers that are difficult for types, steps and bounds: floats without a fraction, decimals that no binary float equals,
/// and integers near the limits of `i64`, of `u64` and of the exact integers of a float.
fn number() -> impl Strategy<Value = Json> {
    prop_oneof![
        6 => (-2..7_i64).prop_map(Json::from),
        3 => select(&[0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.1, 1.5, 2.0, -0.0, -1.0, 4.35][..]).prop_map(Json::from),
        1 => select(&[i64::MIN, i64::MAX, (1 << 53) + 1, 1 << 53][..]).prop_map(Json::from),
        1 => select(&[u64::MAX, u64::MAX - 1, 1 << 63][..]).prop_map(Json::from),
        1 => select(&[1e300, 1e19, 9_007_199_254_740_992.0, 1e-7][..]).prop_map(Json::from),
    ]
}

/// Keys, some of which lead to a part of an [`instance`].
pub(crate) fn key() -> impl Strategy<Value = Key> {
    let segment = prop_oneof![
        3 => select(&NAMES[..]).prop_map(|name| Segment::Name(name.into())),
        1 => (0..3_usize).prop_map(Segment::Index),
    ];
    vec(segment, 0..5).prop_map(|segments| segments.into_iter().fold(Key::root(), |key, next| key.join(next)))
}

/// Arbitrary JSON values with these names and texts.
pub(crate) fn instance() -> BoxedStrategy<Json> {
    let leaf = prop_oneof![
        1 => Just(Json::Null),
        1 => any::<bool>().prop_map(Json::from),
        4 => number(),
        4 => select(&TEXTS[..]).prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..=4).prop_map(Json::from),
            btree_map(select(&NAMES[..]).prop_map(String::from), inner, 0..=4)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
    .boxed()
}

/// Edits one place of an instance: adds, replaces or removes a member or an element of another instance.
pub(crate) fn edit_instance(instance: &Json, other: &Json, place: usize) -> Json {
    let edit =
        |old: Option<&Json>, new: &Json| old.map_or(new.clone(), |old| edit_instance(old, new, place / 4));
    match (instance, other) {
        (Json::Object(members), Json::Object(others)) if !others.is_empty() => {
            let mut members = members.clone();
            let (name, member) = others.iter().nth(place % others.len()).unwrap();
            match place % 3 {
                0 => drop(members.remove(name)),
                _ => drop(members.insert(name.clone(), edit(members.get(name), member))),
            }
            members.into()
        }
        (Json::Array(elements), Json::Array(others)) if !others.is_empty() => {
            let mut elements = elements.clone();
            let at = place % (elements.len() + 1);
            let element = edit(elements.get(at), &others[place % others.len()]);
            elements.splice(at..elements.len().min(at + 1), (!place.is_multiple_of(3)).then_some(element));
            elements.into()
        }
        _ => other.clone(),
    }
}

/// The addresses of the drafts; without one a schema is read as Draft 7.
const DRAFTS: [Option<&str>; 3] = [
    None,
    Some("https://json-schema.org/draft/2019-09/schema"),
    Some("https://json-schema.org/draft/2020-12/schema"),
];

/// Schemas of Draft 7, 2019-09 and 2020-12.
pub(crate) fn schema() -> BoxedStrategy<Json> {
    (schema_of_draft_7(), select(&DRAFTS[..])).prop_map(|(schema, draft)| in_draft(schema, draft)).boxed()
}

/// The schema with the keywords that the draft has for tuples and dependencies.
fn in_draft(schema: Json, draft: Option<&str>) -> Json {
    let Some(draft) = draft else { return schema };
    let mut schema = with_later_keywords(schema, draft.contains("2020"));
    if let Json::Object(members) = &mut schema {
        members.insert("$schema".into(), draft.into());
    }
    schema
}

fn with_later_keywords(schema: Json, has_prefix_items: bool) -> Json {
    let members = match schema {
        Json::Object(members) => members,
        Json::Array(inner) => {
            return inner.into_iter().map(|inner| with_later_keywords(inner, has_prefix_items)).collect();
        }
        other => return other,
    };
    let mut later = Map::new();
    for (name, value) in members {
        let value = with_later_keywords(value, has_prefix_items);
        match (name.as_str(), value) {
            ("dependencies", Json::Object(of)) => {
                let (names, schemas): (Map<_, _>, Map<_, _>) =
                    of.into_iter().partition(|(_, on)| on.is_array());
                later.insert("dependentRequired".into(), names.into());
                later.insert("dependentSchemas".into(), schemas.into());
            }
            ("items", value @ Json::Array(_)) if has_prefix_items => {
                drop(later.insert("prefixItems".into(), value))
            }
            ("additionalItems", value) if has_prefix_items => drop(later.insert("items".into(), value)),
            (_, value) => drop(later.insert(name, value)),
        }
    }
    later.into()
}

/// Schemas with definitions that refer to each other. Every cycle of references takes a step into the value.
pub(crate) fn schema_of_draft_7() -> BoxedStrategy<Json> {
    let definitions = (0..DEFINITIONS).map(|index| subschema(2, index, index)).collect::<Vec<_>>();
    (subschema(3, DEFINITIONS, DEFINITIONS), definitions)
        .prop_map(|(root, definitions)| {
            let Json::Object(mut root) = root else { return root };
            let named = definitions.into_iter().enumerate();
            let named = named.map(|(index, schema)| (format!("d{index}"), schema)).collect::<Map<_, _>>();
            root.insert("definitions".into(), named.into());
            root.into()
        })
        .boxed()
}

/// Schemas of a few keywords. `depth` limits the nesting of schemas. For the same value, a schema refers only to the first
/// `in_place` definitions, so that no cycle of references stays at one value.
fn subschema(depth: u32, in_place: usize, level: usize) -> BoxedStrategy<Json> {
    let keywords = vec(keyword(depth, level), 0..=4);
    let object = keywords.prop_map(|keywords| Json::Object(keywords.into_iter().flatten().collect()));
    let reference = (0..in_place.max(1), keyword(0, 0)).prop_map(move |(index, siblings)| {
        let mut schema: Map<String, Json> = siblings.into_iter().collect();
        if in_place > 0 {
            schema.insert("$ref".into(), format!("#/definitions/d{index}").into());
        }
        schema.into()
    });
    prop_oneof![1 => any::<bool>().prop_map(Json::from), 6 => object, 1 => reference].boxed()
}

/// One keyword with its value, or several keywords that belong together.
fn keyword(depth: u32, level: usize) -> BoxedStrategy<Vec<(String, Json)>> {
    let one = |name: &'static str, value: BoxedStrategy<Json>| {
        value.prop_map(move |value| vec![(name.to_string(), value)]).boxed()
    };
    let count = || prop_oneof![4 => (0..4_u8).prop_map(Json::from), 1 => Just(json!(2.0))].boxed();
    let step = select(&[1.0, 2.0, 0.1, 0.5, 0.3, 1.5, 0.01][..]);
    let step = prop_oneof![step.prop_map(Json::from), (1..4_u8).prop_map(Json::from)].boxed();
    let names = || subsequence(&NAMES[..], 0..=3).prop_map(Json::from).boxed();
    let types = prop_oneof![
        3 => select(&TYPES[..]).prop_map(Json::from),
        1 => subsequence(&TYPES[..], 1..=3).prop_map(Json::from),
    ];
    let mut all = vec![
        one("type", types.boxed()),
        one("enum", vec(instance(), 1..=4).prop_map(Json::from).boxed()),
        one("const", instance()),
        one("multipleOf", step),
        one("minimum", number().boxed()),
        one("maximum", number().boxed()),
        one("exclusiveMinimum", number().boxed()),
        one("exclusiveMaximum", number().boxed()),
        one("minLength", count()),
        one("maxLength", count()),
        one("pattern", select(&PATTERNS[..]).prop_map(Json::from).boxed()),
        one("minItems", count()),
        one("maxItems", count()),
        one("uniqueItems", any::<bool>().prop_map(Json::from).boxed()),
        one("minProperties", count()),
        one("maxProperties", count()),
        one("required", names()),
    ];
    if depth > 0 {
        let here = || subschema(depth - 1, level, level);
        let inside = || inner_schema(depth - 1, level);
        let some = || vec(here(), 1..=3).prop_map(Json::from).boxed();
        let by = |names: &'static [&'static str], of: BoxedStrategy<Json>| {
            btree_map(select(names).prop_map(String::from), of, 0..=3)
                .prop_map(|members| Json::Object(members.into_iter().collect()))
                .boxed()
        };
        let then = (here(), proptest::option::of(here()), proptest::option::of(here())).prop_map(
            |(condition, then, otherwise)| {
                let parts = [("if", Some(condition)), ("then", then), ("else", otherwise)];
                let set = parts.into_iter().filter_map(|(name, schema)| Some((name.to_string(), schema?)));
                set.collect::<Vec<_>>()
            },
        );
        let rest = (vec(inside(), 1..=2), inside()).prop_map(|(items, rest)| {
            vec![("items".to_string(), items.into()), ("additionalItems".to_string(), rest)]
        });
        all.extend([
            one("properties", by(&NAMES, inside())),
            one("properties", by(&NAMES, inside())),
            one("patternProperties", by(&PATTERNS, inside())),
            one("additionalProperties", inside()),
            one("propertyNames", inside()),
            one("dependencies", by(&NAMES, prop_oneof![names(), here()].boxed())),
            one("items", inside()),
            rest.boxed(),
            one("contains", inside()),
            (inside(), 0..3_u8, 0..3_u8)
                .prop_map(|(of, min, max)| {
                    let counts = [("minContains", min.into()), ("maxContains", max.into()), ("contains", of)];
                    counts.map(|(name, value)| (name.to_string(), value)).into()
                })
                .boxed(),
            one("unevaluatedProperties", inside()),
            one("unevaluatedItems", inside()),
            one("allOf", some()),
            one("anyOf", some()),
            one("anyOf", some()),
            one("oneOf", some()),
            one("oneOf", some()),
            one("not", here()),
            then.boxed(),
        ]);
    }
    proptest::strategy::Union::new(all).boxed()
}

/// Schemas for a part of the value, where a reference may have any target.
fn inner_schema(depth: u32, level: usize) -> BoxedStrategy<Json> {
    let anywhere = prop_oneof![
        1 => Just("#".to_string()),
        2 => (0..DEFINITIONS).prop_map(|index| format!("#/definitions/d{index}")),
    ];
    prop_oneof![
        4 => subschema(depth, level, level),
        1 => anywhere.prop_map(|target| json!({ "$ref": target })),
    ]
    .boxed()
}
