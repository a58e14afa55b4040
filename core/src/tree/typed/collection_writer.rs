//! Writes the elements of lists and the members of tables.

use alloc::vec::Vec;

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::TypedErrorKind;
use super::failure::TypedFailure;
use super::name_writer::NameWriter;
use super::value_writer::ValueWriter;
use crate::tree::{Datetime, Kind, Segment, Table, Text, Value};

/// A list that is being written.
pub(super) struct ListWriter<'o> {
    inside: ValueWriter<'o>,
    variant: Option<&'static str>,
    elements: Vec<Value>,
}

impl<'o> ListWriter<'o> {
    pub(super) fn new(writer: ValueWriter<'o>, length: usize) -> Result<Self, TypedFailure> {
        // Foreign code gives the length: reserve room for a usual list, no more.
        let elements = Vec::with_capacity(length.min(64));
        Ok(Self { inside: writer.inside()?, variant: None, elements })
    }

    pub(super) fn of_variant(
        writer: ValueWriter<'o>,
        variant: &'static str,
        length: usize,
    ) -> Result<Self, TypedFailure> {
        Ok(Self { variant: Some(variant), ..Self::new(writer.inside()?, length)? })
    }

    fn add<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), TypedFailure> {
        let written = element.serialize(self.inside).map_err(|failure| {
            below_variant(failure.below(Segment::Index(self.elements.len())), self.variant)
        })?;
        self.elements.push(self.inside.or_null(written));
        Ok(())
    }

    fn close(self) -> Result<Option<Value>, TypedFailure> {
        let list = self.inside.array(self.elements);
        Ok(Some(self.inside.in_variant(self.variant, list)))
    }
}

macro_rules! elements {
    ($($access:ident $method:ident)*) => {
        $(impl $access for ListWriter<'_> {
            type Ok = Option<Value>;
            type Error = TypedFailure;

            fn $method<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), TypedFailure> {
                self.add(element)
            }

            fn end(self) -> Result<Option<Value>, TypedFailure> {
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
pub(super) struct TableWriter<'o> {
    inside: ValueWriter<'o>,
    variant: Option<&'static str>,
    is_datetime: bool,
    members: Table,
    name: Text,
}

impl<'o> TableWriter<'o> {
    pub(super) fn new(writer: ValueWriter<'o>) -> Result<Self, TypedFailure> {
        Ok(Self { inside: writer.inside()?, is_datetime: false, ..Self::of_datetime(writer) })
    }

    pub(super) fn of_variant(writer: ValueWriter<'o>, variant: &'static str) -> Result<Self, TypedFailure> {
        Ok(Self { variant: Some(variant), ..Self::new(writer.inside()?)? })
    }

    /// A date is no table: it adds no level.
    pub(super) fn of_datetime(writer: ValueWriter<'o>) -> Self {
        let (members, name) = (Table::new(), Text::default());
        Self { inside: writer, variant: None, is_datetime: true, members, name }
    }

    fn add<T: Serialize + ?Sized>(&mut self, name: Text, member: &T) -> Result<(), TypedFailure> {
        let variant = self.variant;
        let below = |failure: TypedFailure, name: &Text| {
            below_variant(failure.below(Segment::Name(name.clone())), variant)
        };
        let Some(written) = member.serialize(self.inside).map_err(|failure| below(failure, &name))? else {
            return Ok(());
        };
        match self.members.insert(name.clone(), written) {
            None => Ok(()),
            Some(_) => {
                Err(below(TypedFailure::new(TypedErrorKind::Duplicate { field: name.clone() }), &name))
            }
        }
    }

    fn close(self) -> Result<Option<Value>, TypedFailure> {
        let text = self.members.values().next().and_then(Value::as_str);
        let kind = match text.map(str::parse::<Datetime>) {
            Some(Ok(datetime)) if self.is_datetime => Kind::Datetime(datetime),
            _ => Kind::Table(self.members),
        };
        Ok(Some(self.inside.in_variant(self.variant, self.inside.value(kind))))
    }
}

impl SerializeMap for TableWriter<'_> {
    type Ok = Option<Value>;
    type Error = TypedFailure;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), TypedFailure> {
        self.name = name.serialize(NameWriter)?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, member: &T) -> Result<(), TypedFailure> {
        let name = core::mem::take(&mut self.name);
        self.add(name, member)
    }

    fn end(self) -> Result<Option<Value>, TypedFailure> {
        self.close()
    }
}

macro_rules! fields {
    ($($access:ident)*) => {
        $(impl $access for TableWriter<'_> {
            type Ok = Option<Value>;
            type Error = TypedFailure;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                member: &T,
            ) -> Result<(), TypedFailure> {
                self.add(Text::new_static(name), member)
            }

            fn end(self) -> Result<Option<Value>, TypedFailure> {
                self.close()
            }
        })*
    };
}

fields!(SerializeStruct SerializeStructVariant);

fn below_variant(failure: TypedFailure, variant: Option<&'static str>) -> TypedFailure {
    match variant {
        Some(variant) => failure.below(Segment::Name(Text::new_static(variant))),
        None => failure,
    }
}
