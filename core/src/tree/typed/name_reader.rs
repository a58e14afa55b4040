//! Deserializes a map key, which is always written as a string, as a string, number or boolean.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{Deserializer, Expected, Visitor};

use super::failure::TypedFailure;
use crate::tree::Number;

/// Deserializes the name of one table entry.
#[derive(Clone, Copy)]
pub(super) struct NameReader<'de>(pub(super) &'de str);

impl NameReader<'_> {
    fn mismatch(expected: &dyn Expected) -> TypedFailure {
        TypedFailure::mismatch(format_args!("{expected} as a key"), "string")
    }

    /// The name as a whole number. Only the shortest spelling is accepted, so that two different names never give the same number.
    fn whole<T: core::str::FromStr>(self, target: &str, expected: &dyn Expected) -> Result<T, TypedFailure> {
        let plain = !self.0.contains(['.', 'e', 'E']) && self.0 != "-0";
        if !plain || Number::parse(self.0).is_err() {
            return Err(Self::mismatch(expected));
        }
        self.0.parse().map_err(|_| TypedFailure::out_of_range(target))
    }
}

impl<'de> Deserializer<'de> for NameReader<'de> {
    type Error = TypedFailure;

    deserialize_methods! { |self, visitor|
        deserialize_any() => visitor.visit_borrowed_str(self.0),
        deserialize_option() => visitor.visit_some(self),
        deserialize_newtype_struct(&'static str) => visitor.visit_newtype_struct(self),
        deserialize_enum(&'static str, &'static [&'static str]) =>
            visitor.visit_enum(BorrowedStrDeserializer::new(self.0)),
    }

    deserialize_integers! {
        deserialize_i8 visit_i8 i8
        deserialize_i16 visit_i16 i16
        deserialize_i32 visit_i32 i32
        deserialize_i64 visit_i64 i64
        deserialize_i128 visit_i128 i128
        deserialize_u8 visit_u8 u8
        deserialize_u16 visit_u16 u16
        deserialize_u32 visit_u32 u32
        deserialize_u64 visit_u64 u64
        deserialize_u128 visit_u128 u128
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedFailure> {
        match self.0 {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(Self::mismatch(&visitor)),
        }
    }

    serde::forward_to_deserialize_any! {
        f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}
