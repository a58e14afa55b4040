//! The facts that a schema states about one key, as plain data.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::config::ListStrategy;
use crate::tree::{Key, Kind, Text, Value};

/// A set of the types of JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TypeSet(u8);

impl TypeSet {
    /// No type.
    pub const NONE: Self = Self(0);
    /// `null`.
    pub const NULL: Self = Self(1);
    /// `boolean`.
    pub const BOOLEAN: Self = Self(1 << 1);
    /// `integer`: a number without a fraction.
    pub const INTEGER: Self = Self(1 << 2);
    /// `number`, which includes every integer.
    pub const NUMBER: Self = Self(1 << 3 | 1 << 2);
    /// `string`.
    pub const STRING: Self = Self(1 << 4);
    /// `array`.
    pub const ARRAY: Self = Self(1 << 5);
    /// `object`.
    pub const OBJECT: Self = Self(1 << 6);
    /// Every type.
    pub const ANY: Self = Self((1 << 7) - 1);

    const NAMED: [(Self, &'static str); 7] = [
        (Self::STRING, "string"),
        (Self::NUMBER, "number"),
        (Self::INTEGER, "integer"),
        (Self::BOOLEAN, "boolean"),
        (Self::ARRAY, "array"),
        (Self::OBJECT, "object"),
        (Self::NULL, "null"),
    ];

    /// The type of that name in JSON Schema.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED.iter().find(|(_, known)| *known == name).map(|(set, _)| *set)
    }

    /// Whether every type of `other` is in this set.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether this set has no type.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The types that are in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The types that are in one of them.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The types of this set that are not in the other; `number` without `integer` stays `number`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The narrowest type of a value.
    pub fn of(value: &Value) -> Self {
        match value.kind() {
            Kind::Null | Kind::Unset => Self::NULL,
            Kind::Bool(_) => Self::BOOLEAN,
            Kind::Number(number) if number.is_integer() => Self::INTEGER,
            Kind::Number(_) => Self::NUMBER,
            Kind::String(_) | Kind::Datetime(_) => Self::STRING,
            Kind::Array(_) => Self::ARRAY,
            Kind::Table(_) => Self::OBJECT,
        }
    }
}

/// Every type.
impl Default for TypeSet {
    fn default() -> Self {
        Self::ANY
    }
}

/// `string`, `integer or null`; `any` for all.
impl fmt::Display for TypeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ANY {
            return f.write_str("any");
        }
        let mut rest = *self;
        let names = Self::NAMED.into_iter().filter_map(|(set, name)| {
            let is_in = rest.contains(set);
            rest = if is_in { rest.without(set) } else { rest };
            is_in.then_some(name)
        });
        f.write_str(&names.collect::<Vec<_>>().join(" or "))
    }
}

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
