//! Reads a value of a made-up type, by the calls that `#[derive(Deserialize)]` would make.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize as _;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};
use serde_json::Value as Json;
use speckit_core::tree::typed::Secret;

use super::Shape;

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Read {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    Nothing,
    List(Vec<Self>),
    Members(BTreeMap<String, Self>),
    Variant(&'static str, Option<Box<Self>>),
}

/// The settings of the shape that [`with_shape`] sets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shaped(Read);

thread_local!(static SHAPE: RefCell<Shape> = const { RefCell::new(Shape::Bool) });

/// Makes [`Shaped`] a type of this shape, on this thread.
pub(crate) fn with_shape<R>(shape: &Shape, run: impl FnOnce() -> R) -> R {
    SHAPE.set(shape.clone());
    run()
}

impl<'de> serde::Deserialize<'de> for Shaped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let shape = SHAPE.with_borrow(Clone::clone);
        Seed(&shape).deserialize(deserializer).map(Self)
    }
}

struct Seed<'s>(&'s Shape);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Read;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Read, D::Error> {
        match self.0 {
            Shape::Bool => deserializer.deserialize_bool(self),
            Shape::U8 => deserializer.deserialize_u8(self),
            Shape::I64 => deserializer.deserialize_i64(self),
            Shape::F64 => deserializer.deserialize_f64(self),
            Shape::Text => deserializer.deserialize_string(self),
            Shape::Secret => {
                let secret = Secret::<String>::deserialize(deserializer)?;
                Ok(Read::Text(secret.expose().clone()))
            }
            Shape::Option(_) => deserializer.deserialize_option(self),
            Shape::List(_) => deserializer.deserialize_seq(self),
            Shape::Tuple(shapes) => deserializer.deserialize_tuple(shapes.len(), self),
            Shape::Map(_) => deserializer.deserialize_map(self),
            Shape::Newtype(name, _) => deserializer.deserialize_newtype_struct(name, self),
            Shape::Struct(fields, _) => deserializer.deserialize_struct("S", fields, self),
            Shape::Enum(variants, _) => deserializer.deserialize_enum("E", variants, self),
            Shape::Buffered(inner) => {
                let buffer: Json = serde::Deserialize::deserialize(deserializer)?;
                Seed(inner).deserialize(buffer).map_err(Error::custom)
            }
        }
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Read;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Read, E> {
        match self.0 {
            Shape::Bool => Ok(Read::Bool(value)),
            _ => Err(E::invalid_type(serde::de::Unexpected::Bool(value), &self)),
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Read, E> {
        let wrong = Err(E::invalid_type(serde::de::Unexpected::Signed(value), &self));
        match self.0 {
            Shape::U8 => u8::try_from(value).map_or(wrong, |value| Ok(Read::Integer(value.into()))),
            Shape::I64 => Ok(Read::Integer(value)),
            Shape::F64 => Ok(Read::Float(value as f64)),
            _ => wrong,
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Read, E> {
        let too_large = E::invalid_value(serde::de::Unexpected::Unsigned(value), &self);
        i64::try_from(value).map_err(|_| too_large).and_then(|value| self.visit_i64(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Read, E> {
        match self.0 {
            Shape::F64 => Ok(Read::Float(value)),
            _ => Err(E::invalid_type(serde::de::Unexpected::Float(value), &self)),
        }
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Read, E> {
        match self.0 {
            Shape::Text => Ok(Read::Text(value.to_owned())),
            _ => Err(E::invalid_type(serde::de::Unexpected::Str(value), &self)),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<Read, E> {
        self.visit_none()
    }

    fn visit_none<E: Error>(self) -> Result<Read, E> {
        match self.0 {
            Shape::Option(_) => Ok(Read::Nothing),
            _ => Err(E::invalid_type(serde::de::Unexpected::Unit, &self)),
        }
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Read, D::Error> {
        match self.0 {
            Shape::Option(inner) => Seed(inner).deserialize(deserializer),
            _ => Err(D::Error::custom("no option")),
        }
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Read, D::Error> {
        match self.0 {
            Shape::Newtype(_, inner) => Seed(inner).deserialize(deserializer),
            _ => Err(D::Error::custom("no newtype")),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Read, A::Error> {
        let mut elements = Vec::new();
        let inner = match self.0 {
            Shape::List(inner) => inner,
            Shape::Tuple(shapes) => {
                for (index, shape) in shapes.iter().enumerate() {
                    let element = access.next_element_seed(Seed(shape))?;
                    elements.push(element.ok_or_else(|| A::Error::invalid_length(index, &"a tuple"))?);
                }
                return Ok(Read::List(elements));
            }
            _ => return Err(A::Error::custom("no list")),
        };
        while let Some(element) = access.next_element_seed(Seed(inner))? {
            elements.push(element);
        }
        Ok(Read::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Read, A::Error> {
        let mut members = BTreeMap::new();
        let (fields, shapes) = match self.0 {
            Shape::Struct(fields, shapes) => (*fields, shapes),
            Shape::Map(inner) => {
                while let Some(name) = access.next_key::<String>()? {
                    members.insert(name, access.next_value_seed(Seed(inner))?);
                }
                return Ok(Read::Members(members));
            }
            _ => return Err(A::Error::custom("no table")),
        };
        while let Some(name) = access.next_key::<String>()? {
            let Some((field, shape)) = fields.iter().zip(shapes).find(|(field, _)| **field == name) else {
                access.next_value::<IgnoredAny>()?;
                continue;
            };
            if members.contains_key(*field) {
                return Err(A::Error::duplicate_field(field));
            }
            members.insert(name, access.next_value_seed(Seed(shape))?);
        }
        for (field, shape) in fields.iter().zip(shapes) {
            if members.contains_key(*field) {
                continue;
            }
            match shape {
                Shape::Option(_) => members.insert((*field).to_owned(), Read::Nothing),
                _ => return Err(A::Error::missing_field(field)),
            };
        }
        Ok(Read::Members(members))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Read, A::Error> {
        let Shape::Enum(variants, contents) = self.0 else { return Err(A::Error::custom("no enum")) };
        let (name, variant) = access.variant::<String>()?;
        let known = variants.iter().position(|known| *known == name);
        let at = known.ok_or_else(|| A::Error::unknown_variant(&name, variants))?;
        match at.checked_sub(variants.len() - contents.len()).and_then(|at| contents.get(at)) {
            Some(content) => {
                let content = variant.newtype_variant_seed(Seed(content))?;
                Ok(Read::Variant(variants[at], Some(Box::new(content))))
            }
            None => variant.unit_variant().map(|()| Read::Variant(variants[at], None)),
        }
    }
}
