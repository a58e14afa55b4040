//! The serde deserializer of a value, and the readers of its members, elements and variants.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::iter;

use serde::de::value::{BorrowedStrDeserializer, MapDeserializer};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Expected, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

use super::all_errors::stand_in_text;
use super::exact_reader::ExactReader;
use super::failure::TypedFailure;
use super::located_text;
use super::name_reader::NameReader;
use super::notes::ReadNotes;
use super::probe::stand_in;
use super::secret::is_secret;
use super::words::counted;
use crate::text::count;
use crate::tree::foreign_names::{is_datetime, raw_json};
use crate::tree::{Kind, Number, Segment, Text, Value};

/// One value, as serde reads it. The caller adds the origin to a failure.
#[derive(Clone, Copy)]
pub(super) struct ValueReader<'de>(pub(super) &'de Value, pub(super) &'de ReadNotes);

/// The name of a value's type in reports.
fn type_name(value: &Value) -> &'static str {
    if matches!(value.kind(), Kind::Datetime(_)) { "datetime" } else { value.type_name() }
}

impl<'de> ValueReader<'de> {
    fn mismatch(self, expected: &dyn Expected) -> TypedFailure {
        TypedFailure::mismatch(expected, type_name(self.0))
    }

    fn is_null(self) -> bool {
        matches!(self.0.kind(), Kind::Null | Kind::Unset)
    }

    /// The number as an integer of type `T`; `target` is the name of that type.
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
        whole.ok_or_else(|| self.integer_failure(number, target, expected))
    }

    fn integer_failure(self, number: &Number, target: &str, expected: &dyn Expected) -> TypedFailure {
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
        is_finite_in: fn(f64) -> bool,
        expected: &dyn Expected,
    ) -> Result<f64, TypedFailure> {
        let number = self.0.as_number().ok_or_else(|| self.mismatch(expected))?;
        let float = number.as_f64();
        let written_finite = !matches!(number, Number::Float(float) if !float.is_finite());
        if written_finite && !is_finite_in(float) {
            Err(TypedFailure::out_of_range(target))
        } else {
            Ok(float)
        }
    }

    fn members<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedFailure> {
        self.fields(&[], visitor)
    }

    /// The members of a table, for a struct with these fields.
    fn fields<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypedFailure> {
        let Kind::Table(members) = self.0.kind() else {
            return Err(self.mismatch(&visitor));
        };
        if !self.1.has_last() {
            return self.read_members(members.iter(), fields, visitor);
        }
        let mut ordered: Vec<_> = members.iter().collect();
        ordered.sort_by_key(|(_, member)| self.1.is_last(member));
        self.read_members(ordered.into_iter(), fields, visitor)
    }

    fn read_members<V: Visitor<'de>>(
        self,
        rest: impl Iterator<Item = (&'de Text, &'de Value)>,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypedFailure> {
        let mut access = TableReader { rest, current: None, fields, notes: self.1 };
        visitor.visit_map(&mut access).map_err(|failure| access.locate(failure))
    }

    pub(super) fn elements<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedFailure> {
        let Kind::Array(elements) = self.0.kind() else {
            return Err(self.mismatch(&visitor));
        };
        let mut access = ListReader { rest: elements.iter(), read: 0, notes: self.1 };
        let value = visitor.visit_seq(&mut access)?;
        let read = access.read;
        if read < elements.len() {
            return Err(TypedFailure::mismatch(counted(read), counted(elements.len())));
        }
        Ok(value)
    }

    fn number<V: Visitor<'de>>(self, number: &Number, visitor: V) -> Result<V::Value, TypedFailure> {
        match number {
            Number::Int(int) => visitor.visit_i64(*int),
            Number::Float(float) if !self.1.is_integer(self.0) => visitor.visit_f64(*float),
            _ => match number.as_i128().map(|whole| (i64::try_from(whole), u64::try_from(whole))) {
                Some((Ok(int), _)) => visitor.visit_i64(int),
                Some((_, Ok(int))) => visitor.visit_u64(int),
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
        deserialize_seq() => self.elements(visitor),
        deserialize_tuple(usize) => self.elements(visitor),
        deserialize_tuple_struct(&'static str, usize) => self.elements(visitor),
        deserialize_map() => self.members(visitor),
        deserialize_ignored_any() => { self.1.ignore(self.0); visitor.visit_unit() },
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
        let whole = number.as_u128().ok_or_else(|| self.integer_failure(number, "u128", &visitor))?;
        visitor.visit_u128(whole)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the cast only checks for overflow; the visitor repeats it"
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

    /// A [`Value`] requests the text of a JSON value, as `serde_json` has it. Here it gets what it needs beyond the usual types. A located
    /// text gets its file.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, TypedFailure> {
        if name.starts_with('$') && name == raw_json() {
            return visitor.visit_newtype_struct(ExactReader { value: self.0, usual: self });
        }
        if is_secret(name) {
            self.1.note_secret(self.0);
        }
        match located_text::is_located(name).then(|| located_text::parts(self.0)).flatten() {
            Some(parts) => located_text::visit_parts(parts, visitor),
            None => visitor.visit_newtype_struct(self),
        }
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
            (Kind::String(text), [field]) if is_datetime(name) => {
                visitor.visit_map(MapDeserializer::new(iter::once((*field, text.to_string()))))
            }
            _ => self.fields(fields, visitor),
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
        let is_set = |member: &&Value| !is_absent(member);
        let mut present = members.iter().filter(|(_, member)| is_set(member));
        match (present.next(), present.next()) {
            (Some((name, content)), None) => {
                visitor.visit_enum(VariantReader { name, content, notes: self.1 })
            }
            _ => match variant_of_highest_layer(self.0).and_then(|name| Some((name, members.get(name)?))) {
                Some((name, content)) => {
                    let others = members.iter().filter(|(other, member)| *other != name && is_set(member));
                    others.for_each(|(_, other)| self.1.note_left_over(other, content.origin()));
                    visitor.visit_enum(VariantReader { name, content, notes: self.1 })
                }
                None => Err(TypedFailure::mismatch(
                    "one member that names a variant",
                    format!("object of {}", count(members.values().filter(is_set).count(), "member")),
                )),
            },
        }
    }
}

/// The members of a table that are set, each with its name.
struct TableReader<'de, I> {
    rest: I,
    current: Option<(&'de Text, &'de Value)>,
    /// The fields of the struct that is read; none for a map.
    fields: &'static [&'static str],
    notes: &'de ReadNotes,
}

