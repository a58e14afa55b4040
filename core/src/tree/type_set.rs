//! The types of JSON Schema.

use alloc::vec::Vec;
use core::fmt;

use crate::tree::{Kind, Value};

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

    /// The set as a number.
    #[cfg(feature = "schema")]
    pub(crate) fn bits(self) -> u8 {
        self.0
    }

    /// The set of a number.
    #[cfg(feature = "schema")]
    pub(crate) fn of_bits(bits: u8) -> Option<Self> {
        (bits <= Self::ANY.0).then_some(Self(bits))
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
