//! All errors of a type, although it stops at the first one.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::de::DeserializeOwned;

use super::culprit::{Tries, culprit, is_about_a_part};
use super::notes::ReadNotes;
use super::probe::TEXTS;
use super::whole_numbers::read_with_whole_numbers;
use super::{Mistakes, TypedError, TypedErrorKind, from_value};
use crate::tree::{Key, Kind, LayerKind, Origin, Source, Value};

/// More errors than anybody reads.
const MAX_ERRORS: usize = 1000;
/// The name of the source of stand-ins.
const STAND_IN: &str = "stand-in";

/// The text of a made-up value, if this is one. It has no value otherwise.
pub(super) fn stand_in_text(value: &Value) -> Option<&str> {
    let is_one = matches!(value.kind(), Kind::Unset) && value.origin().source().name() == STAND_IN;
    is_one.then(|| value.origin().source().text())
}

/// The errors of reading a tree as a `T`, of which `first` is one, in the order in which they are found.
///
/// After each error the value is replaced by the one that it shadows, and if there is none by a made-up one; then the tree
/// is read again. If no made-up value is accepted, the value is read after all others of its table.
pub(super) fn all_errors<T: DeserializeOwned>(root: &Value, first: TypedError) -> Mistakes {
    let mut tree = root.clone();
    let mut errors = Vec::new();
    // For each made-up value, the number of texts that were tried.
    let mut made_up: BTreeMap<Key, usize> = BTreeMap::new();
    let mut last: BTreeSet<Key> = BTreeSet::new();
    let mut unknown = Vec::new();
    let mut tries = None;
    let mut next = Some(first);
    while let Some(error) = next.take() {
        let is_of =
            |key: &&Key| error.key.starts_with(key) || (key.starts_with(&error.key) && is_about_null(&error));
        let around = made_up.keys().filter(is_of).max_by_key(|key| key.segments().len());
        let (key, value) = match around.cloned() {
            // The error is about a made-up value: try another text, and then make up the value around it.
            Some(key) => match made_up.get(&key).and_then(|tried| TEXTS.get(*tried)) {
                Some(text) => (key, Some(stand_in(text))),
                None if last.insert(key.clone()) => (key, Some(stand_in(""))),
                None => match key.parent() {
                    Some(parent) => (parent, Some(stand_in(""))),
                    None => break,
                },
            },
            None => {
                let key = error.key.clone();
                let is_extra = matches!(
                    error.kind,
                    TypedErrorKind::UnknownField { .. } | TypedErrorKind::Duplicate { .. }
                );
                let shadowed = tree.get(&key).and_then(|value| value.shadowed().last());
                let shadowed = shadowed.filter(|value| !matches!(value.kind(), Kind::Unset)).cloned();
                let tries = tries.get_or_insert_with(|| Tries::of(root));
                if let Some((key, accepted)) = culprit::<T>(&tree, &error, tries) {
                    errors.push(TypedError {
                        origin: tree.get(&key).map(|wrong| wrong.origin().clone()),
                        key: key.clone(),
                        kind: error.kind,
                    });
                    (key, Some(accepted))
                } else if shadowed.is_none() && is_about_a_part(&tree, &error) {
                    // No made-up value would be accepted: serde makes null of it in a buffer.
                    errors.push(error);
                    made_up.insert(key.clone(), TEXTS.len());
                    last.insert(key.clone());
                    let value = tree.get(&key).cloned();
                    (key, value)
                } else {
                    errors.push(error);
                    (key, if is_extra { None } else { Some(shadowed.unwrap_or_else(|| stand_in(""))) })
                }
            }
        };
        if key.is_root() || errors.len() >= MAX_ERRORS {
            break;
        }
        if value.as_ref().is_some_and(|value| stand_in_text(value).is_some()) {
            made_up.retain(|inner, _| *inner == key || !inner.starts_with(&key));
            *made_up.entry(key.clone()).or_default() += 1;
        }
        tree = tree.with_value_at(key.segments(), value.as_ref());
        let notes = ReadNotes::with_last(&tree, &last);
        next = read_with_whole_numbers::<T>(&tree, &notes).err();
        unknown = notes.into_errors(&tree);
    }
    Mistakes { errors, unknown }
}

/// Whether the error is about null, which a made-up value is in a buffer of serde.
fn is_about_null(error: &TypedError) -> bool {
    matches!(&error.kind, TypedErrorKind::Mismatch { found, .. } if found == "null")
}

/// The first error that is not about a missing key. The values of missing keys are made up; errors about those do not count.
pub(crate) fn error_besides_missing<T: DeserializeOwned>(root: &Value) -> Option<TypedError> {
    let mut tree = root.clone();
    for _ in 0..MAX_ERRORS {
        let error = from_value::<T>(&tree).err()?;
        let is_made_up = tree.get(&error.key).is_some_and(|value| stand_in_text(value).is_some());
        if is_made_up || error.key.is_root() && matches!(error.kind, TypedErrorKind::Missing { .. }) {
            return None;
        }
        if !matches!(error.kind, TypedErrorKind::Missing { .. }) {
            return Some(error);
        }
        tree = tree.with_value_at(error.key.segments(), Some(&stand_in("")));
    }
    None
}

fn stand_in(text: &str) -> Value {
    let source: Arc<Source> = Source::fragment(LayerKind::Defaults, STAND_IN, text);
    Value::new(Kind::Unset, Origin::whole(&source))
}
