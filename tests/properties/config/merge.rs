//! Laws of merging. The history of a value is a part of the result, so complete debug texts are compared.

use proptest::prelude::*;
use speckit_core::config::merge;
use speckit_core::config::strategies::{layer, layers, value};
use speckit_core::{Fingerprint, Key, Kind, Layer, MergeStrategy, Merged, Number, Origin, Value};

/// The last name of a key selects its strategy, so that one tree covers all.
fn by_name(key: &Key) -> MergeStrategy {
    match key.last_name() {
        Some("a") => MergeStrategy::Append,
        Some("b") => MergeStrategy::Union,
        Some("c") => MergeStrategy::Join,
        Some("items") => MergeStrategy::By("id".into()),
        Some(_) => MergeStrategy::Replace,
        None => MergeStrategy::Join,
    }
}

fn join(_: &Key) -> MergeStrategy {
    MergeStrategy::Join
}

fn union(_: &Key) -> MergeStrategy {
    MergeStrategy::Union
}

/// A table with a list of tables, some with the same `id`, some without one.
fn items() -> impl Strategy<Value = Value> {
    let item = (proptest::option::of(0..3_i64), value()).prop_map(|(id, value)| {
        let id = id.map(|id| ("id".into(), Value::new(Kind::Number(Number::Int(id)), origin())));
        Value::table(id.into_iter().chain([("c".into(), value)]), origin())
    });
    let list = proptest::collection::vec(item, 0..5).prop_map(|items| Value::array(items, origin()));
    prop_oneof![9 => list, 1 => value()].prop_map(|items| Value::table([("items".into(), items)], origin()))
}

/// The `id`s of the items, lowest first, each as often as the layer with most of them has it.
fn expected_ids(layers: &[Value]) -> Vec<Option<i64>> {
    let mut expected: Vec<Option<i64>> = Vec::new();
    for layer in layers {
        let ids = ids(layer);
        for (place, id) in ids.iter().enumerate() {
            let count = |all: &[Option<i64>]| all.iter().filter(|other| *other == id).count();
            if id.is_none() || count(&ids[..=place]) > count(&expected) {
                expected.push(*id);
            }
        }
    }
    expected
}

fn ids(tree: &Value) -> Vec<Option<i64>> {
    let items = tree.member("items").and_then(Value::as_array).into_iter().flatten();
    items.map(|item| item.member("id").and_then(|id| id.as_number()?.as_i64())).collect()
}

/// The value with all its origins and shadowed values.
fn debug_text(value: &Value) -> String {
    format!("{value:?}")
}

fn merge_layers(layers: &[Layer]) -> Merged {
    Merged::of(layers, &join).expect("at least one layer")
}

fn empty() -> Value {
    Layer::new(Value::table([], origin())).root().clone()
}

fn origin() -> Origin {
    let source = speckit_core::Source::document(speckit_core::LayerKind::File, "empty.toml", "");
    Origin::whole(&source)
}

fn is_empty_table(value: &Value) -> bool {
    value.as_table().is_some_and(|members| members.is_empty())
}

fn have_same_location(a: &Origin, b: &Origin) -> bool {
    std::sync::Arc::ptr_eq(a.source(), b.source()) && a.span() == b.span()
}

/// Merges without sharing, origins and histories.
fn merge_naively(lower: &Value, upper: &Value) -> Value {
    let (Some(lower), Some(upper)) = (lower.as_table(), upper.as_table()) else {
        return rebuild(upper);
    };
    let names = lower.keys().chain(upper.keys()).cloned();
    Value::table(
        names.map(|name| {
            let member = match (lower.get(&name), upper.get(&name)) {
                (Some(lower), Some(upper)) => merge_naively(lower, upper),
                (Some(only), None) | (None, Some(only)) => rebuild(only),
                (None, None) => unreachable!("each name is one of the two tables'"),
            };
            (name, member)
        }),
        origin(),
    )
}

/// Builds the same value again from its leaves, with a new fingerprint.
fn rebuild(value: &Value) -> Value {
    match value.kind() {
        Kind::Table(members) => {
            Value::table(members.iter().map(|(name, member)| (name.clone(), rebuild(member))), origin())
        }
        Kind::Array(elements) => Value::array(elements.iter().map(rebuild), origin()),
        leaf => Value::new(leaf.clone(), origin()),
    }
}

/// The contributions to a key, lowest layer first: each shadowed value and the value itself, or the values that they were
/// joined from. Empty tables contribute nothing to a table, so they are left out.
fn contributions(value: &Value) -> Vec<(Origin, Fingerprint)> {
    let values = value.shadowed().iter().chain([value]);
    values
        .flat_map(
            |entry| if entry.joined().is_empty() { std::slice::from_ref(entry) } else { entry.joined() },
        )
        .filter(|entry| !is_empty_table(entry))
        .map(|entry| (entry.origin().clone(), entry.fingerprint()))
        .collect()
}

