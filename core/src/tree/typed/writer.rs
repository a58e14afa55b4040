//! What makes one value.

use super::TypedErrorKind;
use super::stop::Stop;
use crate::tree::{Kind, MAX_DEPTH, Origin, Text, Value};

/// Makes one value; `None` where a table leaves the member out.
#[derive(Clone, Copy)]
pub(super) struct Writer<'o> {
    pub(super) origin: &'o Origin,
    depth: usize,
}

impl<'o> Writer<'o> {
    pub(super) fn new(origin: &'o Origin) -> Self {
        Self { origin, depth: 0 }
    }

    pub(super) fn value(self, kind: Kind) -> Value {
        Value::new(kind, self.origin.clone())
    }

    pub(super) fn or_null(self, slot: Option<Value>) -> Value {
        slot.unwrap_or_else(|| self.value(Kind::Null))
    }

    pub(super) fn array(self, elements: impl IntoIterator<Item = Value>) -> Value {
        Value::array(elements, self.origin.clone())
    }

    /// The content as that of a variant, if it is one.
    pub(super) fn in_variant(self, variant: Option<&'static str>, content: Value) -> Value {
        match variant {
            Some(variant) => Value::table([(Text::new_static(variant), content)], self.origin.clone()),
            None => content,
        }
    }

    /// The writer of what lies inside, unless that is one level too deep.
    pub(super) fn inside(self) -> Result<Self, Stop> {
        if self.depth >= MAX_DEPTH {
            return Err(Stop::new(TypedErrorKind::TooDeep));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    pub(super) fn scalar(self, kind: Kind) -> Result<Option<Value>, Stop> {
        Ok(Some(self.value(kind)))
    }

    pub(super) fn text(self, text: &str) -> Result<Option<Value>, Stop> {
        self.scalar(Kind::String(Text::new(text)))
    }
}
