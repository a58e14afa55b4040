//! Values of a test's own strategies for the layers over a configuration: they are used, or refused with words.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use speckit_core::config::resolve::Rules;
use speckit_core::config::source::{Language, parse};
use speckit_core::config::strategies::{MatchingOverlays, overlays_matching};
use speckit_core::tree::typed::{LazyOutline, Outline};
use speckit_core::{LayerKind, Source};

#[derive(serde::Deserialize)]
struct Settings {
    workers: u8,
    #[expect(dead_code, reason = "it is only read")]
    name: Option<String>,
    #[expect(dead_code, reason = "it is only read")]
    server: Option<Server>,
}

#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "it is only read")]
struct Server {
    port: u16,
    hosts: Vec<String>,
}

fn overlays() -> MatchingOverlays<Settings> {
    let defaults = Source::document(LayerKind::Defaults, "defaults", "workers = 4\n");
    let rules = Rules::new(None).with_fixed_layers(&[parse(&defaults, Language::Toml).unwrap()]);
    overlays_matching(rules.with_outline(LazyOutline::new(Outline::of::<Settings>)))
}

/// The panic, or how many of 64 layers set the key.
fn sets(overlays: MatchingOverlays<Settings>, key: &str) -> Result<usize, String> {
    let strategy = catch_unwind(AssertUnwindSafe(|| overlays.layers(1)))
        .map_err(|panic| *panic.downcast::<String>().unwrap())?;
    let mut runner = TestRunner::deterministic();
    let layers = (0..64).map(|_| strategy.new_tree(&mut runner).unwrap().current().remove(0));
    let key = key.parse().unwrap();
    Ok(layers.filter(|layer| layer.root().get(&key).is_some()).count())
}

#[test]
fn a_strategy_that_would_never_be_used_fails_with_words() {
    let refused =
        |key, values: BoxedStrategy<&'static str>| sets(overlays().with(key, values), key).unwrap_err();
    let text = || Just("many").boxed();
    assert_eq!(
        refused("workers", text()),
        "`with(\"workers\", …)`: the settings accept none of 64 values, such as `\"many\"`: workers: expected u8, found string"
    );
    assert_eq!(refused("wrkers", text()), "`with(\"wrkers\", …)`: the settings have no key `wrkers`");
    let values = refused("server.hosts", text());
    assert!(values.ends_with("`\"many\"`: server.hosts: expected array, found string"), "{values}");
    let alone = sets(overlays().with("server.port", 1_u16..9), "server.port").unwrap_err();
    assert!(alone.ends_with("server.hosts: missing key `hosts`"), "{alone}");
    let rule = overlays().validate(|settings| settings.workers < 5).with("workers", 5_u8..9);
    let rule = sets(rule, "workers").unwrap_err();
    assert!(rule.ends_with(": a rule refuses it"), "{rule}");
}

#[test]
fn a_strategy_is_refused_or_used() {
    let keys = ["workers", "name", "server.port", "server.hosts", "server"];
    let mut outcomes = [0, 0];
    for key in keys {
        let of = [
            sets(overlays().with(key, any::<bool>()), key),
            sets(overlays().with(key, 0_u8..9), key),
            sets(overlays().with(key, any::<u64>()), key),
            sets(overlays().with(key, "[a-z]{0,3}"), key),
            sets(overlays().with(key, vec("[a-z]{0,3}", 0..3)), key),
            sets(overlays().with(key, vec(any::<bool>(), 1..3)), key),
        ];
        for outcome in of {
            outcomes[usize::from(outcome.is_err())] += 1;
            match outcome {
                Ok(count) => assert!(count > 0, "{key}"),
                Err(words) => assert!(words.starts_with(&format!("`with(\"{key}\"")), "{words}"),
            }
        }
    }
    assert!(outcomes.iter().all(|count| *count > 1), "{outcomes:?}");
}

#[test]
fn a_key_that_needs_another_one_is_used_with_it() {
    let both = || overlays().with("server.port", 1_u16..9).with("server.hosts", vec("[a-z]", 1));
    assert!(sets(both(), "server.port").unwrap() > 5);
}
