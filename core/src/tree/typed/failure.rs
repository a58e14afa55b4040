//! An error of reading or writing a value: it collects its key from the inside to the outside.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Expected, Unexpected};

use super::{TypedError, TypedErrorKind, words};
use crate::tree::nearest::nearest;
use crate::tree::{Key, Kind, Origin, Segment, Table, Text, Value};

/// A failure on its way to the root. Boxed, so that a successful result is small.
pub(super) struct TypedFailure(Box<FailureDetails>);

struct FailureDetails {
    /// The steps of the key, innermost first.
    path: Vec<Segment>,
    origin: Option<Origin>,
    kind: TypedErrorKind,
    /// The text that named no field or variant. It identifies the member that it came from, and is never shown.
    clue: Option<Text>,
}

impl TypedFailure {
    pub(super) fn new(kind: TypedErrorKind) -> Self {
        Self(Box::new(FailureDetails { path: Vec::new(), origin: None, kind, clue: None }))
    }

    pub(super) fn mismatch(expected: impl fmt::Display, found: impl Into<String>) -> Self {
        Self::new(TypedErrorKind::Mismatch {
            expected: words::expected(&expected.to_string()),
            found: found.into(),
        })
    }

    /// A number beyond the bounds of a number type.
    pub(super) fn out_of_range(target: &str) -> Self {
        match bounds(target) {
            Some((expected, low, high)) => Self::new(TypedErrorKind::OutOfRange { expected, low, high }),
            None => Self::mismatch(target, "another number"),
        }
    }

    /// Gives the failure the place of `value`, unless one further inside is known.
    pub(super) fn at(mut self, value: &Value) -> Self {
        let details = &mut *self.0;
        if details.origin.is_some() {
            return self;
        }
        let member = value.as_table().and_then(|members| details.member_meant(members));
        match (&details.kind, member) {
            (_, Some((name, origin))) => {
                details.path.push(Segment::Name(name));
                details.origin = Some(origin);
            }
            (TypedErrorKind::Missing { field }, None) if lacks(value, field) => {
                details.path.push(Segment::Name(Text::new_static(field)));
                details.origin = Some(value.origin().clone());
            }
            _ => details.origin = Some(value.origin().clone()),
        }
        self
    }

    /// Gives the failure the place of the member whose name or value it is about.
    pub(super) fn at_member(self, name: &Text, member: &Value) -> Self {
        if self.0.origin.is_some() { self } else { self.at(member).below(Segment::Name(name.clone())) }
    }

    /// Adds the step above those that are known.
    pub(super) fn below(mut self, segment: Segment) -> Self {
        self.0.path.push(segment);
        self
    }

    pub(super) fn is_duplicate(&self) -> bool {
        self.duplicate().is_some()
    }

    /// The field that is set a second time.
    pub(super) fn duplicate(&self) -> Option<&str> {
        match &self.0.kind {
            TypedErrorKind::Duplicate { field } => Some(field),
            _ => None,
        }
    }

    pub(super) fn finish(self) -> TypedError {
        let mut key = Key::root();
        for segment in self.0.path.into_iter().rev() {
            key.push(segment);
        }
        TypedError { key, origin: self.0.origin, kind: self.0.kind }
    }

    fn with_clue(mut self, clue: &str) -> Self {
        self.0.clue = Some(clue.into());
        self
    }
}

impl FailureDetails {
    /// The member that a failure of a buffered table came from, where that is beyond doubt.
    fn member_meant(&self, members: &Table) -> Option<(Text, Origin)> {
        let clue = self.clue.as_ref()?;
        match self.kind {
            TypedErrorKind::UnknownField { .. } => {
                members.get(clue).map(|member| (clue.clone(), member.origin().clone()))
            }
            TypedErrorKind::UnknownVariant { .. } => {
                let mut tags = members.iter().filter(|(_, member)| member.as_str() == Some(clue));
                match (tags.next(), tags.next()) {
                    (Some((name, tag)), None) => Some((name.clone(), tag.origin().clone())),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

fn lacks(table: &Value, field: &str) -> bool {
    let is_unset = |member: &Value| matches!(member.kind(), Kind::Unset);
    table.as_table().is_some_and(|members| members.get(field).is_none_or(is_unset))
}

impl fmt::Debug for TypedFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedFailure").field(&self.0.kind).finish()
    }
}

impl fmt::Display for TypedFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.kind.fmt(f)
    }
}

impl core::error::Error for TypedFailure {}

/// serde's own messages quote the value; these name its type.
impl serde::de::Error for TypedFailure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(TypedErrorKind::Custom { message: words::message(message.to_string()) })
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::mismatch(expected, words::found(found))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let target = expected.to_string();
        match found {
            Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Other(_)
                if bounds(&target).is_some() =>
            {
                Self::out_of_range(&target)
            }
            _ => Self::mismatch(target, words::another(found)),
        }
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::mismatch(expected, words::counted(length))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let nearest = nearest(variant, expected.iter().copied());
        Self::new(TypedErrorKind::UnknownVariant { expected, nearest }).with_clue(variant)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let nearest = nearest(field, expected.iter().copied());
        Self::new(TypedErrorKind::UnknownField { expected, nearest }).with_clue(field)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(TypedErrorKind::Missing { field })
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(TypedErrorKind::Duplicate { field: Text::new_static(field) })
    }
}

impl serde::ser::Error for TypedFailure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        <Self as serde::de::Error>::custom(message)
    }
}

/// The name and the bounds of a number type.
fn bounds(target: &str) -> Option<(&'static str, String, String)> {
    macro_rules! among {
        ($($type:ident)*) => {
            match target {
                $(stringify!($type) => Some((stringify!($type), $type::MIN.to_string(), $type::MAX.to_string())),)*
                "f32" => Some(("f32", format!("{:e}", f32::MIN), format!("{:e}", f32::MAX))),
                "f64" => Some(("f64", format!("{:e}", f64::MIN), format!("{:e}", f64::MAX))),
                _ => None,
            }
        };
    }
    among!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize)
}
