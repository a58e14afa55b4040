//! Layers whose values the rules of a configuration accept.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use proptest::collection::{SizeRange, vec};
use proptest::option;
use proptest::prelude::{BoxedStrategy, Strategy, any};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::alike::alike;
use super::written::with_origins;
use super::{PlainValue, insert};
use crate::config::Layer;
use crate::config::resolve::{Document, Inputs, Rules};
use crate::tree::typed::to_value;
use crate::tree::{Key, LayerKind, Origin, Severity, Source};

/// How many values are made up for a key, of which the first one is used that the rules accept.
const CANDIDATES: usize = 3;

/// How many values of a strategy, and how many layers, are tried before it counts as one that is never used.
const SAMPLES: usize = 64;

/// A key with values that it may have, the preferred one first.
type Candidates = (Key, Vec<PlainValue>);

/// A rule for the settings.
type Check<T> = Rc<dyn Fn(&T) -> bool>;

/// Layers over the defaults of a configuration, with values that its rules accept: see [`overlays_matching`].
pub struct MatchingOverlays<T> {
    rules: Rc<Rules>,
    checks: Vec<Check<T>>,
    own: BTreeMap<Key, BoxedStrategy<PlainValue>>,
}

/// Layers that set some of the defaults of the rules ([`Rules::defaults`]), each to a value that the schema of the rules and the type `T`
/// accept.
///
/// A value is like the default: an enum has one of its variants, a number is within its bounds, and a text has the format of the
/// schema, or that of the default (an address, a duration, a date, a URL, a path, …). A value that is refused, alone or together with others,
/// is replaced or left out. So a stack of these layers, and each lower part of it, has no other errors than the defaults alone.
///
/// ```
/// use core::net::SocketAddr;
/// use proptest::prelude::*;
/// use speckit_core::config::resolve::{Document, Inputs, Rules};
/// use speckit_core::config::source::{Language, parse};
/// use speckit_core::config::strategies::overlays_matching;
/// use speckit_core::{LayerKind, Source};
///
/// #[derive(serde::Deserialize)]
/// struct Settings { listen: SocketAddr, workers: u8 }
///
/// let defaults = Source::document(LayerKind::Defaults, "defaults", "listen = '127.0.0.1:80'\nworkers = 4\n");
/// let defaults = [parse(&defaults, Language::Toml)?];
/// let rules = || Rules::new(None).with_fixed_layers(&defaults);
/// let overlays = overlays_matching::<Settings>(rules()).validate(|settings| settings.workers > 0).layers(1..=3);
///
/// proptest!(|(layers in overlays)| {
///     let documents = layers.into_iter().map(Document::Parsed).collect();
///     let rules = rules();
///     let checked = rules.check(rules.read(&Inputs { documents, ..Inputs::default() })).unwrap();
///     prop_assert!(checked.typed::<Settings>().unwrap().config().workers > 0);
/// });
/// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
/// ```
pub fn overlays_matching<T: DeserializeOwned>(rules: Rules) -> MatchingOverlays<T> {
    MatchingOverlays { rules: Rc::new(rules), checks: Vec::new(), own: BTreeMap::new() }
}

