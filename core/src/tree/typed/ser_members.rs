//! Writing what lies inside a value: the elements of lists and the members of tables.

use alloc::vec::Vec;

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::TypedErrorKind;
use super::ser_name::NameWriter;
use super::stop::Stop;
use super::writer::Writer;
use crate::tree::{Datetime, Kind, Segment, Table, Text, Value};

/// A list that is being written.
pub(super) struct Elements<'o> {
    inside: Writer<'o>,
    variant: Option<&'static str>,
    elements: Vec<Value>,
}

impl<'o> Elements<'o> {
    pub(super) fn new(writer: Writer<'o>, length: usize) -> Result<Self, Stop> {
        // The length is the word of a stranger's code: room for a usual list is made, no more.
        let elements = Vec::with_capacity(length.min(64));
        Ok(Self { inside: writer.inside()?, variant: None, elements })
    }

    pub(super) fn of_variant(writer: Writer<'o>, variant: &'static str, length: usize) -> Result<Self, Stop> {
        Ok(Self { variant: Some(variant), ..Self::new(writer.inside()?, length)? })
    }

    fn add<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Stop> {
        let written = element
            .serialize(self.inside)
            .map_err(|stop| below_variant(stop.below(Segment::Index(self.elements.len())), self.variant))?;
        self.elements.push(self.inside.or_null(written));
        Ok(())
    }

    fn close(self) -> Result<Option<Value>, Stop> {
        let list = self.inside.array(self.elements);
        Ok(Some(self.inside.in_variant(self.variant, list)))
    }
}

macro_rules! elements {
    ($($access:ident $method:ident)*) => {
        $(impl $access for Elements<'_> {
            type Ok = Option<Value>;
            type Error = Stop;

            fn $method<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Stop> {
                self.add(element)
            }

            fn end(self) -> Result<Option<Value>, Stop> {
                self.close()
            }
        })*
    };
}

elements! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}

/// A table that is being written, or the one field of a date.
pub(super) struct Members<'o> {
    inside: Writer<'o>,
    variant: Option<&'static str>,
    is_datetime: bool,
    members: Table,
    name: Text,
}

impl<'o> Members<'o> {
    pub(super) fn new(writer: Writer<'o>) -> Result<Self, Stop> {
        Ok(Self { inside: writer.inside()?, is_datetime: false, ..Self::of_datetime(writer) })
    }

    pub(super) fn of_variant(writer: Writer<'o>, variant: &'static str) -> Result<Self, Stop> {
        Ok(Self { variant: Some(variant), ..Self::new(writer.inside()?)? })
    }

    /// A date is no table: it lies no deeper than a text would.
    pub(super) fn of_datetime(writer: Writer<'o>) -> Self {
        let (members, name) = (Table::new(), Text::default());
        Self { inside: writer, variant: None, is_datetime: true, members, name }
    }

    fn add<T: Serialize + ?Sized>(&mut self, name: Text, member: &T) -> Result<(), Stop> {
        let variant = self.variant;
        let below = |stop: Stop, name: &Text| below_variant(stop.below(Segment::Name(name.clone())), variant);
        let Some(written) = member.serialize(self.inside).map_err(|stop| below(stop, &name))? else {
            return Ok(());
        };
        match self.members.insert(name.clone(), written) {
            None => Ok(()),
            Some(_) => Err(below(Stop::new(TypedErrorKind::Duplicate { field: name.clone() }), &name)),
        }
    }

    fn close(self) -> Result<Option<Value>, Stop> {
        let text = self.members.values().next().and_then(Value::as_str);
        let kind = match text.map(str::parse::<Datetime>) {
            Some(Ok(datetime)) if self.is_datetime => Kind::Datetime(datetime),
            _ => Kind::Table(self.members),
        };
        Ok(Some(self.inside.in_variant(self.variant, self.inside.value(kind))))
    }
}

impl SerializeMap for Members<'_> {
    type Ok = Option<Value>;
    type Error = Stop;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Stop> {
        self.name = name.serialize(NameWriter)?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, member: &T) -> Result<(), Stop> {
        let name = core::mem::take(&mut self.name);
        self.add(name, member)
    }

    fn end(self) -> Result<Option<Value>, Stop> {
        self.close()
    }
}

macro_rules! fields {
    ($($access:ident)*) => {
        $(impl $access for Members<'_> {
            type Ok = Option<Value>;
            type Error = Stop;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                member: &T,
            ) -> Result<(), Stop> {
                self.add(Text::new_static(name), member)
            }

            fn end(self) -> Result<Option<Value>, Stop> {
                self.close()
            }
        })*
    };
}

fields!(SerializeStruct SerializeStructVariant);

fn below_variant(stop: Stop, variant: Option<&'static str>) -> Stop {
    match variant {
        Some(variant) => stop.below(Segment::Name(Text::new_static(variant))),
        None => stop,
    }
}