proptest! {
    #[test]
    fn merging_is_associative_for_values_and_histories(a in value(), b in value(), c in value(), d in value()) {
        let m = |lower: &Value, upper: &Value| merge(lower, upper, &by_name);
        let from_the_left = m(&m(&m(&a, &b), &c), &d);
        prop_assert_eq!(debug_text(&from_the_left), debug_text(&m(&a, &m(&b, &m(&c, &d)))));
        prop_assert_eq!(debug_text(&from_the_left), debug_text(&m(&m(&a, &b), &m(&c, &d))));
    }

    #[test]
    fn merging_items_by_a_member_is_associative_for_values_and_histories(a in items(), b in items(), c in items(), d in items()) {
        let m = |lower: &Value, upper: &Value| merge(lower, upper, &by_name);
        let from_the_left = m(&m(&m(&a, &b), &c), &d);
        prop_assert_eq!(debug_text(&from_the_left), debug_text(&m(&a, &m(&b, &m(&c, &d)))));
        prop_assert_eq!(debug_text(&from_the_left), debug_text(&m(&m(&a, &b), &m(&c, &d))));
    }

    #[test]
    fn items_keep_the_order_of_the_lowest_layer_that_has_them(layers in proptest::collection::vec(items(), 1..4)) {
        let are_lists = layers.iter().all(|layer| layer.member("items").is_some_and(|items| items.as_array().is_some()));
        prop_assume!(are_lists);
        let merged = layers[1..].iter().fold(layers[0].clone(), |lower, upper| merge(&lower, upper, &by_name));
        prop_assert_eq!(ids(&merged), expected_ids(&layers));
    }

    #[test]
    fn a_table_that_replaces_has_the_values_of_one_layer(a in value(), b in value()) {
        let merged = merge(&a, &b, &|_| MergeStrategy::Replace);
        prop_assert_eq!(&merged, &b);
        prop_assert_eq!(format!("{:?}", merged.origin()), format!("{:?}", b.origin()));
        prop_assert_eq!(debug_text(&merged.shadowed()[0]), debug_text(&a));
    }

    #[test]
    fn an_empty_layer_changes_nothing(layers in layers(1..=3)) {
        let stacked = layers.iter().skip(1).fold(layers[0].root().clone(), |lower, layer| {
            merge(&lower, layer.root(), &by_name)
        });
        prop_assume!(!is_empty_table(&stacked));
        prop_assert_eq!(debug_text(&merge(&stacked, &empty(), &by_name)), debug_text(&stacked));
        prop_assert_eq!(debug_text(&merge(&empty(), &stacked, &by_name)), debug_text(&stacked));
    }

    #[test]
    fn a_layer_merged_with_itself_gives_its_values(value in value()) {
        prop_assert_eq!(&merge(&value, &value, &join), &value);
        prop_assert_eq!(&merge(&value, &value, &union), &value);
    }

    #[test]
    fn the_highest_layer_wins_at_every_leaf(layers in layers(1..=5)) {
        merge_layers(&layers).root().leaves(&mut |key, leaf| {
            let highest = layers.iter().rev().find_map(|layer| layer.root().get(key)).expect("some layer has it");
            // A table is also empty if all its members were removed.
            if is_empty_table(leaf) {
                assert!(highest.as_table().is_some(), "{key}");
            } else {
                assert_eq!(leaf, highest, "{key}");
            }
        });
    }

    #[test]
    fn every_leaf_of_the_highest_layer_is_in_the_result_unless_it_removes_a_key(layers in layers(1..=5)) {
        let merged = merge_layers(&layers);
        layers.last().expect("at least one").root().leaves(&mut |key, leaf| {
            if matches!(leaf.kind(), Kind::Unset) {
                assert!(merged.root().get(key).is_none(), "{key}");
                assert!(merged.removed(key).is_some(), "{key}");
            } else if !is_empty_table(leaf) {
                assert_eq!(merged.root().get(key), Some(leaf), "{key}");
            }
        });
    }

    #[test]
    fn the_origin_of_each_leaf_is_a_location_in_a_layer_that_sets_it(layers in layers(1..=5)) {
        merge_layers(&layers).root().leaves(&mut |key, leaf| {
            let values = layers.iter().filter_map(|layer| layer.root().get(key));
            let at_same_location = values.filter(|value| have_same_location(value.origin(), leaf.origin())).collect::<Vec<_>>();
            assert_eq!(at_same_location.len(), 1, "{key} at {}", leaf.origin());
            assert!(is_empty_table(leaf) || at_same_location[0] == leaf, "{key}");
        });
    }

    #[test]
    fn the_history_of_a_key_contains_each_layer_that_sets_it_lowest_first(layers in layers(1..=5)) {
        let merged = layers.iter().skip(1).fold(layers[0].root().clone(), |lower, layer| {
            merge(&lower, layer.root(), &by_name)
        });
        for (name, value) in merged.as_table().expect("layers are tables") {
            let setting_values = layers.iter().filter_map(|layer| layer.root().member(name)).filter(|v| !is_empty_table(v));
            let actual = contributions(value);
            let places = |all: &[Origin]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
            let expected = setting_values.clone().map(|value| value.origin().clone()).collect::<Vec<_>>();
            let found = actual.iter().map(|(origin, _)| origin.clone()).collect::<Vec<_>>();
            prop_assert_eq!(places(&found), places(&expected), "{}", name);
            prop_assert!(actual.iter().map(|(_, print)| *print).eq(setting_values.map(Value::fingerprint)), "{}", name);
        }
    }

    #[test]
    fn sharing_does_not_change_the_result_of_a_merge(a in layer(), b in layer(), c in layer()) {
        let merged = merge(&merge(a.root(), b.root(), &join), c.root(), &join);
        let naive = merge_naively(&merge_naively(a.root(), b.root()), c.root());
        prop_assert_eq!(&merged, &naive);
        prop_assert_eq!(merged.to_string(), naive.to_string());
        prop_assert_eq!(rebuild(&merged).fingerprint(), merged.fingerprint());
    }

    #[test]
    fn the_result_of_a_merge_contains_no_removal_marks(layers in layers(1..=4)) {
        merge_layers(&layers).root().leaves_and_elements(&mut |key, leaf| {
            assert!(!matches!(leaf.kind(), Kind::Unset), "{key}");
        });
    }
}
