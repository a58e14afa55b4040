//! The law of overrides: several in one layer give the same as each in a layer of its own.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;
use speckit_core::config::schema::Schema;
use speckit_core::config::source::Override;
use speckit_core::{Layer, Merged, Value};

use super::generated::{compile, tree};

/// A key for each way to merge.
fn schema() -> Schema {
    let list = |merge: serde_json::Value| json!({ "type": "array", "x-merge": merge });
    compile(&json!({ "properties": {
        "append": list(json!("append")),
        "union": list(json!("union")),
        "by": list(json!({ "by": "id" })),
        "list": { "type": "array" },
        "replace": { "type": "object", "x-merge": "replace" },
        "join": { "type": "object", "properties": { "append": list(json!("append")) } },
    } }))
    .unwrap()
}

fn option() -> impl Strategy<Value = Override> {
    let list = select(&["append", "union", "list", "join.append"][..]);
    let item = prop_oneof![Just(json!([])), (0..4_i64).prop_map(|one| json!([one])), Just(json!([1, 5]))];
    let items = prop_oneof![
        (list, item).prop_map(|(key, value)| (key.into(), value)),
        (0..3_i64, 0..3_i64).prop_map(|(id, x)| ("by".into(), json!([{ "id": id, "x": x }]))),
        (select(&["replace", "join"][..]), select(&["x", "y"][..]), 0..3_i64)
            .prop_map(|(key, name, value)| (key.into(), json!({ name: value }))),
        (select(&["replace.x", "replace.y", "join.x"][..]), 0..3_i64)
            .prop_map(|(key, value)| (key.into(), json!(value))),
        (select(&["append", "union", "list", "by"][..]), 0..2_usize, 0..3_i64)
            .prop_map(|(key, index, value)| (format!("{key}[{index}]"), json!({ "id": value }))),
    ];
    let set = items.prop_map(|(key, value)| Override::Json { key, json: value.to_string() });
    let unset = select(&["append", "by", "replace", "replace.x", "join"][..]);
    prop_oneof![9 => set, 1 => unset.prop_map(|key| Override::Unset { key: key.into() })]
}

/// The file with the overrides, of which each `group` is read into one layer.
fn merged(schema: &Schema, file: &Value, groups: &[&[Override]]) -> Merged {
    let strategy = |key: &_| schema.merge_strategy(key);
    let mut layers = vec![Layer::new(file.clone())];
    for group in groups {
        let below = Merged::of(&layers, &strategy).unwrap();
        layers.extend(Override::layer(group, Some(schema), None, Some(below.root())).0);
    }
    Merged::of(&layers, &strategy).unwrap()
}

proptest! {
    #[test]
    fn overrides_in_one_layer_are_merged_as_one_layer_each(
        options in vec(option(), 1..6),
        file in prop_oneof![
            Just(json!({})),
            Just(json!({ "append": [1, 2], "union": [1, 2], "list": [1, 2], "by": [{ "id": 1, "y": 1 }],
                         "replace": { "x": 1 }, "join": { "x": 1, "append": [1] } })),
            Just(json!({ "append": 5, "replace": null, "join": [1] })),
        ],
    ) {
        let (schema, file) = (schema(), tree(&file));
        let each: Vec<&[Override]> = options.iter().map(core::slice::from_ref).collect();
        let (together, apart) = (merged(&schema, &file, &[&options]), merged(&schema, &file, &each));
        prop_assert_eq!(together.root().to_string(), apart.root().to_string());
        // A layer sees no entries that unset a key below it.
        if !options.iter().any(|option| matches!(option, Override::Unset { .. })) {
            prop_assert_eq!(format!("{:?}", together.root()), format!("{:?}", apart.root()), "the histories");
        }
    }
}