/// The variant that the highest layer names, of a table in which several layers name different ones.
fn variant_of_highest_layer(table: &Value) -> Option<&Text> {
    let highest = table.joined().iter().rev().filter_map(Value::as_table).find_map(|members| {
        let mut named = members.iter().filter(|(_, member)| !is_absent(member));
        named.next().map(|(name, _)| (name, named.next().is_none()))
    });
    highest.filter(|(_, is_only)| *is_only).map(|(name, _)| name)
}

/// Whether a member is not there: a layer removed it.
fn is_absent(member: &Value) -> bool {
    matches!(member.kind(), Kind::Unset) && stand_in_text(member).is_none()
}

/// Reads a value, or makes one up in the place of a wrong one.
fn read<'de, S: DeserializeSeed<'de>>(
    seed: S,
    value: &'de Value,
    notes: &'de ReadNotes,
) -> Result<S::Value, TypedFailure> {
    match stand_in_text(value) {
        Some(text) => stand_in(seed, text),
        None => seed.deserialize(ValueReader(value, notes)),
    }
}

impl<'de, I: Iterator<Item = (&'de Text, &'de Value)>> TableReader<'de, I> {
    /// Locates a field that is set under two names at the second one.
    fn locate(&self, failure: TypedFailure) -> TypedFailure {
        match self.current {
            Some((name, member)) if failure.is_duplicate() => failure.at_member(name, member),
            _ => failure,
        }
    }
}

impl<'de, I: Iterator<Item = (&'de Text, &'de Value)>> MapAccess<'de> for &mut TableReader<'de, I> {
    type Error = TypedFailure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, TypedFailure> {
        self.current = self.rest.find(|(_, member)| !is_absent(member));
        let Some((name, member)) = self.current else {
            return Ok(None);
        };
        seed.deserialize(NameReader(name)).map(Some).map_err(|failure| failure.at_member(name, member))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, TypedFailure> {
        // serde reads a value only after a name.
        let Some((name, member)) = self.current else {
            return Err(TypedFailure::mismatch("a member", "nothing"));
        };
        let result = read(seed, member, self.notes);
        self.notes.after_member(name, member, self.fields);
        result.map_err(|failure| failure.at(member).below(Segment::Name(name.clone())))
    }

    fn size_hint(&self) -> Option<usize> {
        self.rest.size_hint().1
    }
}

/// The elements of a list, each with its index.
struct ListReader<'de, I> {
    rest: I,
    /// How many elements were read.
    read: usize,
    notes: &'de ReadNotes,
}

impl<'de, I: Iterator<Item = &'de Value>> SeqAccess<'de> for &mut ListReader<'de, I> {
    type Error = TypedFailure;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, TypedFailure> {
        let Some(element) = self.rest.next() else {
            return Ok(None);
        };
        let index = self.read;
        self.read += 1;
        let read = read(seed, element, self.notes).map(Some);
        read.map_err(|failure| failure.at(element).below(Segment::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        self.rest.size_hint().1
    }
}

/// A variant with its content: a table of one member.
#[derive(Clone, Copy)]
struct VariantReader<'de> {
    name: &'de Text,
    content: &'de Value,
    notes: &'de ReadNotes,
}

impl<'de> VariantReader<'de> {
    fn locate<T>(self, read: Result<T, TypedFailure>) -> Result<T, TypedFailure> {
        read.map_err(|failure| failure.at(self.content).below(Segment::Name(self.name.clone())))
    }
}

impl<'de> EnumAccess<'de> for VariantReader<'de> {
    type Error = TypedFailure;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), TypedFailure> {
        Ok((seed.deserialize(BorrowedStrDeserializer::<TypedFailure>::new(self.name))?, self))
    }
}

impl<'de> VariantAccess<'de> for VariantReader<'de> {
    type Error = TypedFailure;

    fn unit_variant(self) -> Result<(), TypedFailure> {
        let is_empty = self.content.as_table().is_some_and(|members| members.is_empty());
        if is_empty || matches!(self.content.kind(), Kind::Null) {
            return Ok(());
        }
        self.locate(Err(TypedFailure::mismatch("a variant without content", type_name(self.content))))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, TypedFailure> {
        self.locate(read(seed, self.content, self.notes))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, TypedFailure> {
        self.locate(ValueReader(self.content, self.notes).elements(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypedFailure> {
        self.locate(ValueReader(self.content, self.notes).fields(fields, visitor))
    }
}
