//! Variables and overrides whose type is known from nowhere, since serde reads the value into a buffer: they become what the
//! type of the settings accepts.

use alloc::string::ToString as _;
use alloc::vec::Vec;

use serde::de::DeserializeOwned;

use super::KeyRules;
use crate::config::Layer;
use crate::config::schema::Facts;
use crate::config::source::text_value;
use crate::tree::typed::{TypedError, TypedErrorKind, error_besides_missing};
use crate::tree::{Key, Kind, LayerKind, Number, TypeSet, Value};

/// More attempts are not made: then the texts keep their most likely reading.
const MAX_ATTEMPTS: usize = 500;

/// A text, and the values that it may be.
#[derive(Clone)]
struct UntypedText {
    key: Key,
    /// What it may be, the most likely first.
    readings: Vec<Value>,
}

/// The tree in which each text of unknown type is what `T` accepts: what it would be in a file without quotes, that is a
/// number such as `5` or `0.5` (not `00123`) or `true` or `false`, else a string, else any form of a number, a boolean, a list
/// and a table. If none of the attempts is accepted, the most likely one. `None` if there is no such text.
pub(super) fn with_texts_for<T: DeserializeOwned>(
    root: &Value,
    layers: &[Layer],
    keys: &KeyRules,
) -> Option<Value> {
    let texts = untyped_texts(root, layers, keys);
    if texts.is_empty() {
        return None;
    }
    let mut search = Search { root, chosen: texts.iter().map(|_| Some(0)).collect(), texts };
    for _ in 0..search.texts.len() {
        let Some(error) = search.error::<T>() else { break };
        // An error below a buffered value names only the buffered value.
        let related = |text: &UntypedText| is_related(&text.key, &error.key);
        let group: Vec<usize> =
            search.texts.iter().enumerate().filter(|(_, text)| related(text)).map(|(at, _)| at).collect();
        if !search.one_by_one::<T>(&group, &error) && !search.all_together::<T>(&group, &error) {
            break;
        }
    }
    Some(search.tree(&search.chosen))
}

fn untyped_texts(root: &Value, layers: &[Layer], keys: &KeyRules) -> Vec<UntypedText> {
    let mut texts: Vec<UntypedText> = Vec::new();
    let is_text = |value: &Value| {
        matches!(value.origin().layer(), LayerKind::Dotenv | LayerKind::Env | LayerKind::Override)
    };
    // A value that was given as one has no text.
    let was_text = |value: &Value| is_text(value) && !value.origin().source().text().is_empty();
    for layer in layers.iter().filter(|layer| is_text(layer.root())) {
        layer.root().leaves_and_elements(&mut |key, leaf| {
            // A list with a changed item has the other items of the layers below.
            let winner = root.get(key).filter(|value| is_text(leaf) && value.origin() == leaf.origin());
            if let Some((value, Kind::String(text))) = winner.map(|value| (value, value.kind()))
                && (was_text(value) || text.is_empty())
                && (keys.is_untyped(key) || (text.is_empty() && keys.is_nullable(key)))
                && texts.iter().all(|known| known.key != *key)
            {
                texts.push(UntypedText { key: key.clone(), readings: readings(value, text) });
            }
        });
    }
    texts
}

impl KeyRules {
    /// Whether the type of the settings reads an `Option` at a key, without a schema.
    fn is_nullable(&self, key: &Key) -> bool {
        let outline = self.outline().filter(|_| self.schema().is_none());
        outline
            .and_then(|outline| outline.get(key))
            .is_some_and(|outline| outline.types().contains(TypeSet::NULL))
    }

    /// Whether neither the schema nor the type of the settings says the type of a key.
    fn is_untyped(&self, key: &Key) -> bool {
        let by_schema = self.schema().and_then(|schema| schema.types(key)).map(|(types, _)| types);
        let by_type = self.outline().and_then(|outline| outline.get(key)).map(|outline| outline.types());
        [by_schema, by_type].into_iter().flatten().all(|types| types == TypeSet::ANY)
    }
}

fn readings(value: &Value, text: &str) -> Vec<Value> {
    let mut readings: Vec<Value> = plain(text).map(|kind| value.with_kind(kind)).into_iter().collect();
    readings.push(value.clone());
    if text.is_empty() {
        readings.push(value.with_kind(Kind::Null));
    }
    let string = TypeSet::STRING;
    for (types, element_types) in [
        (TypeSet::NUMBER, string),
        (TypeSet::BOOLEAN, string),
        (TypeSet::ARRAY, TypeSet::NUMBER),
        (TypeSet::ARRAY, string),
        (TypeSet::OBJECT, string),
    ] {
        let facts = Facts { types, element_types, ..Facts::default() };
        if let Ok(read) = text_value(text, value.origin().source(), &facts) {
            readings.push(value.with_kind(read.kind().clone()));
        }
    }
    readings
}

