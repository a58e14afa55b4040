//! A property test of an application's own settings: for each key, the highest layer that sets it wins.
//!
//! `cargo test -p speckit --features proptest --example merge_priority` tests many stacks of layers;
//! `cargo run -p speckit --features proptest --example merge_priority` prints one configuration.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;
use speckit::{Builder, Config, ConfigError, Show};

const DEFAULTS: &str = "
listen = '127.0.0.1:8080'
verbose = false

[cache]
folders = ['tmp']
megabytes = 64
";

#[derive(Debug, Deserialize, PartialEq)]
struct Settings {
    listen: SocketAddr,
    verbose: bool,
    cache: Cache,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Cache {
    folders: Vec<PathBuf>,
    megabytes: u16,
}

/// The builder of the application, without its files and variables.
fn settings() -> Builder<Settings> {
    Config::builder().defaults_toml(DEFAULTS).validate(|settings: &Settings| match settings.cache.megabytes {
        0 => Err("`cache.megabytes` must not be 0"),
        _ => Ok(()),
    })
}

#[expect(clippy::print_stdout, reason = "an example prints its result")]
fn main() -> Result<(), ConfigError> {
    let config = settings().set("cache.megabytes", "128").open()?;
    print!("{}", config.snapshot().show(Show::Origins));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::DeserializeOwned;
    use speckit::strategies::proptest::prelude::*;
    use speckit::{Key, Layer, Value};

    /// Layers that each set some of the settings.
    fn stacks(count: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<Layer>> {
        settings().overlays().unwrap().layers(count)
    }

    fn open(layers: &[Layer]) -> Config<Settings> {
        layers.iter().cloned().fold(settings(), Builder::layer).open().unwrap()
    }

    /// The value of the highest layer that sets the key, or the default.
    fn highest<T: DeserializeOwned>(layers: &[Layer], key: &str) -> T {
        let key: Key = key.parse().unwrap();
        let defaults = open(&[]).snapshot();
        let roots = layers.iter().rev().map(Layer::root).chain([defaults.root_with_secrets()]);
        let value: &Value = roots.filter_map(|root| root.get(&key)).next().unwrap();
        serde_json::from_value(value.to_json()).unwrap()
    }

    proptest! {
        #[test]
        fn the_highest_layer_that_sets_a_key_wins(layers in stacks(0..=4)) {
            let expected = Settings {
                listen: highest(&layers, "listen"),
                verbose: highest(&layers, "verbose"),
                cache: Cache {
                    folders: highest(&layers, "cache.folders"),
                    megabytes: highest(&layers, "cache.megabytes"),
                },
            };
            prop_assert_eq!(&*open(&layers).load(), &expected);
        }

        #[test]
        fn a_repeated_layer_changes_nothing(mut layers in stacks(1..=3)) {
            let once = open(&layers);
            layers.extend(layers.last().cloned());
            prop_assert_eq!(&*open(&layers).load(), &*once.load());
        }
    }
}