impl<T: DeserializeOwned + 'static> MatchingOverlays<T> {
    /// Takes the values of this key from a strategy. The defaults need not have the key, and the rules still decide about each value.
    /// [`layers`](Self::layers) checks that they accept some of the values.
    ///
    /// ```
    /// # use std::collections::BTreeMap;
    /// # use proptest::prelude::*;
    /// # use speckit_core::config::{resolve::Rules, strategies::overlays_matching};
    /// let overlays = overlays_matching::<BTreeMap<String, u16>>(Rules::new(None));
    /// let layers = overlays.with("port", 1024..2048_u16).layers(1..=2);
    /// ```
    ///
    /// # Panics
    /// The text is no key.
    #[must_use]
    #[expect(clippy::panic, reason = "only a test calls this, and one with a wrong key must fail")]
    pub fn with<V: Serialize + fmt::Debug>(
        mut self,
        key: &str,
        values: impl Strategy<Value = V> + 'static,
    ) -> Self {
        let parsed: Key = match key.parse() {
            Ok(parsed) => parsed,
            Err(error) => panic!("`{key}` is not a key: {error}"),
        };
        let origin = Origin::whole(&Source::fragment(LayerKind::File, "own values", ""));
        let plain = values.prop_filter_map("serde cannot write it", move |value| {
            to_value(&value, &origin).ok().map(|value| PlainValue::of(&value))
        });
        self.own.insert(parsed, plain.boxed());
        self
    }

    /// Adds a rule for the settings.
    #[must_use]
    pub fn validate(mut self, is_valid: impl Fn(&T) -> bool + 'static) -> Self {
        self.checks.push(Rc::new(is_valid));
        self
    }

    /// The layers, lowest priority first; `count` is a number or a range of numbers.
    ///
    /// # Panics
    /// A strategy of [`with`](Self::with) would never be used: the settings have no such key, or refuse each value that was tried.
    pub fn layers(self, count: impl Into<SizeRange>) -> impl Strategy<Value = Vec<Layer>> {
        self.assert_used();
        self.unchecked(count)
    }

    fn unchecked(self, count: impl Into<SizeRange>) -> impl Strategy<Value = Vec<Layer>> {
        let leaves = self.leaves().into_iter().map(|(key, values)| {
            let candidates = option::of(vec(values, CANDIDATES));
            candidates.prop_map(move |candidates| candidates.map(|candidates| (key.clone(), candidates)))
        });
        let layer = leaves.collect::<Vec<_>>();
        let accepted = self.errors(&[]);
        vec((layer, any::<bool>()), count).prop_map(move |layers| {
            let mut stack: Vec<Layer> = Vec::new();
            for (candidates, has_lines) in layers {
                let candidates: Vec<Candidates> = candidates.into_iter().flatten().collect();
                let mut build =
                    LayerBuilder { overlays: &self, accepted, stack: &stack, has_lines, leaves: Vec::new() };
                build.add(&candidates);
                let layer = build.layer(&[]);
                stack.push(layer);
            }
            stack
        })
    }

    /// A strategy of the test whose values are all refused would make the test check nothing.
    #[expect(clippy::panic, reason = "only a test calls this, and one that checks nothing must fail")]
    fn assert_used(&self) {
        let mut refused: Vec<(&Key, String)> = Vec::new();
        for (key, values) in &self.own {
            if !self.rules.keys().known_keys().contains(key) {
                panic!("`with(\"{key}\", …)`: the settings have no key `{key}`");
            }
            refused.extend(self.refusal(key, values).map(|refusal| (key, refusal)));
        }
        if refused.is_empty() {
            return;
        }
        // Together with other keys, they may be accepted.
        let Self { rules, checks, own } = self;
        let same = Self { rules: Rc::clone(rules), checks: checks.clone(), own: own.clone() };
        let (layers, mut runner) = (same.unchecked(1), TestRunner::deterministic());
        for layer in (0..SAMPLES).filter_map(|_| layers.new_tree(&mut runner).ok()?.current().pop()) {
            refused.retain(|(key, _)| layer.root().get(key).is_none());
        }
        if let Some((key, refusal)) = refused.first() {
            panic!("`with(\"{key}\", …)`: the settings accept none of {SAMPLES} values, {refusal}");
        }
    }

    /// The first value of a key, and why it is refused, if the rules accept no value of the strategy over the defaults.
    fn refusal(&self, key: &Key, values: &BoxedStrategy<PlainValue>) -> Option<String> {
        let (mut runner, mut first) = (TestRunner::deterministic(), None);
        for _ in 0..SAMPLES {
            let value = match values.new_tree(&mut runner) {
                Ok(tree) => tree.current(),
                Err(reason) => return Some(format!("since the strategy makes none: {reason}")),
            };
            let leaves = Vec::from([(key.clone(), value)]);
            let build = LayerBuilder { overlays: self, accepted: 0, stack: &[], has_lines: false, leaves };
            let layer = build.layer(&[]);
            if self.errors(core::slice::from_ref(&layer)) <= self.errors(&[]) {
                return None;
            }
            first.get_or_insert(layer);
        }
        let layer = first?;
        let value = layer.root().get(key)?;
        let documents = Vec::from([Document::Parsed(layer.clone())]);
        let layers = self.rules.read(&Inputs { documents, ..Inputs::default() });
        let refused = self.rules.check(layers).and_then(|checked| checked.typed::<T>()).err();
        let errors = refused.iter().flat_map(|refused| refused.diagnostics());
        let error = errors
            .filter(|found| found.severity == Severity::Error)
            .max_by_key(|error| error.key.starts_with(key));
        let why =
            error.map_or("a rule refuses it".into(), |error| format!("{}: {}", error.key, error.message));
        Some(format!("such as `{value}`: {why}"))
    }

    /// The keys that may be set, with their values.
    fn leaves(&self) -> Vec<(Key, BoxedStrategy<PlainValue>)> {
        let mut leaves = Vec::new();
        if let Some(root) = self.rules.defaults() {
            root.leaves(&mut |key, leaf| {
                let mut around = core::iter::successors(Some(key.clone()), Key::parent);
                if !key.is_root() && !around.any(|key| self.own.contains_key(&key)) {
                    leaves.push((key.clone(), alike(&self.rules, root, key, leaf)));
                }
            });
        }
        leaves.extend(self.own.iter().map(|(key, values)| (key.clone(), values.clone())));
        leaves
    }

    /// How many errors a stack of layers has.
    fn errors(&self, stack: &[Layer]) -> usize {
        let documents = stack.iter().cloned().map(Document::Parsed).collect();
        let layers = self.rules.read(&Inputs { documents, ..Inputs::default() });
        match self.rules.check(layers).and_then(|checked| checked.typed::<T>()) {
            Ok(resolved) => self.checks.iter().filter(|is_valid| !is_valid(resolved.config())).count(),
            Err(refused) => refused
                .diagnostics()
                .iter()
                .filter(|diagnostic| diagnostic.severity == Severity::Error)
                .count(),
        }
    }
}

