//! Reads a value for a type that holds any value, with every number and date exactly.

use alloc::string::ToString;
use core::iter;

use serde::de::value::MapDeserializer;
use serde::de::{Deserializer, Visitor};

use crate::tree::foreign_names::datetime_field;
use crate::tree::{DECIMAL, Kind, Number, Value};

/// The value, and its usual reader. A number or a date that serde has no type for is a table of one member with its text.
pub(super) struct ExactReader<'de, D> {
    pub(super) value: &'de Value,
    pub(super) usual: D,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for ExactReader<'de, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let (name, text) = match self.value.kind() {
            Kind::Number(number @ Number::Decimal(_)) => (DECIMAL, number.to_string()),
            Kind::Datetime(datetime) => (datetime_field(), datetime.to_string()),
            _ => return self.usual.deserialize_any(visitor),
        };
        visitor.visit_map(MapDeserializer::new(iter::once((name, text))))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
