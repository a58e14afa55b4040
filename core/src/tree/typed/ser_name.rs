//! Writing the key of a map as the name of a member.

use alloc::format;

use serde::ser::{Impossible, Serialize, Serializer};

use super::stop::Stop;
use crate::tree::Text;

/// Makes the name of a member.
#[derive(Clone, Copy)]
pub(super) struct NameWriter;

fn refused<T>(found: &str) -> Result<T, Stop> {
    Err(Stop::mismatch("string, integer, boolean or character as a key", found))
}

macro_rules! as_text {
    ($($method:ident $type:ty)*) => {
        $(fn $method(self, name: $type) -> Result<Text, Stop> {
            Ok(Text::of_display(&name))
        })*
    };
}

impl Serializer for NameWriter {
    type Ok = Text;
    type Error = Stop;
    type SerializeSeq = Impossible<Text, Stop>;
    type SerializeTuple = Impossible<Text, Stop>;
    type SerializeTupleStruct = Impossible<Text, Stop>;
    type SerializeTupleVariant = Impossible<Text, Stop>;
    type SerializeMap = Impossible<Text, Stop>;
    type SerializeStruct = Impossible<Text, Stop>;
    type SerializeStructVariant = Impossible<Text, Stop>;

    as_text! {
        serialize_bool bool
        serialize_i8 i8
        serialize_i16 i16
        serialize_i32 i32
        serialize_i64 i64
        serialize_i128 i128
        serialize_u8 u8
        serialize_u16 u16
        serialize_u32 u32
        serialize_u64 u64
        serialize_u128 u128
        serialize_char char
        serialize_str &str
    }

    fn serialize_f32(self, _: f32) -> Result<Text, Stop> {
        refused("number")
    }

    fn serialize_f64(self, _: f64) -> Result<Text, Stop> {
        refused("number")
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Text, Stop> {
        refused("bytes")
    }

    fn serialize_none(self) -> Result<Text, Stop> {
        refused("null")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, name: &T) -> Result<Text, Stop> {
        name.serialize(self)
    }

    fn serialize_unit(self) -> Result<Text, Stop> {
        refused("null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Text, Stop> {
        refused("null")
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Text, Stop> {
        Ok(Text::new_static(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        name: &T,
    ) -> Result<Text, Stop> {
        name.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: &T,
    ) -> Result<Text, Stop> {
        refused(&format!("variant `{variant}` with content"))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Stop> {
        refused("array")
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Stop> {
        refused("array")
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Stop> {
        refused("array")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Stop> {
        refused(&format!("variant `{variant}` with content"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Stop> {
        refused("object")
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Stop> {
        refused("object")
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Stop> {
        refused(&format!("variant `{variant}` with content"))
    }
}
