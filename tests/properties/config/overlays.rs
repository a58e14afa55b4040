//! Layers for the property tests of a program, made from its builder.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde::Deserialize;
use speckit::{Builder, Config, Environment};

#[derive(Deserialize)]
struct Settings {
    listen: String,
    low: u8,
    high: u8,
}

fn builder() -> Builder<Settings> {
    let builder = Config::builder().environment(Environment::default());
    let builder = builder.defaults_toml("listen = 'here'\nlow = 1\nhigh = 9\n");
    builder.validate(|settings: &Settings| match settings.low < settings.high {
        true => Ok(()),
        false => Err("`low` is not below `high`"),
    })
}

#[test]
fn the_overlays_of_a_builder_obey_its_rules_and_have_the_values_of_own_strategies() {
    // Most of the values of `low` are refused: by the type, or together with `high` by the rule.
    let overlays = builder().overlays().unwrap();
    let overlays = overlays.with("listen", prop::sample::select(vec!["unix:/a", "unix:/b"]));
    let strategy = overlays.with("low", prop_oneof![0..1000_u32, 0..20_u32]).layers(1..=3);
    let mut runner = TestRunner::deterministic();
    let cases = 200;
    let (mut valid, mut listens, mut lows) = (0, BTreeSet::new(), BTreeSet::new());
    for _ in 0..cases {
        let layers = strategy.new_tree(&mut runner).unwrap().current();
        let Ok(config) = layers.into_iter().fold(builder(), Builder::layer).open() else { continue };
        valid += 1;
        listens.insert(config.load().listen.clone());
        lows.insert(config.load().low);
    }
    assert!(valid * 100 >= cases * 95, "{valid} of {cases} stacks are valid");
    assert_eq!(listens, ["here", "unix:/a", "unix:/b"].map(str::to_owned).into());
    assert!(lows.len() > 5, "{lows:?}");
}
