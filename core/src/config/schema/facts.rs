//! The facts that a schema states about one key, as plain data.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::config::MergeStrategy;
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
    pub merge: MergeStrategy,
    /// `x-aliases`: former names of the key or of its variable.
    pub aliases: Vec<Text>,
    /// `x-env`: the variable's name, instead of the one derived from the key.
    pub variable: Option<Text>,
    /// `deprecated`.
    pub deprecated: bool,
    /// The alternatives of `anyOf` or `oneOf`, if they differ in more than their types.
    pub alternatives: Vec<Alternative>,
}

/// One alternative of a key.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Alternative {
    /// The allowed types.
    #[serde(rename = "type", serialize_with = "as_text")]
    pub types: TypeSet,
    /// The only value that the alternative allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The bounds as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<String>,
    /// `description`, else `title`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `deprecated`.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub deprecated: bool,
}

impl Alternative {
    /// `"debug"`; `integer, >= 0`; with `deprecated` where it is.
    pub(crate) fn label(&self) -> String {
        let label = match (&self.value, &self.range) {
            (Some(value), _) => value.to_string(),
            (None, Some(range)) => format!("{}, {range}", self.types),
            (None, None) => self.types.to_string(),
        };
        if self.deprecated { format!("{label} (deprecated)") } else { label }
    }
}

fn as_text<S: serde::Serializer>(types: &TypeSet, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(types)
}

/// A variable that the schema names for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedVariable {
    pub(crate) variable: Text,
    pub(crate) key: Key,
    /// From `x-aliases`, not from `x-env`.
    pub(crate) former: bool,
}
