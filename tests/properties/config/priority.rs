//! The law of priority over the public builder: whatever the order of its calls, the kinds of layers have one order, and within a
//! kind the later call wins.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use speckit::{Builder, Config, Environment, Language, Layer, LayerKind, Source, SourceContent, SourceError};

type Settings = BTreeMap<String, String>;

const KEYS: [&str; 4] = ["a", "b", "c", "d"];

/// How a layer gets into the builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    DefaultsText,
    File,
    Source,
    Dotenv,
    Set,
    Overrides,
    /// `.layer`, with this kind.
    Given(LayerKind),
}

impl Way {
    fn kind(self) -> LayerKind {
        match self {
            Self::DefaultsText => LayerKind::Defaults,
            Self::File => LayerKind::File,
            Self::Source => LayerKind::Source,
            Self::Dotenv => LayerKind::Dotenv,
            Self::Set | Self::Overrides => LayerKind::Override,
            Self::Given(kind) => kind,
        }
    }
}

/// One call: its way, and the keys that it sets.
type Call = (Way, Vec<usize>);

fn call() -> impl Strategy<Value = Call> {
    let given = prop::sample::select(&LayerKind::ALL[..]).prop_map(Way::Given);
    let others = [Way::DefaultsText, Way::File, Way::Source, Way::Dotenv, Way::Set, Way::Overrides];
    let way = prop_oneof![prop::sample::select(others.to_vec()), given];
    (way, prop::sample::subsequence(vec![0, 1, 2, 3], 1..=3))
}

/// The text that sets a key: unique to the call.
fn value(call: usize, key: usize) -> String {
    format!("{} by call {call}", KEYS[key])
}

fn lines(call: usize, keys: &[usize], line: impl Fn(&str, &str) -> String) -> String {
    keys.iter().map(|key| line(KEYS[*key], &value(call, *key))).collect()
}

/// A source of the program that never changes.
struct FixedSource {
    name: String,
    text: String,
}

impl Source for FixedSource {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn read(&self) -> Result<SourceContent, SourceError> {
        Ok(SourceContent::text(Language::Toml, self.text.clone()))
    }
}

fn write(path: PathBuf, text: &str) -> PathBuf {
    std::fs::write(&path, text).unwrap();
    path
}

fn with_call(builder: Builder<Settings>, folder: &Path, at: usize, (way, keys): &Call) -> Builder<Settings> {
    let toml = || lines(at, keys, |key, value| format!("{key} = '{value}'\n"));
    let values: BTreeMap<&str, String> = keys.iter().map(|key| (KEYS[*key], value(at, *key))).collect();
    match way {
        Way::DefaultsText => builder.defaults_toml(&toml()),
        Way::File => builder.file(write(folder.join(format!("{at}.toml")), &toml())),
        Way::Source => builder.source(FixedSource { name: format!("source {at}"), text: toml() }),
        Way::Dotenv => {
            let text = lines(at, keys, |key, value| format!("APP_{}='{value}'\n", key.to_uppercase()));
            builder.dotenv(write(folder.join(format!("{at}.env")), &text))
        }
        Way::Set => keys.iter().fold(builder, |builder, key| builder.set(KEYS[*key], value(at, *key))),
        Way::Overrides => builder.overrides("command line", &values),
        Way::Given(kind) => builder.layer(Layer::of_values(*kind, format!("layer {at}"), &values).unwrap()),
    }
}

proptest! {
    #![proptest_config(speckit_tests::cases(128))]

    #[test]
    fn the_kinds_have_one_order_and_within_a_kind_the_later_call_wins(
        calls in prop::collection::vec(call(), 0..12),
        variables in prop::sample::subsequence(vec![0, 1, 2, 3], 0..=3),
        prefix_at in any::<prop::sample::Index>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let environment = variables.iter().map(|key| (format!("APP_{}", KEYS[*key].to_uppercase()), value(99, *key)));
        let environment: Vec<(String, String)> = environment.collect();
        let environment =
            Environment::of(environment.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        let mut builder = Config::<Settings>::builder().environment(environment);
        let prefix_at = prefix_at.index(calls.len() + 1);
        for (at, call) in calls.iter().enumerate() {
            if at == prefix_at {
                builder = builder.env_prefix("APP");
            }
            builder = with_call(builder, folder.path(), at, call);
        }
        if prefix_at == calls.len() {
            builder = builder.env_prefix("APP");
        }

        // The texts of each key, lowest first.
        let mut model: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut add = |call: usize, keys: &[usize]| {
            for key in keys {
                model.entry(KEYS[*key].into()).or_default().push(value(call, *key));
            }
        };
        for kind in LayerKind::ALL {
            if kind == LayerKind::Env {
                add(99, &variables);
            }
            for (at, (_, keys)) in calls.iter().enumerate().filter(|(_, (way, _))| way.kind() == kind) {
                add(at, keys);
            }
        }

        let config = builder.open().map_err(|error| TestCaseError::fail(error.to_string()))?;
        let winners = model.iter().map(|(key, texts)| (key.clone(), texts.last().unwrap().clone()));
        prop_assert_eq!(&*config.current(), &winners.collect::<Settings>());
        let snapshot = config.snapshot();
        for (key, texts) in &model {
            let why = snapshot.explain(key).unwrap();
            let history: Vec<&str> = why.history.iter().filter_map(|step| step.value.as_ref()?.as_str()).collect();
            prop_assert_eq!(&history, texts, "{}", key);
            let text = texts.last().unwrap();
            let call: usize = text.rsplit(' ').next().unwrap().parse().unwrap();
            let kind = calls.get(call).map_or(LayerKind::Env, |(way, _)| way.kind());
            prop_assert_eq!(why.winner.unwrap().layer(), kind, "{}", key);
        }
    }
}
