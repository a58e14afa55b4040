//! How `toml`'s date type passes through serde: as a struct of one field that holds its text.

use core::fmt;

use serde::de::{Deserialize, Deserializer, Visitor, value};
use toml::value::Datetime;

/// Tells whether a struct of that name is the date type, by the name that the date type itself asks for.
pub(super) fn is_datetime(name: &str) -> bool {
    matches!(Datetime::deserialize(Asked), Err(Name(asked)) if asked == name)
}

/// A deserializer that answers with the name of the struct it is asked for.
struct Asked;

#[derive(Debug)]
struct Name(&'static str);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl core::error::Error for Name {}

impl serde::de::Error for Name {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self("")
    }
}

impl<'de> Deserializer<'de> for Asked {
    type Error = Name;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Name> {
        Err(Name(name))
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Name> {
        value::UnitDeserializer::new().deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
