//! Writing: the serde serializer that makes one value.

use alloc::string::ToString;

use serde::ser::{Serialize, Serializer};

use super::datetime::is_datetime;
use super::ser_members::{Elements, Members};
use super::stop::Stop;
use super::writer::Writer;
use crate::tree::{Kind, Number, Segment, Text, Value};

impl<'o> Serializer for Writer<'o> {
    type Ok = Option<Value>;
    type Error = Stop;
    type SerializeSeq = Elements<'o>;
    type SerializeTuple = Elements<'o>;
    type SerializeTupleStruct = Elements<'o>;
    type SerializeTupleVariant = Elements<'o>;
    type SerializeMap = Members<'o>;
    type SerializeStruct = Members<'o>;
    type SerializeStructVariant = Members<'o>;

    fn serialize_bool(self, bool: bool) -> Result<Self::Ok, Stop> {
        self.scalar(Kind::Bool(bool))
    }

    fn serialize_i8(self, int: i8) -> Result<Self::Ok, Stop> {
        self.serialize_i64(int.into())
    }

    fn serialize_i16(self, int: i16) -> Result<Self::Ok, Stop> {
        self.serialize_i64(int.into())
    }

    fn serialize_i32(self, int: i32) -> Result<Self::Ok, Stop> {
        self.serialize_i64(int.into())
    }

    fn serialize_i64(self, int: i64) -> Result<Self::Ok, Stop> {
        self.scalar(Kind::Number(Number::Int(int)))
    }

    fn serialize_i128(self, int: i128) -> Result<Self::Ok, Stop> {
        self.scalar(Kind::Number(match i64::try_from(int) {
            Ok(int) => Number::Int(int),
            Err(_) => Number::Decimal(int.to_string().into()),
        }))
    }

    fn serialize_u8(self, int: u8) -> Result<Self::Ok, Stop> {
        self.serialize_i64(int.into())
    }

    fn serialize_u16(self, int: u16) -> Result<Self::Ok, Stop> {
        self.serialize_i64(int.into())
    }

    fn serialize_u32(self, int: u32) -> Result<Self::Ok, Stop> {
        self.serialize_i64(int.into())
    }

    fn serialize_u64(self, int: u64) -> Result<Self::Ok, Stop> {
        self.serialize_i128(int.into())
    }

    fn serialize_u128(self, int: u128) -> Result<Self::Ok, Stop> {
        match i128::try_from(int) {
            Ok(int) => self.serialize_i128(int),
            Err(_) => self.scalar(Kind::Number(Number::Decimal(int.to_string().into()))),
        }
    }

    /// The float that a person would write: `0.1`, not the binary neighbour `0.10000000149011612`.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the cast decides whether the short decimal is exact"
    )]
    fn serialize_f32(self, float: f32) -> Result<Self::Ok, Stop> {
        match float.to_string().parse::<f64>() {
            Ok(written) if (written as f32).to_bits() == float.to_bits() => self.serialize_f64(written),
            _ => self.serialize_f64(float.into()),
        }
    }

    fn serialize_f64(self, float: f64) -> Result<Self::Ok, Stop> {
        self.scalar(Kind::Number(Number::Float(float)))
    }

    fn serialize_char(self, char: char) -> Result<Self::Ok, Stop> {
        self.text(char.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<Self::Ok, Stop> {
        self.text(text)
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Self::Ok, Stop> {
        let inside = self.inside()?;
        let byte = |byte: &u8| inside.value(Kind::Number(Number::Int((*byte).into())));
        Ok(Some(self.array(bytes.iter().map(byte))))
    }

    fn serialize_none(self) -> Result<Self::Ok, Stop> {
        Ok(None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Self::Ok, Stop> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Self::Ok, Stop> {
        self.scalar(Kind::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Self::Ok, Stop> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Self::Ok, Stop> {
        self.scalar(Kind::String(Text::new_static(variant)))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Self::Ok, Stop> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Self::Ok, Stop> {
        let inside = self.inside()?;
        let name = Text::new_static(variant);
        let written = value.serialize(inside).map_err(|stop| stop.below(Segment::Name(name)))?;
        Ok(Some(self.in_variant(Some(variant), inside.or_null(written))))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Elements<'o>, Stop> {
        Elements::new(self, length.unwrap_or_default())
    }

    fn serialize_tuple(self, length: usize) -> Result<Elements<'o>, Stop> {
        Elements::new(self, length)
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Elements<'o>, Stop> {
        Elements::new(self, length)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Elements<'o>, Stop> {
        Elements::of_variant(self, variant, length)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'o>, Stop> {
        Members::new(self)
    }

    fn serialize_struct(self, name: &'static str, length: usize) -> Result<Members<'o>, Stop> {
        if length == 1 && is_datetime(name) { Ok(Members::of_datetime(self)) } else { Members::new(self) }
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'o>, Stop> {
        Members::of_variant(self, variant)
    }
}
