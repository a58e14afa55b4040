//! Checks the guarantees of the strategies, on which the other laws rely.

use proptest::prelude::*;
use speckit_core::config::source::{Language, parse};
use speckit_core::config::strategies::{config, key, layer, overlays};
use speckit_core::{Key, Kind, LayerKind, Source};

proptest! {
    #[test]
    fn a_text_parses_to_its_tree((text, tree) in config()) {
        let source = Source::document(LayerKind::File, "generated.toml", text);
        let layer = parse(&source, Language::Toml);
        prop_assert!(layer.is_ok(), "{:?} in {}", layer, source.text());
        let layer = layer.unwrap();
        prop_assert_eq!(layer.root(), &tree);
    }

    #[test]
    fn the_location_of_a_leaf_is_the_location_of_its_text(layer in layer()) {
        layer.root().leaves_and_elements(&mut |key, leaf| assert_eq!(leaf.origin().raw(), leaf.to_string(), "{key}"));
    }

    #[test]
    fn a_printed_key_parses_as_itself(key in key()) {
        prop_assert_eq!(key.to_string().parse::<Key>(), Ok(key));
    }

    #[test]
    fn an_overlay_contains_only_keys_of_the_defaults_with_the_same_types(
        (defaults, overlays) in layer().prop_flat_map(|layer| (Just(layer.clone()), overlays(&layer, 1)))
    ) {
        overlays[0].root().leaves(&mut |key, leaf| {
            // An overlay without any setting is one empty leaf at the root.
            if !key.is_root() {
                let default = defaults.root().get(key).expect("a key of the defaults");
                assert_eq!(std::mem::discriminant(leaf.kind()), std::mem::discriminant(default.kind()), "{key}");
            }
        });
    }
}

/// The laws of merging need layers that set the same keys, so this test counts such pairs.
#[test]
fn the_generated_layers_set_the_same_keys_in_every_way() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut scalar_over_table, mut table_over_scalar, mut lists, mut removals) = (0, 0, 0, 0);
    for _ in 0..1000 {
        let pair = (layer(), layer()).new_tree(&mut runner).expect("no filter rejects").current();
        pair.1.root().leaves(&mut |key, upper| {
            let Some(lower) = pair.0.root().get(key) else { return };
            match (lower.kind(), upper.kind()) {
                (_, Kind::Unset) => removals += 1,
                (Kind::Array(_), Kind::Array(_)) => lists += 1,
                (Kind::Table(_), above) if !matches!(above, Kind::Table(_)) => scalar_over_table += 1,
                _ => {}
            }
        });
        pair.0.root().leaves(&mut |key, _| {
            table_over_scalar +=
                usize::from(pair.1.root().get(key).is_some_and(|upper| upper.as_table().is_some()));
        });
    }
    for (name, count) in [
        ("scalars over tables", scalar_over_table),
        ("tables over scalars", table_over_scalar),
        ("lists over lists", lists),
        ("removals", removals),
    ] {
        assert!(count >= 25, "{count} {name} in 1000 pairs of layers");
    }
}
