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

mod matching {
    use std::collections::{BTreeMap, BTreeSet};
    use std::net::SocketAddr;
    use std::num::NonZeroU16;
    use std::path::PathBuf;

    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    use serde::Deserialize;
    use serde::de::DeserializeOwned;
    use speckit_core::app::AppConfig;
    use speckit_core::config::resolve::{Document, Inputs, Rules};
    use speckit_core::config::schema::{Documents, Schema};
    use speckit_core::config::strategies::{MatchingOverlays, overlays_matching};
    use speckit_core::tree::typed::{LazyOutline, Outline};
    use speckit_core::{Layer, Value};

    use super::*;

    fn defaults(text: &str) -> Layer {
        parse(&Source::document(LayerKind::Defaults, "defaults.toml", text), Language::Toml).unwrap()
    }

    fn schema(text: &str) -> Schema {
        let schema =
            parse(&Source::document(LayerKind::Defaults, "schema.json", text), Language::Json).unwrap();
        Schema::compile(&Documents::new("file:///schema.json", schema.root())).unwrap()
    }

    fn is_valid<T: DeserializeOwned>(rules: &Rules, layers: &[Layer]) -> bool {
        let documents = layers.iter().cloned().map(Document::Parsed).collect();
        let inputs = Inputs { documents, ..Inputs::default() };
        rules.check(rules.read(&inputs)).is_ok_and(|checked| checked.typed::<T>().is_ok())
    }

