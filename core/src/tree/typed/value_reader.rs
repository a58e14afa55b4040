//! Reads one value: the serde deserializer.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::iter;

use serde::de::value::{BorrowedStrDeserializer, MapDeserializer};
use serde::de::{Deserialize, Deserializer, Expected, Visitor};

use super::collection_reader::{ListReader, TableReader, VariantReader};
use super::datetime::is_datetime;
use super::failure::{TypedFailure, counted};
use crate::tree::{Kind, Number, Value};

/// One value, as serde reads it. The caller adds the place to a failure.
#[derive(Clone, Copy)]
pub(super) struct ValueReader<'de>(pub(super) &'de Value);

/// The name of a value's type in reports.
pub(super) fn type_name(value: &Value) -> &'static str {
    if matches!(value.kind(), Kind::Datetime(_)) { "datetime" } else { value.type_name() }
}

impl<'de> ValueReader<'de> {
    fn mismatch(self, expected: &dyn Expected) -> TypedFailure {
        TypedFailure::mismatch(expected, type_name(self.0))
    }

    fn is_null(self) -> bool {
        matches!(self.0.kind(), Kind::Null | Kind::Unset)
    }

    /// The number as a whole one of type `T`, which `target` names.
    fn whole<T: TryFrom<i64> + TryFrom<i128>>(
        self,
        target: &str,
        expected: &dyn Expected,
    ) -> Result<T, TypedFailure> {
        let number = self.0.as_number().ok_or_else(|| self.mismatch(expected))?;
        let whole = match number {
            Number::Int(int) => T::try_from(*int).ok(),
            _ => number.as_i128().and_then(|int| T::try_from(int).ok()),
        };
        whole.ok_or_else(|| self.not_whole(number, target, expected))
    }

    fn not_whole(self, number: &Number, target: &str, expected: &dyn Expected) -> TypedFailure {
        match number {
            number if number.is_integer() => TypedFailure::out_of_range(target),
            Number::Float(float) if !float.is_finite() => self.mismatch(expected),
            _ => TypedFailure::mismatch(expected, "number with a fraction"),
        }
    }

    /// The nearest float; a finite number must stay finite in the type that `target` names.
    fn float(
        self,
        target: &str,
        stays: fn(f64) -> bool,
        expected: &dyn Expected,
    ) -> Result<f64, TypedFailure> {
        let number = self.0.as_number().ok_or_else(|| self.mismatch(expected))?;
        let float = number.as_f64();
        let written_finite = !matches!(number, Number::Float(float) if !float.is_finite());
        if written_finite && !stays(float) { Err(TypedFailure::out_of_range(target)) } else { Ok(float) }
    }

    pub(super) fn members<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedFailure> {
        let Kind::Table(members) = self.0.kind() else {
            return Err(self.mismatch(&visitor));
        };
        let mut access = TableReader::new(members.iter());
        visitor.visit_map(&mut access).map_err(|failure| access.place(failure))
    }

    pub(super) fn elements<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedFailure> {
        let Kind::Array(elements) = self.0.kind() else {
            return Err(self.mismatch(&visitor));
        };
        let mut access = ListReader::new(elements.iter());
        let seen = visitor.visit_seq(&mut access)?;
        let read = access.read();
        if read < elements.len() {
            return Err(TypedFailure::mismatch(counted(read), counted(elements.len())));
        }
        Ok(seen)
    }

    fn number<V: Visitor<'de>>(self, number: &Number, visitor: V) -> Result<V::Value, TypedFailure> {
        match number {
            Number::Int(int) => visitor.visit_i64(*int),
            Number::Float(float) => visitor.visit_f64(*float),
            Number::Decimal(_) => match number.as_i128().map(u64::try_from) {
                Some(Ok(int)) => visitor.visit_u64(int),
                _ => self.deserialize_f64(visitor),
            },
        }
    }
}

impl<'de> Deserializer<'de> for ValueReader<'de> {
    type Error = TypedFailure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedFailure> {
        match self.0.kind() {
            Kind::Null | Kind::Unset => visitor.visit_unit(),
            Kind::Bool(bool) => visitor.visit_bool(*bool),
            Kind::Number(number) => self.number(number, visitor),
            Kind::String(_) | Kind::Datetime(_) => self.deserialize_str(visitor),
            Kind::Array(_) => self.elements(visitor),
            Kind::Table(_) => self.members(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedFailure> {
        let bool = self.0.as_bool().ok_or_else(|| self.mismatch(&visitor))?;
        visitor.visit_bool(bool)
    }

    deserialize_methods! { |self, visitor|
        deserialize_char() => self.deserialize_str(visitor),
        deserialize_string() => self.deserialize_str(visitor),
        deserialize_identifier() => self.deserialize_str(visitor),
        deserialize_byte_buf() => self.deserialize_bytes(visitor),
        deserialize_unit_struct(&'static str) => self.deserialize_unit(visitor),
        deserialize_newtype_struct(&'static str) => visitor.visit_newtype_struct(self),
        deserialize_seq() => self.elements(visitor),
        deserialize_tuple(usize) => self.elements(visitor),
        deserialize_tuple_struct(&'static str, usize) => self.elements(visitor),
        deserialize_map() => self.members(visitor),
        deserialize_ignored_any() => visitor.visit_unit(),
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
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedFailure> {
        let number = self.0.as_number().ok_or_else(|| self.mismatch(&visitor))?;
        let whole = number.as_u128().ok_or_else(|| self.not_whole(number, "u128", &visitor))?;
        visitor.visit_u128(whole)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the cast is what the visitor does, and is looked at"
    )]
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedFailure> {
        let float = self.float("f32", |float| (float as f32).is_finite(), &visitor)?;
        visitor.visit_f64(float)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedFailure> {
        let float = self.float("f64", f64::is_finite, &visitor)?;
        visitor.visit_f64(float)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedFailure> {
        match self.0.kind() {
            Kind::String(text) => visitor.visit_borrowed_str(text),
            Kind::Datetime(datetime) => visitor.visit_string(datetime.to_string()),
            _ => Err(self.mismatch(&visitor)),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedFailure> {
        match self.0.kind() {
            Kind::String(text) => visitor.visit_borrowed_bytes(text.as_bytes()),
            Kind::Array(_) => visitor.visit_byte_buf(Vec::<u8>::deserialize(self)?),
            _ => Err(self.mismatch(&visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedFailure> {
        if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedFailure> {
        if self.is_null() { visitor.visit_unit() } else { Err(self.mismatch(&visitor)) }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypedFailure> {
        match (self.0.kind(), fields) {
            (Kind::Datetime(datetime), [field]) if is_datetime(name) => {
                visitor.visit_map(MapDeserializer::new(iter::once((*field, datetime.to_string()))))
            }
            _ => self.members(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypedFailure> {
        let members = match self.0.kind() {
            Kind::String(text) => return visitor.visit_enum(BorrowedStrDeserializer::new(text)),
            Kind::Table(members) => members,
            _ => return Err(self.mismatch(&visitor)),
        };
        let mut present = members.iter().filter(|(_, member)| !matches!(member.kind(), Kind::Unset));
        match (present.next(), present.next()) {
            (Some((name, content)), None) => visitor.visit_enum(VariantReader::new(name, content)),
            _ => {
                let mut expected = String::from("one member that names a variant of ");
                expected.push_str((&visitor as &dyn Expected).to_string().trim_start_matches("enum "));
                Err(TypedFailure::mismatch(expected, format!("object of {} members", members.len())))
            }
        }
    }
}
