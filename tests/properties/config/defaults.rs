//! The defaults of a schema fill what is not set, and keep a valid tree valid.

use proptest::collection::btree_map;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};
use speckit_core::config::resolve::{Checked, Document, Inputs, Refused, Rules};
use speckit_core::{Key, Layer, ListStrategy, Merged, Value};

use super::generated::{compile, tree};

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// Schemas of tables in tables, where each `default` is valid for its subschema. Restrictions of a whole table
/// (`maxProperties`, `dependencies`, `not`) are left out: the law does not hold for them.
fn settings() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        (0..9_i64).prop_map(|int| json!({ "type": "integer", "minimum": 0, "default": int })),
        Just(json!({ "type": "integer", "minimum": 0 })),
        Just(json!({ "type": "string" })),
        Just(json!({ "type": "array", "items": { "type": "integer" }, "default": [1] })),
    ];
    let schema = leaf.prop_recursive(3, 20, 4, |below| {
        let members = btree_map(select(&NAMES[..]).prop_map(String::from), below, 1..=4);
        (members, prop::sample::subsequence(&NAMES[..], 0..=2), any::<bool>()).prop_map(|(members, required, open)| {
            json!({ "type": "object", "properties": members, "required": required, "additionalProperties": open })
        })
    });
    let root = btree_map(select(&NAMES[..]).prop_map(String::from), schema, 1..=4);
    root.prop_map(|members| json!({ "type": "object", "properties": members }))
}

fn configuration() -> impl Strategy<Value = Value> {
    let leaf =
        prop_oneof![3 => (0..9_i64).prop_map(Json::from), 1 => Just(json!("x")), 1 => Just(json!([2]))];
    let value = leaf.prop_recursive(3, 20, 4, |below| {
        btree_map(select(&NAMES[..]).prop_map(String::from), below, 0..=4).prop_map(|members| json!(members))
    });
    btree_map(select(&NAMES[..]).prop_map(String::from), value, 0..=4)
        .prop_map(|members| tree(&json!(members)))
}

/// The value and history of every leaf, or every diagnostic, as text.
fn outcome(result: Result<Checked, Refused>) -> String {
    let checked = match result {
        Ok(checked) => checked,
        Err(refused) => return format!("{:#?}", refused.diagnostics()),
    };
    let mut text = String::new();
    checked.merged().root().leaves(&mut |key, leaf| {
        // The origin of a table of defaults is that of the empty table that it fills, if there is one by then.
        let place = |value: &Value| {
            if value.as_table().is_none() { value.origin().to_string() } else { String::new() }
        };
        let past: Vec<String> =
            leaf.shadowed().iter().map(|value| format!("{value} {}", place(value))).collect();
        text += &format!("{key} = {leaf} {} after {past:?}\n", leaf.origin());
    });
    text
}

proptest! {
    #![proptest_config(speckit_tests::cases(96))]

    #[test]
    fn merging_fixed_layers_beforehand_gives_the_same_result(
        schema in settings(),
        never_changing in configuration(),
        file in configuration(),
    ) {
        let schema = compile(&schema).unwrap();
        let [below, above] = [never_changing, file].map(Layer::new);
        let inputs = |layers: &[&Layer]| Inputs {
            documents: layers.iter().map(|layer| Document::Parsed((*layer).clone())).collect(),
            ..Inputs::default()
        };
        let together = Rules::new(Some(schema.clone()));
        let together = together.check(together.read(&inputs(&[&below, &above])));
        let beforehand = Rules::new(Some(schema)).with_fixed_layers(std::slice::from_ref(&below));
        let beforehand = beforehand.check(beforehand.read(&inputs(&[&above])));
        prop_assert_eq!(outcome(together), outcome(beforehand));
    }

    #[test]
    fn defaults_keep_a_valid_tree_valid_and_every_value_of_it(
        schema in settings(),
        present in prop_oneof![1 => Just(None), 3 => configuration().prop_map(Some)],
    ) {
        let schema = compile(&schema).unwrap();
        let validator = schema.validator();
        let Some(defaults) = schema.defaults(present.as_ref()) else { return Ok(()) };
        let layers: Vec<Layer> = [defaults].into_iter().chain(present.clone().map(Layer::new)).collect();
        let merged = Merged::of(&layers, &|_| ListStrategy::Replace).unwrap();
        if let Some(present) = &present {
            present.leaves(&mut |key: &Key, leaf| {
                let there = merged.root().get(key);
                assert!(leaf.as_table().is_some() || there == Some(leaf), "{key}");
            });
            if validator.is_valid(present) {
                prop_assert!(validator.is_valid(merged.root()), "{}: {:?}", merged.root(), validator.check(merged.root()));
            }
        }
        // Filling the defaults again changes nothing.
        let again = schema.defaults(Some(merged.root())).map(|again| {
            Merged::of(&[again, Layer::new(merged.root().clone())], &|_| ListStrategy::Replace).unwrap()
        });
        prop_assert!(again.is_none_or(|again| again.root() == merged.root()));
    }
}

#[test]
fn merging_beforehand_gives_the_same_defaults_below_a_scalar() {
    let table = json!({ "type": "object", "properties": { "a": { "default": [1] } } });
    let schema = compile(&json!({ "properties": { "a": table, "b": table } })).unwrap();
    let [below, above] = [json!({ "b": 0 }), json!({ "b": {} })].map(|text| Layer::new(tree(&text)));
    let inputs = |layers: &[&Layer]| Inputs {
        documents: layers.iter().map(|layer| Document::Parsed((*layer).clone())).collect(),
        ..Inputs::default()
    };
    let together = Rules::new(Some(schema.clone()));
    let beforehand = Rules::new(Some(schema)).with_fixed_layers(std::slice::from_ref(&below));
    assert_eq!(
        outcome(together.check(together.read(&inputs(&[&below, &above])))),
        outcome(beforehand.check(beforehand.read(&inputs(&[&above])))),
    );
}