impl<T> fmt::Debug for MatchingOverlays<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MatchingOverlays").field("own", &self.own.keys()).finish_non_exhaustive()
    }
}

/// A layer over others, which grows by the leaves that the rules accept.
struct LayerBuilder<'a, T> {
    overlays: &'a MatchingOverlays<T>,
    /// How many errors are accepted.
    accepted: usize,
    stack: &'a [Layer],
    has_lines: bool,
    leaves: Vec<(Key, PlainValue)>,
}

impl<T: DeserializeOwned + 'static> LayerBuilder<'_, T> {
    /// Adds the leaves together, else one half after the other; a single one has further candidates.
    fn add(&mut self, candidates: &[Candidates]) {
        let firsts: Vec<(Key, PlainValue)> = candidates
            .iter()
            .filter_map(|(key, values)| Some((key.clone(), values.first()?.clone())))
            .collect();
        if firsts.is_empty() {
            return;
        }
        if self.accepts(&firsts) {
            return self.leaves.extend(firsts);
        }
        match candidates {
            [(key, values)] => {
                let mut others = values.iter().skip(1).map(|value| (key.clone(), value.clone()));
                let other = others.find(|other| self.accepts(core::slice::from_ref(other)));
                self.leaves.extend(other);
            }
            _ => {
                let (low, high) = candidates.split_at(candidates.len() / 2);
                self.add(low);
                self.add(high);
            }
        }
    }

    fn accepts(&self, further: &[(Key, PlainValue)]) -> bool {
        let stack: Vec<Layer> = self.stack.iter().cloned().chain([self.layer(further)]).collect();
        self.overlays.errors(&stack) <= self.accepted
    }

    /// The layer with further leaves.
    fn layer(&self, further: &[(Key, PlainValue)]) -> Layer {
        let mut tree = BTreeMap::new();
        for (key, value) in self.leaves.iter().chain(further) {
            insert(&mut tree, key.segments(), value.clone());
        }
        let name = format!("layer {}", self.stack.len() + 1);
        Layer::new(with_origins(&PlainValue::Table(tree), LayerKind::File, &name, self.has_lines))
    }
}
