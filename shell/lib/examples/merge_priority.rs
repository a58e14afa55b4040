//! A property test of an application's own settings: for each key, the highest layer that sets it wins.
//!
//! `cargo test -p speckit --example merge_priority` tests many stacks of layers;
//! `cargo run -p speckit --example merge_priority` prints one.
//! Needs `speckit-core` with feature `proptest` as a dev-dependency.

use serde::Deserialize;
use speckit::Diagnostic;
use speckit_core::config::resolve::{Document, Inputs, Resolved, Rules};
use speckit_core::config::source::{Language, parse};
use speckit_core::{Layer, LayerKind, Source};

const DEFAULTS: &str = "
name = 'app'
verbose = false

[cache]
folders = ['tmp']
megabytes = 64
";

#[derive(Debug, Deserialize, PartialEq)]
struct Settings {
    name: String,
    verbose: bool,
    cache: Cache,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Cache {
    folders: Vec<String>,
    megabytes: i64,
}

fn defaults() -> Result<Layer, Vec<Diagnostic>> {
    parse(&Source::document(LayerKind::Defaults, "defaults.toml", DEFAULTS), Language::Toml)
}

/// Resolves layers to settings by the rules of the application, without reading files or variables.
fn settings(layers: &[Layer]) -> Result<Resolved<Settings>, speckit_core::config::resolve::Refused> {
    let rules = Rules::new(None);
    let documents = layers.iter().cloned().map(Document::Parsed).collect();
    rules.check(rules.read(&Inputs { documents, ..Inputs::default() }))?.typed()
}

#[expect(clippy::print_stdout, reason = "an example prints its result")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = Source::document(LayerKind::File, "app.toml", "[cache]\nmegabytes = 128\n");
    let parsed =
        |result: Result<Layer, Vec<Diagnostic>>| result.map_err(|diagnostics| format!("{diagnostics:?}"));
    let layers = [parsed(defaults())?, parsed(parse(&file, Language::Toml))?];
    let resolved = settings(&layers).map_err(|refused| format!("{:?}", refused.diagnostics()))?;
    println!("{}", speckit_core::tree::print::with_origins(resolved.checked().merged().root()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use speckit_core::Key;
    use speckit_core::config::strategies;
    use speckit_core::tree::typed::from_value;

    /// The defaults, and above them layers that each set some of the settings.
    fn stacks(above: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<Layer>> {
        let defaults = defaults().unwrap();
        strategies::overlays(&defaults, above).prop_map(move |mut layers| {
            layers.insert(0, defaults.clone());
            layers
        })
    }

    /// The value of the highest layer that sets the key.
    fn highest<T: serde::de::DeserializeOwned>(layers: &[Layer], key: &str) -> T {
        let key: Key = key.parse().unwrap();
        let value = layers.iter().rev().find_map(|layer| layer.root().get(&key)).unwrap();
        from_value(value).unwrap()
    }

    proptest! {
        #[test]
        fn the_highest_layer_that_sets_a_key_wins(layers in stacks(0..=4)) {
            let resolved = settings(&layers).unwrap();
            let expected = Settings {
                name: highest(&layers, "name"),
                verbose: highest(&layers, "verbose"),
                cache: Cache {
                    folders: highest(&layers, "cache.folders"),
                    megabytes: highest(&layers, "cache.megabytes"),
                },
            };
            prop_assert_eq!(resolved.config(), &expected);
        }

        #[test]
        fn a_repeated_layer_changes_nothing(mut layers in stacks(1..=3)) {
            let once = settings(&layers).unwrap();
            layers.extend(layers.last().cloned());
            let twice = settings(&layers).unwrap();
            prop_assert_eq!(twice.config(), once.config());
        }
    }
}
