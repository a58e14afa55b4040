//! Reads a value of any type from a deserializer.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{Kind, MAX_DEPTH, Value};
use crate::tree::foreign_names::{datetime_field, raw_json};
use crate::tree::{LayerKind, Number, Origin, Source, Text};

/// The only member of a table that stands for a number with more digits than a usual type holds.
pub(crate) const DECIMAL: &str = "$speckit::Decimal";

/// Any value. Its origin is `deserialized`, without a place.
///
/// A configuration gives every number and date exactly, and so does the text of a TOML or JSON document. A member that serde
/// buffers first, as below `#[serde(flatten)]`, is an integer of 64 bits, a float or a text there.
///
/// ```
/// use std::collections::BTreeMap;
/// use speckit_core::config::source::{Language, parse};
/// use speckit_core::tree::typed::from_value;
/// use speckit_core::{LayerKind, Source, Value};
///
/// #[derive(serde::Deserialize)]
/// struct Settings {
///     port: u16,
///     #[serde(flatten)]
///     extra: BTreeMap<String, Value>,
/// }
///
/// let text = Source::document(LayerKind::File, "app.toml", "port = 80\n[plugin]\nspeed = 1.5\n");
/// let settings: Settings = from_value(parse(&text, Language::Toml)?.root()).unwrap();
/// assert_eq!(settings.extra["plugin"].to_string(), "{ speed = 1.5 }");
/// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
/// ```
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let source = Source::fragment(LayerKind::Override, "deserialized", "");
        ValueSeed { origin: &Origin::whole(&source), depth: 0 }.deserialize(deserializer)
    }
}

/// A value at this origin, this deep in others.
#[derive(Clone, Copy)]
struct ValueSeed<'o> {
    origin: &'o Origin,
    depth: usize,
}

impl ValueSeed<'_> {
    fn value<E>(self, kind: Kind) -> Result<Value, E> {
        Ok(Value::new(kind, self.origin.clone()))
    }

    fn number<E>(self, number: Number) -> Result<Value, E> {
        self.value(Kind::Number(number))
    }

    /// An integer that may be wider than 64 bits.
    fn integer<E>(self, int: impl TryInto<i64> + ToString + Copy) -> Result<Value, E> {
        self.number(int.try_into().map_or_else(|_| Number::Decimal(int.to_string().into()), Number::Int))
    }

    /// The seed of what lies inside.
    fn inside<E: Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    /// A value from its text in JSON, with every digit of a number.
    fn json<E: Error>(self, text: &str) -> Result<Value, E> {
        if let Ok(number) = Number::parse(text.trim()) {
            return self.number(number);
        }
        serde_json::Deserializer::from_str(text).deserialize_any(self).map_err(E::custom)
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_newtype_struct(raw_json(), self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        self.value(Kind::Null)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        self.value(Kind::Null)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Value, E> {
        self.value(Kind::Bool(bool))
    }

    fn visit_i64<E>(self, int: i64) -> Result<Value, E> {
        self.integer(int)
    }

    fn visit_u64<E>(self, int: u64) -> Result<Value, E> {
        self.integer(int)
    }

    fn visit_i128<E>(self, int: i128) -> Result<Value, E> {
        self.integer(int)
    }

    fn visit_u128<E>(self, int: u128) -> Result<Value, E> {
        self.integer(int)
    }

    fn visit_f64<E>(self, float: f64) -> Result<Value, E> {
        self.number(Number::Float(float))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        self.value(Kind::String(Text::new(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut elements = Vec::new();
        while let Some(element) = access.next_element_seed(inside)? {
            elements.push(element);
        }
        Ok(Value::array(elements, self.origin.clone()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut name: Option<String> = access.next_key()?;
        if let Some(first) = name.as_deref().filter(|first| first.starts_with('$')) {
            let is = |foreign: &str| first == foreign;
            if is(raw_json()) {
                return self.json(&access.next_value::<String>()?);
            }
            if is(DECIMAL) {
                let digits: String = access.next_value()?;
                return self.number(Number::parse(&digits).map_err(A::Error::custom)?);
            }
            if is(datetime_field()) {
                let text: String = access.next_value()?;
                return self.value(Kind::Datetime(text.parse().map_err(A::Error::custom)?));
            }
        }
        let inside = self.inside()?;
        let mut members = Vec::new();
        while let Some(next) = name {
            members.push((Text::from(next), access.next_value_seed(inside)?));
            name = access.next_key()?;
        }
        Ok(Value::table(members, self.origin.clone()))
    }
}
