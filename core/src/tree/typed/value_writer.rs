//! Writes one value: the serde serializer, with the elements and members inside.

use alloc::string::ToString;
use alloc::vec::Vec;

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::TypedErrorKind;
use super::failure::TypedFailure;
use super::name_writer::NameWriter;
use crate::tree::foreign_names::is_datetime;
use crate::tree::{Datetime, Kind, MAX_DEPTH, Number, Origin, Segment, Text, Value};

/// Writes one value; `None` if a table leaves the member out.
#[derive(Clone, Copy)]
pub(super) struct ValueWriter<'o> {
    origin: &'o Origin,
    depth: usize,
}

impl<'o> ValueWriter<'o> {
    pub(super) fn new(origin: &'o Origin) -> Self {
        Self { origin, depth: 0 }
    }

    fn value(self, kind: Kind) -> Value {
        Value::new(kind, self.origin.clone())
    }

    pub(super) fn or_null(self, slot: Option<Value>) -> Value {
        slot.unwrap_or_else(|| self.value(Kind::Null))
    }

    fn array(self, elements: impl IntoIterator<Item = Value>) -> Value {
        Value::array(elements, self.origin.clone())
    }

    /// The content as that of a variant, if it is one.
    fn in_variant(self, variant: Option<&'static str>, content: Value) -> Value {
        match variant {
            Some(variant) => Value::table([(Text::new_static(variant), content)], self.origin.clone()),
            None => content,
        }
    }

