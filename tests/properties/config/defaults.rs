//! Laws of the defaults of a schema: they set missing keys, and keep a valid tree valid.

use proptest::collection::btree_map;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};
use speckit_core::config::resolve::{Checked, Document, Inputs, Refused, Rules};
use speckit_core::{Key, Layer, MergeStrategy, Merged, Value};

use super::generated::{compile, tree};

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// Schemas of nested tables, in which each `default` is valid for its subschema. The law does not hold for restrictions of
/// a table (`maxProperties`, `dependencies`, `not`), so they are left out.
fn settings() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        (0..9_i64).prop_map(|int| json!({ "type": "integer", "minimum": 0, "default": int })),
        Just(json!({ "type": "integer", "minimum": 0 })),
        Just(json!({ "type": "string" })),
        Just(json!({ "type": "array", "items": { "type": "integer" }, "default": [1] })),
    ];
    let schema = leaf.prop_recursive(3, 20, 4, |lower| {
        let members = btree_map(select(&NAMES[..]).prop_map(String::from), lower, 1..=4);
        (members, prop::sample::subsequence(&NAMES[..], 0..=2), any::<bool>()).prop_map(|(members, required, open)| {
            json!({ "type": "object", "properties": members, "required": required, "additionalProperties": open })
        })
    });
    let root = btree_map(select(&NAMES[..]).prop_map(String::from), schema, 1..=4);
    root.prop_map(|members| json!({ "type": "object", "properties": members }))
}

/// Settings with two variants of a table, each with members and defaults of its own; `x` chooses one.
fn variants() -> impl Strategy<Value = Json> {
    let variant = |(number, schema): (usize, Json)| {
        let mut properties = schema["properties"].clone();
        properties["x"] = json!({ "const": number });
        json!({ "type": "object", "properties": properties })
    };
    prop::array::uniform2(settings()).prop_map(move |settings| {
        let variants: Vec<Json> = settings.into_iter().enumerate().map(variant).collect();
        json!({ "type": "object", "properties": { "t": { "anyOf": variants } } })
    })
}

/// A configuration that may choose one of the [`variants`].
fn choosing() -> impl Strategy<Value = Value> {
    let table = (prop_oneof![3 => (0..2_i64).prop_map(Some), 1 => Just(None)], configuration());
    table.prop_map(|(chosen, table)| {
        let mut table = table.to_json();
        chosen.into_iter().for_each(|chosen| table["x"] = chosen.into());
        tree(&json!({ "t": table }))
    })
}

/// Schemas of every kind of table and list that has defaults.
fn rich() -> impl Strategy<Value = Json> {
    let list = |merge: &str| json!({ "type": "array", "items": { "type": "integer" }, "default": [1, 7], "x-merge": merge });
    let leaf = prop_oneof![
        (0..4_i64).prop_map(|int| json!({ "default": int })),
        Just(json!({})),
        Just(json!({ "default": null })),
        select(&["append", "union", "replace"][..]).prop_map(list),
    ];
    let schema = leaf.prop_recursive(3, 24, 4, |lower| {
        let members = btree_map(select(&NAMES[..]).prop_map(String::from), lower.clone(), 1..=4);
        let table = members.prop_map(|members| json!({ "type": "object", "properties": members }));
        let with = |keyword: &'static str, value: Json| {
            move |mut table: Json| {
                table[keyword] = value.clone();
                table
            }
        };
        prop_oneof![
            4 => table.clone(),
            1 => table.clone().prop_map(with("required", json!(["a"]))),
            1 => table.clone().prop_map(with("x-merge", json!("replace"))),
            1 => table.clone().prop_map(with("default", json!({ "b": 5 }))),
            1 => table.clone().prop_map(with("type", json!(["object", "null"]))),
            1 => table.clone().prop_map(|table| json!({ "anyOf": [table, { "type": "null" }] })),
            1 => (table.clone(), lower.clone())
                .prop_map(move |(table, other)| with("additionalProperties", other)(table)),
            1 => table.clone()
                .prop_map(|table| json!({ "properties": { "e": { "default": 3 } }, "allOf": [table] })),
            2 => (table.clone(), table.clone()).prop_map(|(mut one, mut other)| {
                one["properties"]["d"] = json!({ "const": 0 });
                other["properties"]["d"] = json!({ "const": 1 });
                json!({ "type": "object", "oneOf": [one, other] })
            }),
            1 => (table.clone(), any::<bool>()).prop_map(|(table, by)| {
                let merge = if by { json!({ "by": "a" }) } else { json!("append") };
                json!({ "type": "array", "items": table, "x-merge": merge })
            }),
        ]
    });
    let root = btree_map(select(&NAMES[..]).prop_map(String::from), schema, 1..=4);
    root.prop_map(|members| json!({ "type": "object", "properties": members }))
}

/// Any configuration, with tables in lists.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => (0..2_i64).prop_map(Json::from),
        1 => Just(json!([2])),
        1 => Just(json!([{ "a": 1, "b": 2 }])),
        1 => Just(json!(null)),
    ];
    let value = leaf.prop_recursive(3, 20, 4, |lower| {
        btree_map(select(&NAMES[..]).prop_map(String::from), lower, 0..=4).prop_map(|members| json!(members))
    });
    btree_map(select(&NAMES[..]).prop_map(String::from), value, 0..=4)
        .prop_map(|members| tree(&json!(members)))
}

