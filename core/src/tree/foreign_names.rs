//! The names by which types of `toml` and `serde_json` are recognised by the deserializers of their own crates.

use alloc::boxed::Box;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Visitor, value};
use serde_json::value::RawValue;
use toml::value::Datetime;

/// Whether a struct of that name is the date type of `toml`, a struct of one field that holds its text.
pub(crate) fn is_datetime(name: &str) -> bool {
    RequestedName::of::<Datetime>().name == name
}

/// The field of that struct.
pub(crate) fn datetime_field() -> &'static str {
    RequestedName::of::<Datetime>().field
}

/// The name of the newtype by which a type requests the text of a JSON value from `serde_json`.
pub(crate) fn raw_json() -> &'static str {
    RequestedName::of::<Box<RawValue>>().name
}

/// The struct or the newtype that a type requests, with its first field: the error of a deserializer that reads nothing.
#[derive(Debug, Default)]
struct RequestedName {
    name: &'static str,
    field: &'static str,
}

impl RequestedName {
    fn of<T: Deserialize<'static>>() -> Self {
        T::deserialize(NameProbe).err().unwrap_or_default()
    }
}

impl fmt::Display for RequestedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl core::error::Error for RequestedName {}

impl serde::de::Error for RequestedName {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::default()
    }
}

struct NameProbe;

impl<'de> Deserializer<'de> for NameProbe {
    type Error = RequestedName;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, RequestedName> {
        Err(RequestedName { name, field: fields.first().copied().unwrap_or_default() })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: V,
    ) -> Result<V::Value, RequestedName> {
        Err(RequestedName { name, field: "" })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RequestedName> {
        value::UnitDeserializer::new().deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