    /// The writer of what lies inside, unless that is one level too deep.
    fn inside(self) -> Result<Self, TypedFailure> {
        if self.depth >= MAX_DEPTH {
            return Err(TypedFailure::new(TypedErrorKind::TooDeep));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    #[inline(never)]
    fn scalar(self, kind: Kind) -> Result<Option<Value>, TypedFailure> {
        Ok(Some(self.value(kind)))
    }

    /// An integer that is wider than 64 bits.
    fn decimal(self, int: &impl ToString) -> Result<Option<Value>, TypedFailure> {
        self.scalar(Kind::Number(Number::Decimal(int.to_string().into())))
    }
}

impl<'o> Serializer for ValueWriter<'o> {
    type Ok = Option<Value>;
    type Error = TypedFailure;
    type SerializeSeq = ListWriter<'o>;
    type SerializeTuple = ListWriter<'o>;
    type SerializeTupleStruct = ListWriter<'o>;
    type SerializeTupleVariant = ListWriter<'o>;
    type SerializeMap = TableWriter<'o>;
    type SerializeStruct = TableWriter<'o>;
    type SerializeStructVariant = TableWriter<'o>;

    serialize_methods! { |self|
        serialize_bool(bool: bool) -> Self::Ok => self.scalar(Kind::Bool(bool)),
        serialize_i8(int: i8) -> Self::Ok => self.serialize_i64(int.into()),
        serialize_i16(int: i16) -> Self::Ok => self.serialize_i64(int.into()),
        serialize_i32(int: i32) -> Self::Ok => self.serialize_i64(int.into()),
        serialize_u8(int: u8) -> Self::Ok => self.serialize_i64(int.into()),
        serialize_u16(int: u16) -> Self::Ok => self.serialize_i64(int.into()),
        serialize_u32(int: u32) -> Self::Ok => self.serialize_i64(int.into()),
        serialize_i64(int: i64) -> Self::Ok => self.scalar(Kind::Number(Number::Int(int))),
        serialize_u64(int: u64) -> Self::Ok => self.serialize_i128(int.into()),
        serialize_i128(int: i128) -> Self::Ok => match i64::try_from(int) {
            Ok(int) => self.serialize_i64(int),
            Err(_) => self.decimal(&int),
        },
        serialize_u128(int: u128) -> Self::Ok => match i64::try_from(int) {
            Ok(int) => self.serialize_i64(int),
            Err(_) => self.decimal(&int),
        },
        serialize_f64(float: f64) -> Self::Ok => self.scalar(Kind::Number(Number::Float(float))),
        serialize_char(char: char) -> Self::Ok => self.serialize_str(char.encode_utf8(&mut [0; 4])),
        serialize_str(text: &str) -> Self::Ok => self.scalar(Kind::String(Text::new(text))),
        serialize_bytes(bytes: &[u8]) -> Self::Ok => bytes.serialize(self),
        serialize_none() -> Self::Ok => Ok(None),
        serialize_unit() -> Self::Ok => self.scalar(Kind::Null),
        serialize_unit_struct(_: &'static str) -> Self::Ok => self.serialize_unit(),
        serialize_unit_variant(_: &'static str, _: u32, variant: &'static str) -> Self::Ok =>
            self.scalar(Kind::String(Text::new_static(variant))),
        serialize_seq(length: Option<usize>) -> ListWriter<'o> => ListWriter::new(self, length.unwrap_or_default()),
        serialize_tuple(length: usize) -> ListWriter<'o> => ListWriter::new(self, length),
        serialize_tuple_struct(_: &'static str, length: usize) -> ListWriter<'o> => ListWriter::new(self, length),
        serialize_tuple_variant(_: &'static str, _: u32, variant: &'static str, length: usize) -> ListWriter<'o> =>
            ListWriter::of_variant(self, variant, length),
        serialize_map(length: Option<usize>) -> TableWriter<'o> => TableWriter::new(self, length.unwrap_or_default()),
        serialize_struct(name: &'static str, length: usize) -> TableWriter<'o> =>
            if length == 1 && is_datetime(name) { Ok(TableWriter::of_datetime(self)) } else { TableWriter::new(self, length) },
        serialize_struct_variant(_: &'static str, _: u32, variant: &'static str, length: usize) -> TableWriter<'o> =>
            TableWriter::of_variant(self, variant, length),
    }

    /// The float that a person would write: `0.1`, not the binary neighbour `0.10000000149011612`.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the cast decides whether the short decimal is exact"
    )]
    fn serialize_f32(self, float: f32) -> Result<Self::Ok, TypedFailure> {
        match float.to_string().parse::<f64>() {
            Ok(written) if (written as f32).to_bits() == float.to_bits() => self.serialize_f64(written),
            _ => self.serialize_f64(float.into()),
        }
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Self::Ok, TypedFailure> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Self::Ok, TypedFailure> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Self::Ok, TypedFailure> {
        let inside = self.inside()?;
        let name = Text::new_static(variant);
        let written = value.serialize(inside).map_err(|failure| failure.below(Segment::Name(name)))?;
        Ok(Some(self.in_variant(Some(variant), inside.or_null(written))))
    }
}

/// A list that is being written.
pub(super) struct ListWriter<'o> {
    inside: ValueWriter<'o>,
    variant: Option<&'static str>,
    elements: Vec<Value>,
}

impl<'o> ListWriter<'o> {
    #[inline(never)]
    fn new(writer: ValueWriter<'o>, length: usize) -> Result<Self, TypedFailure> {
        let elements = with_room(length);
        Ok(Self { inside: writer.inside()?, variant: None, elements })
    }

    fn of_variant(
        writer: ValueWriter<'o>,
        variant: &'static str,
        length: usize,
    ) -> Result<Self, TypedFailure> {
        Ok(Self { variant: Some(variant), ..Self::new(writer.inside()?, length)? })
    }

    fn add<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), TypedFailure> {
        let written = element.serialize(self.inside);
        self.push(written)
    }

    #[inline(never)]
    fn push(&mut self, written: Result<Option<Value>, TypedFailure>) -> Result<(), TypedFailure> {
        let written = written.map_err(|failure| {
            below_variant(failure.below(Segment::Index(self.elements.len())), self.variant)
        })?;
        self.elements.push(self.inside.or_null(written));
        Ok(())
    }

    #[inline(never)]
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
    members: Vec<(Text, Value)>,
    name: Text,
}

impl<'o> TableWriter<'o> {
    #[inline(never)]
    fn new(writer: ValueWriter<'o>, length: usize) -> Result<Self, TypedFailure> {
        let members = with_room(length);
        Ok(Self { inside: writer.inside()?, members, is_datetime: false, ..Self::of_datetime(writer) })
    }

    fn of_variant(
        writer: ValueWriter<'o>,
        variant: &'static str,
        length: usize,
    ) -> Result<Self, TypedFailure> {
        Ok(Self { variant: Some(variant), ..Self::new(writer.inside()?, length)? })
    }

    /// A date is no table: it adds no level.
    fn of_datetime(writer: ValueWriter<'o>) -> Self {
        let (members, name) = (Vec::new(), Text::default());
        Self { inside: writer, variant: None, is_datetime: true, members, name }
    }

    fn add<T: Serialize + ?Sized>(&mut self, name: Text, member: &T) -> Result<(), TypedFailure> {
        let written = member.serialize(self.inside);
        self.push(name, written)
    }

    /// Adds a member that was written. Not inlined, so that the code of each field is small.
    #[inline(never)]
    fn push(&mut self, name: Text, written: Result<Option<Value>, TypedFailure>) -> Result<(), TypedFailure> {
        let written = written.map_err(|failure| self.below(failure, &name))?;
        self.members.extend(written.map(|written| (name, written)));
        Ok(())
    }

    /// The failure of a member.
    fn below(&self, failure: TypedFailure, name: &Text) -> TypedFailure {
        below_variant(failure.below(Segment::Name(name.clone())), self.variant)
    }

    #[inline(never)]
    fn close(mut self) -> Result<Option<Value>, TypedFailure> {
        self.members.sort_by(|(name, _), (next, _)| name.cmp(next));
        let mut same = self.members.chunk_by(|(name, _), (next, _)| name == next);
        if let Some([(name, _), ..]) = same.find(|same| same.len() > 1) {
            let field = name.clone();
            return Err(self.below(TypedFailure::new(TypedErrorKind::Duplicate { field }), name));
        }
        let datetime = self.members.first().filter(|_| self.is_datetime);
        let kind = match datetime.and_then(|(_, text)| text.as_str()).map(str::parse::<Datetime>) {
            Some(Ok(datetime)) => Kind::Datetime(datetime),
            _ => Kind::Table(self.members.into_iter().collect()),
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

/// Foreign code gives the length: reserve room for a usual list or table, no more.
fn with_room<T>(length: usize) -> Vec<T> {
    Vec::with_capacity(length.min(64))
}

fn below_variant(failure: TypedFailure, variant: Option<&'static str>) -> TypedFailure {
    match variant {
        Some(variant) => failure.below(Segment::Name(Text::new_static(variant))),
        None => failure,
    }
}