fn configuration() -> impl Strategy<Value = Value> {
    let leaf =
        prop_oneof![3 => (0..9_i64).prop_map(Json::from), 1 => Just(json!("x")), 1 => Just(json!([2]))];
    let value = leaf.prop_recursive(3, 20, 4, |lower| {
        btree_map(select(&NAMES[..]).prop_map(String::from), lower, 0..=4).prop_map(|members| json!(members))
    });
    btree_map(select(&NAMES[..]).prop_map(String::from), value, 0..=4)
        .prop_map(|members| tree(&json!(members)))
}

/// Describes the value and history of every leaf, or every diagnostic.
fn describe(result: Result<Checked, Refused>) -> String {
    let checked = match result {
        Ok(checked) => checked,
        Err(refused) => return format!("{:#?}", refused.diagnostics()),
    };
    let mut text = String::new();
    checked.merged().root().leaves(&mut |key, leaf| {
        // A table of defaults has the origin of the empty table that it fills. Its existence depends on the order of merging.
        let place = |value: &Value| {
            if value.as_table().is_none() { value.origin().to_string() } else { String::new() }
        };
        let shadowed: Vec<String> =
            leaf.shadowed().iter().map(|value| format!("{value} {}", place(value))).collect();
        text += &format!("{key} = {leaf} {} after {shadowed:?}\n", leaf.origin());
    });
    text
}

proptest! {
    #![proptest_config(speckit_tests::cases(96))]

    #[test]
    fn merging_fixed_layers_in_advance_gives_the_same_result(
        (schema, fixed, file) in prop_oneof![
            (settings(), configuration(), configuration()),
            (variants(), choosing(), choosing()),
            (rich(), anything(), anything()),
        ],
    ) {
        let schema = compile(&schema).unwrap();
        let [lower, upper] = [fixed, file].map(Layer::new);
        let inputs = |layers: &[&Layer]| Inputs {
            documents: layers.iter().map(|layer| Document::Parsed((*layer).clone())).collect(),
            ..Inputs::default()
        };
        let together = Rules::new(Some(schema.clone()));
        let together = together.check(together.read(&inputs(&[&lower, &upper])));
        let in_advance = Rules::new(Some(schema)).with_fixed_layers(std::slice::from_ref(&lower));
        let in_advance = in_advance.check(in_advance.read(&inputs(&[&upper])));
        prop_assert_eq!(describe(together), describe(in_advance));
    }

    #[test]
    fn defaults_keep_every_value_and_keep_a_valid_tree_valid(
        schema in settings(),
        existing in prop_oneof![1 => Just(None), 3 => configuration().prop_map(Some)],
    ) {
        let schema = compile(&schema).unwrap();
        let validator = schema.validator();
        let Some(defaults) = schema.defaults(existing.as_ref()) else { return Ok(()) };
        let layers: Vec<Layer> = [defaults].into_iter().chain(existing.clone().map(Layer::new)).collect();
        let merged = Merged::of(&layers, &|_| MergeStrategy::Join).unwrap();
        if let Some(existing) = &existing {
            existing.leaves(&mut |key: &Key, leaf| {
                let value = merged.root().get(key);
                assert!(leaf.as_table().is_some() || value == Some(leaf), "{key}");
            });
            if validator.is_valid(existing) {
                prop_assert!(validator.is_valid(merged.root()), "{}: {:?}", merged.root(), validator.check(merged.root()));
            }
        }
        // Filling the defaults again changes nothing.
        let again = schema.defaults(Some(merged.root())).map(|again| {
            Merged::of(&[again, Layer::new(merged.root().clone())], &|_| MergeStrategy::Join).unwrap()
        });
        prop_assert!(again.is_none_or(|again| again.root() == merged.root()));
    }
}

#[test]
fn merging_in_advance_gives_the_same_defaults_below_a_scalar() {
    let table = json!({ "type": "object", "properties": { "a": { "default": [1] } } });
    let schema = compile(&json!({ "properties": { "a": table, "b": table } })).unwrap();
    let [lower, upper] = [json!({ "b": 0 }), json!({ "b": {} })].map(|text| Layer::new(tree(&text)));
    let inputs = |layers: &[&Layer]| Inputs {
        documents: layers.iter().map(|layer| Document::Parsed((*layer).clone())).collect(),
        ..Inputs::default()
    };
    let together = Rules::new(Some(schema.clone()));
    let in_advance = Rules::new(Some(schema)).with_fixed_layers(std::slice::from_ref(&lower));
    assert_eq!(
        describe(together.check(together.read(&inputs(&[&lower, &upper])))),
        describe(in_advance.check(in_advance.read(&inputs(&[&upper])))),
    );
}

#[test]
fn merging_in_advance_fills_a_schema_that_contains_itself_once() {
    let node = json!({ "properties": { "port": { "default": 80 }, "child": { "allOf": [{ "$ref": "#/definitions/n" }], "default": {} } } });
    let schema = compile(&json!({ "$ref": "#/definitions/n", "definitions": { "n": node } })).unwrap();
    let [lower, upper] = [json!({ "port": 1 }), json!({ "port": 2 })].map(|text| Layer::new(tree(&text)));
    let inputs = |layers: &[&Layer]| Inputs {
        documents: layers.iter().map(|layer| Document::Parsed((*layer).clone())).collect(),
        ..Inputs::default()
    };
    let together = Rules::new(Some(schema.clone()));
    let in_advance = Rules::new(Some(schema)).with_fixed_layers(std::slice::from_ref(&lower));
    let together = describe(together.check(together.read(&inputs(&[&lower, &upper]))));
    assert!(together.contains("child.port = 80") && !together.contains("child.child"), "{together}");
    assert_eq!(together, describe(in_advance.check(in_advance.read(&inputs(&[&upper])))));
}
