//! Writes the key of a map as the name of a member.

use alloc::format;
use alloc::string::String;

use serde::ser::{Impossible, Serialize, Serializer};

use super::failure::TypedFailure;
use crate::tree::Text;

/// Writes the name of a member.
#[derive(Clone, Copy)]
pub(super) struct NameWriter;

fn rejected<T>(found: &str) -> Result<T, TypedFailure> {
    Err(TypedFailure::mismatch("string, integer, boolean or character as a key", found))
}

fn with_content(variant: &str) -> String {
    format!("variant `{variant}` with content")
}

impl Serializer for NameWriter {
    type Ok = Text;
    type Error = TypedFailure;
    type SerializeSeq = Impossible<Text, TypedFailure>;
    type SerializeTuple = Impossible<Text, TypedFailure>;
    type SerializeTupleStruct = Impossible<Text, TypedFailure>;
    type SerializeTupleVariant = Impossible<Text, TypedFailure>;
    type SerializeMap = Impossible<Text, TypedFailure>;
    type SerializeStruct = Impossible<Text, TypedFailure>;
    type SerializeStructVariant = Impossible<Text, TypedFailure>;

    serialize_methods! { |self|
        serialize_bool(name: bool) -> Text => Ok(Text::of_display(&name)),
        serialize_i8(name: i8) -> Text => Ok(Text::of_display(&name)),
        serialize_i16(name: i16) -> Text => Ok(Text::of_display(&name)),
        serialize_i32(name: i32) -> Text => Ok(Text::of_display(&name)),
        serialize_i64(name: i64) -> Text => Ok(Text::of_display(&name)),
        serialize_i128(name: i128) -> Text => Ok(Text::of_display(&name)),
        serialize_u8(name: u8) -> Text => Ok(Text::of_display(&name)),
        serialize_u16(name: u16) -> Text => Ok(Text::of_display(&name)),
        serialize_u32(name: u32) -> Text => Ok(Text::of_display(&name)),
        serialize_u64(name: u64) -> Text => Ok(Text::of_display(&name)),
        serialize_u128(name: u128) -> Text => Ok(Text::of_display(&name)),
        serialize_char(name: char) -> Text => Ok(Text::of_display(&name)),
        serialize_str(name: &str) -> Text => Ok(name.into()),
        serialize_unit_variant(_: &'static str, _: u32, variant: &'static str) -> Text => Ok(Text::new_static(variant)),
        serialize_f32(_: f32) -> Text => rejected("number"),
        serialize_f64(_: f64) -> Text => rejected("number"),
        serialize_bytes(_: &[u8]) -> Text => rejected("bytes"),
        serialize_none() -> Text => rejected("null"),
        serialize_unit() -> Text => rejected("null"),
        serialize_unit_struct(_: &'static str) -> Text => rejected("null"),
        serialize_seq(_: Option<usize>) -> Self::SerializeSeq => rejected("array"),
        serialize_tuple(_: usize) -> Self::SerializeTuple => rejected("array"),
        serialize_tuple_struct(_: &'static str, _: usize) -> Self::SerializeTupleStruct => rejected("array"),
        serialize_tuple_variant(_: &'static str, _: u32, variant: &'static str, _: usize) -> Self::SerializeTupleVariant =>
            rejected(&with_content(variant)),
        serialize_map(_: Option<usize>) -> Self::SerializeMap => rejected("object"),
        serialize_struct(_: &'static str, _: usize) -> Self::SerializeStruct => rejected("object"),
        serialize_struct_variant(_: &'static str, _: u32, variant: &'static str, _: usize) -> Self::SerializeStructVariant =>
            rejected(&with_content(variant)),
    }

    fn serialize_some<T: Serialize + ?Sized>(self, name: &T) -> Result<Text, TypedFailure> {
        name.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        name: &T,
    ) -> Result<Text, TypedFailure> {
        name.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: &T,
    ) -> Result<Text, TypedFailure> {
        rejected(&with_content(variant))
    }
}