/// The number or boolean that every language writes in this way.
fn plain(text: &str) -> Option<Kind> {
    match text {
        "true" | "false" => Some(Kind::Bool(text == "true")),
        _ => Number::parse(text).ok().filter(|number| number.to_string() == text).map(Kind::Number),
    }
}

/// The search for a reading of each text.
struct Search<'a> {
    root: &'a Value,
    texts: Vec<UntypedText>,
    /// The reading of each text; a text without one is left out.
    chosen: Vec<Option<usize>>,
}

impl Search<'_> {
    fn tree(&self, chosen: &[Option<usize>]) -> Value {
        // Backwards, so that an item of a list that is left out does not move those before it.
        self.texts.iter().enumerate().rev().fold(self.root.clone(), |tree, (at, text)| {
            let reading = chosen.get(at).copied().flatten().and_then(|reading| text.readings.get(reading));
            tree.with_value_at(text.key.segments(), reading)
        })
    }

    fn error<T: DeserializeOwned>(&self) -> Option<TypedError> {
        error_besides_missing::<T>(&self.tree(&self.chosen))
    }

    /// Keeps the present readings if the type is not refused at or below the key of `error` any more; else the `previous` ones.
    fn keep_if_better<T: DeserializeOwned>(
        &mut self,
        previous: Vec<Option<usize>>,
        error: &TypedError,
    ) -> bool {
        let is_better = self.error::<T>().is_none_or(|next| !next.key.starts_with(&error.key));
        if !is_better {
            self.chosen = previous;
        }
        is_better
    }

    /// Chooses for each text of a group the first reading that is not refused while those after it are left out.
    fn one_by_one<T: DeserializeOwned>(&mut self, group: &[usize], error: &TypedError) -> bool {
        let previous = self.chosen.clone();
        for at in group {
            self.choose(*at, None);
        }
        for at in group {
            let Some(UntypedText { key, readings }) = self.texts.get(*at).cloned() else { continue };
            let accepted = readings.iter().enumerate().position(|(reading, value)| {
                self.choose(*at, Some(reading));
                self.error::<T>().is_none_or(|next| {
                    let is_around = key.starts_with(&next.key) && key != next.key;
                    key != next.key && !(is_around && may_be_about(&next.kind, value))
                })
            });
            self.choose(*at, Some(accepted.unwrap_or_default()));
        }
        self.keep_if_better::<T>(previous, error)
    }

    /// Tries the combinations of readings of a group.
    fn all_together<T: DeserializeOwned>(&mut self, group: &[usize], error: &TypedError) -> bool {
        let previous = self.chosen.clone();
        group.iter().for_each(|at| self.choose(*at, Some(0)));
        for _ in 0..MAX_ATTEMPTS {
            if self.keep_if_better::<T>(self.chosen.clone(), error) {
                return true;
            }
            // The next combination, as a counter whose digits are the readings.
            let is_last = group.iter().all(|at| {
                let next = self.chosen.get(*at).copied().flatten().map_or(0, |reading| reading + 1);
                let wraps = self.texts.get(*at).is_none_or(|text| next >= text.readings.len());
                self.choose(*at, Some(if wraps { 0 } else { next }));
                wraps
            });
            if is_last {
                break;
            }
        }
        self.chosen = previous;
        false
    }

    fn choose(&mut self, at: usize, reading: Option<usize>) {
        if let Some(chosen) = self.chosen.get_mut(at) {
            *chosen = reading;
        }
    }
}

/// Whether one key is at or below the other.
fn is_related(a: &Key, b: &Key) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

/// Whether an error of a buffered value may be about this value in it.
fn may_be_about(kind: &TypedErrorKind, value: &Value) -> bool {
    match kind {
        TypedErrorKind::Mismatch { found, .. } => {
            let name = if matches!(value.kind(), Kind::Number(_)) { "number" } else { value.type_name() };
            found.contains(name) || (name == "number" && found.contains("integer"))
        }
        TypedErrorKind::Missing { .. } | TypedErrorKind::UnknownField { .. } => false,
        _ => true,
    }
}
