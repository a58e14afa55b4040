//! The value that an error of a table is about.
//!
//! serde reports an error in one of its buffers at the table around it. Which value is wrong is found by trying: with another
//! value in its place, the type accepts the table.

use alloc::vec::Vec;

use serde::de::DeserializeOwned;

use super::probe::TEXTS;
use super::{TypedError, TypedErrorKind, from_value};
use crate::tree::{Key, Kind, Number, Text, Value};

/// How often the tree is read for one report, and how many values are read then.
const MAX_READS: usize = 500;
const MAX_VALUES: usize = 1_000_000;
/// In a larger table none is tried.
const MAX_LEAVES: usize = 32;

/// How many times the tree may still be read.
pub(super) struct Tries(usize);

impl Tries {
    pub(super) fn of(tree: &Value) -> Self {
        let mut values = 1;
        tree.leaves_and_elements(&mut |_, _| values += 1);
        Self((MAX_VALUES / values).min(MAX_READS))
    }

    /// Takes one; false if none is left.
    pub(super) fn take(&mut self) -> bool {
        let left = self.0.checked_sub(1);
        self.0 = left.unwrap_or_default();
        left.is_some()
    }
}

/// The key of the wrong value below the key of `error`, and a value that is accepted there. `None` if the error is about the
/// table itself or about several values.
pub(super) fn culprit<T: DeserializeOwned>(
    tree: &Value,
    error: &TypedError,
    tries: &mut Tries,
) -> Option<(Key, Value)> {
    // The name of a variant decides what is read beside it, so a made-up one does not do.
    let is_variant = matches!(error.kind, TypedErrorKind::UnknownVariant { .. });
    let is_candidate = tries.0 > 0 && (is_variant || is_about_a_part(tree, error));
    let around = tree.get(&error.key).filter(|_| is_candidate)?;
    let mut leaves = Vec::new();
    around.leaves_and_elements(&mut |below, leaf| leaves.push((below.clone(), leaf)));
    if leaves.len() > MAX_LEAVES {
        return None;
    }
    let mut is_accepted = |key: &Key, value: &Value| {
        if !tries.take() {
            return false;
        }
        let next = from_value::<T>(&tree.with_value_at(key.segments(), Some(value))).err();
        next.is_none_or(|next| !next.key.starts_with(&error.key) && !error.key.starts_with(&next.key))
    };
    leaves.into_iter().find_map(|(below, leaf)| {
        let key = below.segments().iter().fold(error.key.clone(), |key, segment| key.join(segment.clone()));
        let value = others(leaf, &error.kind).find(|value| is_accepted(&key, value))?;
        Some((key, value))
    })
}

/// Whether an error at a table is probably about a value in it, which serde reads into a buffer.
pub(super) fn is_about_a_part(tree: &Value, error: &TypedError) -> bool {
    let Some(around) = tree.get(&error.key) else { return false };
    let is_table = around.as_table().is_some() || around.as_array().is_some();
    is_table
        && match &error.kind {
            TypedErrorKind::Missing { .. }
            | TypedErrorKind::UnknownField { .. }
            | TypedErrorKind::Duplicate { .. } => false,
            TypedErrorKind::Mismatch { found, .. } => !found.starts_with(around.type_name()),
            _ => true,
        }
}

/// Other values for the place of one.
fn others<'v>(leaf: &'v Value, kind: &TypedErrorKind) -> impl Iterator<Item = Value> + use<'v> {
    let names: &[&'static str] = match kind {
        TypedErrorKind::UnknownVariant { expected, .. } => expected,
        _ => &[],
    };
    let text = |text: &&'static str| Kind::String(Text::new_static(text));
    let kinds =
        [Kind::Number(Number::Int(1)), Kind::Bool(true), Kind::Null, Kind::Array([].into_iter().collect())];
    let kinds = kinds.into_iter().chain(names.iter().map(text)).chain(TEXTS.iter().map(text));
    let shadowed = leaf.shadowed().last().filter(|value| !matches!(value.kind(), Kind::Unset));
    shadowed.cloned().into_iter().chain(kinds.map(|kind| leaf.with_kind(kind)))
}
