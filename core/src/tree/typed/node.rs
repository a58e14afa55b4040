//! A value as serde reads it.

use crate::tree::{Kind, Value};

/// One value, as serde reads it. Whoever hands it to a type gives the failure its place.
#[derive(Clone, Copy)]
pub(super) struct Node<'de>(pub(super) &'de Value);

/// What reports call the type of a value.
pub(super) fn type_name(value: &Value) -> &'static str {
    if matches!(value.kind(), Kind::Datetime(_)) { "datetime" } else { value.type_name() }
}
