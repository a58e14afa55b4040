//! Reading what lies inside a value: members, elements, and the content of a variant.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::name::Name;
use super::node::{Node, type_name};
use super::stop::Stop;
use crate::tree::{Kind, Segment, Text, Value};

/// The members of a table that are set, each with its name.
pub(super) struct Members<'de, I> {
    rest: I,
    current: Option<(&'de Text, &'de Value)>,
}

impl<'de, I: Iterator<Item = (&'de Text, &'de Value)>> Members<'de, I> {
    pub(super) fn new(rest: I) -> Self {
        Self { rest, current: None }
    }

    /// Gives a field that is set under two names the place of the second.
    pub(super) fn place(&self, stop: Stop) -> Stop {
        match self.current {
            Some((name, member)) if stop.is_duplicate() => stop.at_member(name, member),
            _ => stop,
        }
    }
}

impl<'de, I: Iterator<Item = (&'de Text, &'de Value)>> MapAccess<'de> for &mut Members<'de, I> {
    type Error = Stop;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Stop> {
        self.current = self.rest.find(|(_, member)| !matches!(member.kind(), Kind::Unset));
        let Some((name, member)) = self.current else {
            return Ok(None);
        };
        seed.deserialize(Name(name)).map(Some).map_err(|stop| stop.at_member(name, member))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Stop> {
        // serde asks for a value only after a name.
        let Some((name, member)) = self.current else {
            return Err(Stop::mismatch("a member", "nothing"));
        };
        let found = seed.deserialize(Node(member));
        found.map_err(|stop| stop.at(member).below(Segment::Name(name.clone())))
    }

    fn size_hint(&self) -> Option<usize> {
        self.rest.size_hint().1
    }
}

/// The elements of a list, each with its index.
pub(super) struct Elements<I> {
    rest: I,
    read: usize,
}

impl<I> Elements<I> {
    pub(super) fn new(rest: I) -> Self {
        Self { rest, read: 0 }
    }

    /// How many elements were asked for and found.
    pub(super) fn read(&self) -> usize {
        self.read
    }
}

impl<'de, I: Iterator<Item = &'de Value>> SeqAccess<'de> for &mut Elements<I> {
    type Error = Stop;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Stop> {
        let Some(element) = self.rest.next() else {
            return Ok(None);
        };
        let index = self.read;
        self.read += 1;
        let found = seed.deserialize(Node(element)).map(Some);
        found.map_err(|stop| stop.at(element).below(Segment::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        self.rest.size_hint().1
    }
}

/// A variant with its content: a table of one member.
#[derive(Clone, Copy)]
pub(super) struct Variant<'de> {
    name: &'de Text,
    content: &'de Value,
}

impl<'de> Variant<'de> {
    pub(super) fn new(name: &'de Text, content: &'de Value) -> Self {
        Self { name, content }
    }

    fn place<T>(self, found: Result<T, Stop>) -> Result<T, Stop> {
        found.map_err(|stop| stop.at(self.content).below(Segment::Name(self.name.clone())))
    }
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Stop;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Stop> {
        Ok((seed.deserialize(BorrowedStrDeserializer::<Stop>::new(self.name))?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Stop;

    fn unit_variant(self) -> Result<(), Stop> {
        let is_empty = self.content.as_table().is_some_and(|members| members.is_empty());
        if is_empty || matches!(self.content.kind(), Kind::Null) {
            return Ok(());
        }
        self.place(Err(Stop::mismatch("a variant without content", type_name(self.content))))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Stop> {
        self.place(seed.deserialize(Node(self.content)))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Stop> {
        self.place(Node(self.content).elements(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.place(Node(self.content).members(visitor))
    }
}
