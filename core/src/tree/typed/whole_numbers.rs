//! Whole numbers that are written as floats, such as `1e3` and `2.0`, in what serde buffers.
//!
//! A buffer does not say what a number is read as, and serde reads no float in it as an integer. So such a number is a float
//! first, as for every type that takes any value, and an integer where the type refuses the float.

use alloc::vec::Vec;
use core::ptr;

use serde::de::DeserializeOwned;

use super::culprit::Tries;
use super::notes::ReadNotes;
use super::{TypedError, TypedErrorKind, read_once};
use crate::tree::{Kind, Number, Value};

/// Reads a tree as a `T`, with as few whole floats as integers as possible.
pub(super) fn read_with_whole_numbers<T: DeserializeOwned>(
    tree: &Value,
    notes: &ReadNotes,
) -> Result<T, TypedError> {
    let mut result = read_once(tree, notes);
    let mut all = Vec::new();
    while let Err(error) = &result {
        let mut added = whole_floats(tree, error);
        added.retain(|float| !notes.is_integer(*float));
        if added.is_empty() {
            return result;
        }
        notes.read_as_integers(&added, true);
        all.extend(added);
        result = read_once(tree, notes);
    }
    if all.is_empty() { result } else { with_fewest(tree, notes, &all) }
}

/// The whole floats that the error may be about: those at or below its key.
fn whole_floats(tree: &Value, error: &TypedError) -> Vec<*const Value> {
    let is_of_type = matches!(error.kind, TypedErrorKind::Mismatch { .. } | TypedErrorKind::Custom { .. });
    let mut found = Vec::new();
    if let Some(value) = tree.get(&error.key).filter(|_| is_of_type) {
        value.leaves_and_elements(&mut |_, leaf| match leaf.kind() {
            Kind::Number(number @ Number::Float(_)) if number.is_integer() => found.push(ptr::from_ref(leaf)),
            _ => {}
        });
    }
    found
}

/// Reads as floats again what the type accepts as floats: of the floats that became integers, half after half.
fn with_fewest<T: DeserializeOwned>(
    tree: &Value,
    notes: &ReadNotes,
    all: &[*const Value],
) -> Result<T, TypedError> {
    let mut tries = Tries::of(tree);
    let mut rest = Vec::from([all]);
    while let Some(part) = rest.pop().filter(|_| tries.take()) {
        notes.read_as_integers(part, false);
        if read_once::<T>(tree, notes).is_err() {
            notes.read_as_integers(part, true);
            let (first, second) = part.split_at(part.len() / 2);
            rest.extend(
                [second, first].into_iter().filter(|half| !half.is_empty() && half.len() < part.len()),
            );
        }
    }
    read_once(tree, notes)
}
