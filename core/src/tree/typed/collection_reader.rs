//! Reads the members of tables, the elements of lists and the content of variants.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::failure::TypedFailure;
use super::name_reader::NameReader;
use super::value_reader::{ValueReader, type_name};
use crate::tree::{Kind, Segment, Text, Value};

/// The members of a table that are set, each with its name.
pub(super) struct TableReader<'de, I> {
    rest: I,
    current: Option<(&'de Text, &'de Value)>,
}

impl<'de, I: Iterator<Item = (&'de Text, &'de Value)>> TableReader<'de, I> {
    pub(super) fn new(rest: I) -> Self {
        Self { rest, current: None }
    }

    /// Gives a field that is set under two names the place of the second.
    pub(super) fn place(&self, failure: TypedFailure) -> TypedFailure {
        match self.current {
            Some((name, member)) if failure.is_duplicate() => failure.at_member(name, member),
            _ => failure,
        }
    }
}

impl<'de, I: Iterator<Item = (&'de Text, &'de Value)>> MapAccess<'de> for &mut TableReader<'de, I> {
    type Error = TypedFailure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, TypedFailure> {
        self.current = self.rest.find(|(_, member)| !matches!(member.kind(), Kind::Unset));
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
        let read = seed.deserialize(ValueReader(member));
        read.map_err(|failure| failure.at(member).below(Segment::Name(name.clone())))
    }

    fn size_hint(&self) -> Option<usize> {
        self.rest.size_hint().1
    }
}

/// The elements of a list, each with its index.
pub(super) struct ListReader<I> {
    rest: I,
    read: usize,
}

impl<I> ListReader<I> {
    pub(super) fn new(rest: I) -> Self {
        Self { rest, read: 0 }
    }

    /// How many elements were read.
    pub(super) fn read(&self) -> usize {
        self.read
    }
}

impl<'de, I: Iterator<Item = &'de Value>> SeqAccess<'de> for &mut ListReader<I> {
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
        let read = seed.deserialize(ValueReader(element)).map(Some);
        read.map_err(|failure| failure.at(element).below(Segment::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        self.rest.size_hint().1
    }
}

/// A variant with its content: a table of one member.
#[derive(Clone, Copy)]
pub(super) struct VariantReader<'de> {
    name: &'de Text,
    content: &'de Value,
}

impl<'de> VariantReader<'de> {
    pub(super) fn new(name: &'de Text, content: &'de Value) -> Self {
        Self { name, content }
    }

    fn place<T>(self, read: Result<T, TypedFailure>) -> Result<T, TypedFailure> {
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
        self.place(Err(TypedFailure::mismatch("a variant without content", type_name(self.content))))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, TypedFailure> {
        self.place(seed.deserialize(ValueReader(self.content)))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, TypedFailure> {
        self.place(ValueReader(self.content).elements(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypedFailure> {
        self.place(ValueReader(self.content).members(visitor))
    }
}
