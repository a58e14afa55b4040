//! The laws of merging. Histories are part of the result, so whole debug texts are compared.

use proptest::prelude::*;
use speckit_core::config::merge;
use speckit_core::config::strategies::{layer, layers, value};
use speckit_core::{Fingerprint, Key, Kind, Layer, ListStrategy, Merged, Origin, Value};

/// The last name of a key selects the strategy of its lists, so that one tree covers all three.
fn by_name(key: &Key) -> ListStrategy {
    match key.last_name() {
        Some("a") => ListStrategy::Append,
        Some("b") => ListStrategy::Union,
        _ => ListStrategy::Replace,
    }
}

fn replace(_: &Key) -> ListStrategy {
    ListStrategy::Replace
}

fn unite(_: &Key) -> ListStrategy {
    ListStrategy::Union
}

/// The value with all its origins and shadows.
fn whole(value: &Value) -> String {
    format!("{value:?}")
}

fn merged(layers: &[Layer]) -> Merged {
    Merged::of(layers, &replace).expect("at least one layer")
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

fn same_place(a: &Origin, b: &Origin) -> bool {
    std::sync::Arc::ptr_eq(a.source(), b.source()) && a.span() == b.span()
}

/// A simple merge without sharing, origins and histories.
fn naive(lower: &Value, upper: &Value) -> Value {
    let (Some(below), Some(above)) = (lower.as_table(), upper.as_table()) else {
        return fresh(upper);
    };
    let names = below.keys().chain(above.keys()).cloned();
    Value::table(
        names.map(|name| {
            let member = match (below.get(&name), above.get(&name)) {
                (Some(lower), Some(upper)) => naive(lower, upper),
                (Some(only), None) | (None, Some(only)) => fresh(only),
                (None, None) => unreachable!("each name is one of the two tables'"),
            };
            (name, member)
        }),
        origin(),
    )
}

/// The same value built again from its leaves, with a new fingerprint.
fn fresh(value: &Value) -> Value {
    match value.kind() {
        Kind::Table(members) => {
            Value::table(members.iter().map(|(name, member)| (name.clone(), fresh(member))), origin())
        }
        Kind::Array(elements) => Value::array(elements.iter().map(fresh), origin()),
        leaf => Value::new(leaf.clone(), origin()),
    }
}

/// The contributions to a key, lowest first: each shadow and the value itself, or the values that they were joined from.
/// Empty tables are left out, since they contribute nothing to a table.
fn contributions(value: &Value) -> Vec<(Origin, Fingerprint)> {
    let stack = value.shadowed().iter().chain([value]);
    stack
        .flat_map(
            |entry| if entry.joined().is_empty() { std::slice::from_ref(entry) } else { entry.joined() },
        )
        .filter(|entry| !is_empty_table(entry))
        .map(|entry| (entry.origin().clone(), entry.fingerprint()))
        .collect()
}

proptest! {
    #[test]
    fn merging_is_associative_and_so_are_histories(a in value(), b in value(), c in value(), d in value()) {
        let m = |lower: &Value, upper: &Value| merge(lower, upper, &by_name);
        let from_the_left = m(&m(&m(&a, &b), &c), &d);
        prop_assert_eq!(whole(&from_the_left), whole(&m(&a, &m(&b, &m(&c, &d)))));
        prop_assert_eq!(whole(&from_the_left), whole(&m(&m(&a, &b), &m(&c, &d))));
    }

    #[test]
    fn an_empty_layer_changes_nothing(layers in layers(1..=3)) {
        let stacked = layers.iter().skip(1).fold(layers[0].root().clone(), |below, layer| {
            merge(&below, layer.root(), &by_name)
        });
        prop_assume!(!is_empty_table(&stacked));
        prop_assert_eq!(whole(&merge(&stacked, &empty(), &by_name)), whole(&stacked));
        prop_assert_eq!(whole(&merge(&empty(), &stacked, &by_name)), whole(&stacked));
    }

    #[test]
    fn a_layer_merged_with_itself_gives_its_values(value in value()) {
        prop_assert_eq!(&merge(&value, &value, &replace), &value);
        prop_assert_eq!(&merge(&value, &value, &unite), &value);
    }

    #[test]
    fn the_highest_layer_wins_at_every_leaf(layers in layers(1..=5)) {
        merged(&layers).root().leaves(&mut |key, leaf| {
            let highest = layers.iter().rev().find_map(|layer| layer.root().get(key)).expect("some layer has it");
            // A table is empty too when all its members are removed.
            if is_empty_table(leaf) {
                assert!(highest.as_table().is_some(), "{key}");
            } else {
                assert_eq!(leaf, highest, "{key}");
            }
        });
    }

    #[test]
    fn every_leaf_of_the_highest_layer_is_there_unless_it_removes(layers in layers(1..=5)) {
        let merged = merged(&layers);
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
    fn the_origin_of_each_leaf_is_a_place_of_a_layer_that_holds_it(layers in layers(1..=5)) {
        merged(&layers).root().leaves(&mut |key, leaf| {
            let held = layers.iter().filter_map(|layer| layer.root().get(key));
            let at_its_place = held.filter(|value| same_place(value.origin(), leaf.origin())).collect::<Vec<_>>();
            assert_eq!(at_its_place.len(), 1, "{key} at {}", leaf.origin());
            assert!(is_empty_table(leaf) || at_its_place[0] == leaf, "{key}");
        });
    }

    #[test]
    fn the_history_of_a_key_has_each_layer_that_sets_it_lowest_first(layers in layers(1..=5)) {
        let marked = layers.iter().skip(1).fold(layers[0].root().clone(), |below, layer| {
            merge(&below, layer.root(), &by_name)
        });
        for (name, value) in marked.as_table().expect("layers are tables") {
            let set = layers.iter().filter_map(|layer| layer.root().member(name)).filter(|v| !is_empty_table(v));
            let actual = contributions(value);
            let places = |all: &[Origin]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
            let expected = set.clone().map(|value| value.origin().clone()).collect::<Vec<_>>();
            let found = actual.iter().map(|(origin, _)| origin.clone()).collect::<Vec<_>>();
            prop_assert_eq!(places(&found), places(&expected), "{}", name);
            prop_assert!(actual.iter().map(|(_, print)| *print).eq(set.map(Value::fingerprint)), "{}", name);
        }
    }

    #[test]
    fn sharing_does_not_change_the_result_of_a_merge(a in layer(), b in layer(), c in layer()) {
        let merged = merge(&merge(a.root(), b.root(), &replace), c.root(), &replace);
        let naive = naive(&naive(a.root(), b.root()), c.root());
        prop_assert_eq!(&merged, &naive);
        prop_assert_eq!(merged.to_string(), naive.to_string());
        prop_assert_eq!(fresh(&merged).fingerprint(), merged.fingerprint());
    }

    #[test]
    fn no_mark_of_a_removed_key_is_in_the_merged_tree(layers in layers(1..=4)) {
        merged(&layers).root().leaves_and_elements(&mut |key, leaf| {
            assert!(!matches!(leaf.kind(), Kind::Unset), "{key}");
        });
    }
}
