//! How `toml`'s date type passes through serde: as a struct of one field that holds its text.

use core::fmt;

use serde::de::{Deserialize, Deserializer, Visitor, value};
use toml::value::Datetime;

/// Whether a struct of that name is the date type, by the name that the date type passes to its deserializer.
pub(super) fn is_datetime(name: &str) -> bool {
    matches!(Datetime::deserialize(StructNameProbe), Err(ProbedName(probed)) if probed == name)
}

/// A deserializer that returns the name of the requested struct as its error.
struct StructNameProbe;

#[derive(Debug)]
struct ProbedName(&'static str);

impl fmt::Display for ProbedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl core::error::Error for ProbedName {}

impl serde::de::Error for ProbedName {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self("")
    }
}

impl<'de> Deserializer<'de> for StructNameProbe {
    type Error = ProbedName;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, ProbedName> {
        Err(ProbedName(name))
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ProbedName> {
        value::UnitDeserializer::new().deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
