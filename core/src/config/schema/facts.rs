//! The facts that a schema states about one key, as plain data.

use alloc::string::String;
use alloc::vec::Vec;

use crate::config::ListStrategy;
use crate::tree::{Key, Text, TypeSet, Value};

/// When a changed value takes effect (`x-reload`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Reload {
    /// At the next reload.
    #[default]
    Live,
    /// When the program starts again.
    Restart,
}

/// The facts that a schema states about one key, merged from every subschema that may apply to it.
///
/// The default has the facts of a key without a schema.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Facts {
    /// The allowed types.
    pub types: TypeSet,
    /// The allowed types of the elements, where the key may be a list.
    pub element_types: TypeSet,
    /// The allowed types of single elements, where the key may be a tuple of the type of the settings.
    pub item_types: Vec<TypeSet>,
    /// `description`, else `title`.
    pub description: Option<String>,
    /// `default`.
    pub default: Option<Value>,
    /// The bounds as text: `500..=10000`, `>= 1`, `one of "a", "b"`, `1..=5 items`.
    pub range: Option<String>,
    /// `x-secret` or `writeOnly`, here or above.
    pub secret: bool,
    /// `x-reload`, here or above.
    pub reload: Reload,
    /// `x-merge`.
    pub merge: ListStrategy,
    /// `x-aliases`: former names of the key or of its variable.
    pub aliases: Vec<Text>,
    /// `x-env`: the variable's name, instead of the one derived from the key.
    pub variable: Option<Text>,
    /// `deprecated`.
    pub deprecated: bool,
}

/// A variable that the schema names for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedVariable {
    pub(crate) variable: Text,
    pub(crate) key: Key,
    /// From `x-aliases`, not from `x-env`.
    pub(crate) former: bool,
}