    /// Checks that at least 95 % of the stacks are valid, and that nearly every default gets other values.
    fn assert_valid_and_varied<T: DeserializeOwned + 'static>(rules: impl Fn() -> Rules, constant: &[&str]) {
        let overlays: MatchingOverlays<T> = overlays_matching(rules());
        let (rules, cases) = (rules(), 100);
        let strategy = overlays.layers(1..=3);
        let mut runner = TestRunner::deterministic();
        let mut valid = 0;
        let mut values: BTreeMap<Key, BTreeSet<String>> = BTreeMap::new();
        for _ in 0..cases {
            let layers = strategy.new_tree(&mut runner).unwrap().current();
            valid += usize::from(is_valid::<T>(&rules, &layers));
            let mut note = |key: &Key, leaf: &Value| {
                values.entry(key.clone()).or_default().insert(leaf.to_string());
            };
            layers.iter().for_each(|layer| layer.root().leaves(&mut note));
        }
        assert!(valid * 100 >= cases * 95, "{valid} of {cases} stacks are valid");
        let mut fixed = Vec::new();
        rules.defaults().unwrap().leaves(&mut |key, _| {
            if values.get(key).map_or(0, BTreeSet::len) < 2 {
                fixed.push(key.to_string());
            }
        });
        assert_eq!(fixed, constant, "keys with fewer than two values");
    }

    const SCHEMA: &str = include_str!("../../../core/src/app/config.schema.json");
    const DEFAULTS: &str = include_str!("../../../core/src/app/defaults.toml");

    #[test]
    fn the_shipped_schema_accepts_overlays_of_its_defaults() {
        let (schema, defaults) = (schema(SCHEMA), defaults(DEFAULTS));
        let rules = || Rules::new(Some(schema.clone())).with_fixed_layers(std::slice::from_ref(&defaults));
        // Empty tables, and empty lists of tables.
        let empty = ["auth", "orchestrator.quorum", "policy.commands"].map(str::to_owned);
        let patterns =
            ["anthropic", "google", "openai"].map(|name| format!("providers.{name}.failure_patterns"));
        let empty: Vec<&str> = empty.iter().chain(&patterns).map(String::as_str).collect();
        assert_valid_and_varied::<AppConfig>(rules, &empty);
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Level {
        Debug,
        Info,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Service {
        listen: SocketAddr,
        level: Level,
        workers: NonZeroU16,
        log: PathBuf,
        #[serde(deserialize_with = "milliseconds")]
        timeout: u64,
        peers: Vec<SocketAddr>,
        limits: Limits,
    }

    #[derive(Deserialize)]
    #[serde(try_from = "BTreeMap<String, u8>")]
    struct Limits;

    impl TryFrom<BTreeMap<String, u8>> for Limits {
        type Error = &'static str;

        fn try_from(map: BTreeMap<String, u8>) -> Result<Self, Self::Error> {
            if map.get("low") < map.get("high") { Ok(Self) } else { Err("`low` is not below `high`") }
        }
    }

    /// `250ms`, in whole milliseconds.
    fn milliseconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        let number = text.strip_suffix("ms").and_then(|number| number.parse().ok());
        number.ok_or_else(|| serde::de::Error::custom("expected a duration such as `250ms`"))
    }

    #[test]
    fn a_type_accepts_overlays_of_its_defaults() {
        let defaults = defaults(
            "listen = '127.0.0.1:80'\nlevel = 'info'\nworkers = 4\nlog = '/var/log/app.log'\ntimeout = '250ms'\n\
             peers = ['10.0.0.1:7000']\n[limits]\nlow = 1\nhigh = 100\n",
        );
        let rules = || {
            let outline = LazyOutline::new(Outline::of::<Service>);
            Rules::new(None).with_outline(outline).with_fixed_layers(std::slice::from_ref(&defaults))
        };
        assert_valid_and_varied::<Service>(rules, &[]);
    }

    #[test]
    fn a_schema_with_formats_accepts_overlays_of_its_defaults() {
        let schema = schema(
            r#"{ "properties": {
                "host": { "type": "string", "format": "hostname", "maxLength": 12 },
                "bind": { "type": "string", "format": "ipv6" },
                "admin": { "type": "string", "format": "email" },
                "url": { "type": "string", "format": "uri" },
                "since": { "type": "string", "format": "date-time" },
                "day": { "type": "string", "format": "date" },
                "code": { "type": "string", "pattern": "^[A-Z]{3}-[0-9]{2,4}$" },
                "mode": { "enum": ["fast", "safe", 3] },
                "step": { "type": "integer", "minimum": 10, "maximum": 90, "multipleOf": 5 },
                "ratio": { "type": "number", "exclusiveMinimum": 0, "maximum": 1 },
                "tags": { "type": "array", "items": { "type": "string", "minLength": 2 }, "minItems": 1, "maxItems": 3, "uniqueItems": true },
                "ports": { "type": "array", "items": { "type": "integer", "minimum": 1, "maximum": 65535 } },
                "retry": { "type": "object", "properties": { "wait": { "anyOf": [{ "const": "never" }, { "type": "integer", "minimum": 1 }] } } }
            }, "required": ["password"] }"#,
        );
        let defaults = defaults(
            "host = 'db.example'\nbind = '::1'\nadmin = 'ann@example.com'\nurl = 'https://example.com/a'\n\
             since = '2026-01-31T12:00:00Z'\nday = '2026-01-31'\ncode = 'ABC-123'\nmode = 'fast'\nstep = 20\nratio = 0.5\n\
             tags = ['one', 'two']\nports = []\nretry.wait = 'never'\npassword = 'x'\n",
        );
        let rules = || Rules::new(Some(schema.clone())).with_fixed_layers(std::slice::from_ref(&defaults));
        assert_valid_and_varied::<serde::de::IgnoredAny>(rules, &[]);
    }

    #[test]
    fn a_strategy_of_ones_own_gives_the_values_of_its_key() {
        let rules =
            || Rules::new(None).with_fixed_layers(&[defaults("listen = 'here'\n[server]\nport = 1\n")]);
        let overlays: MatchingOverlays<serde::de::IgnoredAny> = overlays_matching(rules());
        let strategy = overlays
            .with("listen", proptest::sample::select(vec!["unix:/a", "unix:/b"]))
            .with("server.token", "[a-z]{4}")
            .layers(20);
        let layers = strategy.new_tree(&mut TestRunner::deterministic()).unwrap().current();
        let set = |key: &str| -> BTreeSet<String> {
            let key: Key = key.parse().unwrap();
            layers.iter().filter_map(|layer| layer.root().get(&key)?.as_str().map(str::to_owned)).collect()
        };
        assert_eq!(set("listen"), ["unix:/a", "unix:/b"].map(str::to_owned).into());
        let tokens = set("server.token");
        assert!(tokens.len() > 4 && tokens.iter().all(|token| token.len() == 4), "{tokens:?}");
    }

    #[test]
    fn overlays_of_incomplete_defaults_are_made_too() {
        let schema = schema(
            r#"{ "properties": { "port": { "type": "integer", "maximum": 9 } }, "required": ["password"] }"#,
        );
        let rules = Rules::new(Some(schema)).with_fixed_layers(&[defaults("port = 1\n")]);
        let strategy = overlays_matching::<serde::de::IgnoredAny>(rules).layers(30);
        let layers = strategy.new_tree(&mut TestRunner::deterministic()).unwrap().current();
        let ports = layers.iter().filter_map(|layer| layer.root().member("port")?.as_number()?.as_i64());
        let ports: Vec<i64> = ports.collect();
        assert!(ports.len() > 5 && ports.iter().all(|port| *port <= 9), "{ports:?}");
    }
}
