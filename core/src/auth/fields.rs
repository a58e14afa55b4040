//! The fields of an answer's JSON object.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::error::{AnswerProblem, AuthError};
use super::exchange::{Answer, Endpoint};
use crate::tree::typed::Secret;

/// The fields of an answer. Each text is wiped when it is dropped; what serde copied on its way is not.
pub(super) struct Fields {
    endpoint: Endpoint,
    status: u16,
    fields: BTreeMap<String, Field>,
}

/// The value of a field.
enum Field {
    Text(Secret<String>),
    Number(f64),
    Null,
    Other,
}

/// A number of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seconds {
    /// There is no such field, or it is null.
    Missing,
    /// A whole number from 0 on; a fraction is cut off, and what is too large becomes the largest one.
    Value(u64),
    /// Negative, or no number.
    Invalid,
}

impl Seconds {
    fn of(number: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a conversion to an integer saturates"
        )]
        if number >= 0.0 { Self::Value(number as u64) } else { Self::Invalid }
    }
}

impl Fields {
    /// The fields of the body.
    ///
    /// # Errors
    /// [`AuthError::Answer`]: the body is no JSON object. No part of it is in the error.
    pub(super) fn of(endpoint: Endpoint, answer: &Answer) -> Result<Self, AuthError> {
        let status = answer.status;
        let problem = match serde_json::from_slice(answer.body.expose()) {
            Ok(fields) => return Ok(Self { endpoint, status, fields }),
            Err(_) if (300..400).contains(&status) => AnswerProblem::Redirect,
            Err(_) => AnswerProblem::NotAnObject,
        };
        Err(AuthError::Answer { endpoint, status, problem })
    }

    /// The text of a field; `None` if it is missing, null, empty, or no text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.fields.get(name) {
            Some(Field::Text(text)) => Some(text.expose().as_str()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// The text of a field that must be there.
    ///
    /// # Errors
    /// [`AuthError::Answer`] with the name of the field.
    pub(super) fn required(&self, name: &'static str) -> Result<&str, AuthError> {
        let problem = match self.fields.get(name) {
            None | Some(Field::Null) => AnswerProblem::Missing { field: name },
            Some(_) => match self.text(name) {
                Some(text) => return Ok(text),
                None => AnswerProblem::NotText { field: name },
            },
        };
        Err(self.problem(problem))
    }

    /// The seconds of a field. A text with a number counts as that number, which some providers send.
    pub(super) fn seconds(&self, name: &str) -> Seconds {
        self.number(name).map_or(Seconds::Missing, Seconds::of)
    }

    /// As [`Fields::seconds`], but a fraction of a second counts as a whole one: for a time that must pass.
    pub(super) fn seconds_rounded_up(&self, name: &str) -> Seconds {
        let Some(number) = self.number(name) else { return Seconds::Missing };
        match Seconds::of(number) {
            #[expect(clippy::cast_precision_loss, reason = "large numbers have no fraction")]
            Seconds::Value(whole) if (whole as f64) < number => Seconds::Value(whole.saturating_add(1)),
            seconds => seconds,
        }
    }

    /// The number of a field, or of its text; not a number if it is neither, and `None` if it is missing or null.
    fn number(&self, name: &str) -> Option<f64> {
        match self.fields.get(name)? {
            Field::Null => None,
            Field::Number(number) => Some(*number),
            Field::Text(text) => Some(text.expose().trim().parse().unwrap_or(f64::NAN)),
            Field::Other => Some(f64::NAN),
        }
    }

    /// The error for a problem of this answer.
    pub(super) fn problem(&self, problem: AnswerProblem) -> AuthError {
        AuthError::Answer { endpoint: self.endpoint, status: self.status, problem }
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldVisitor;

        #[expect(clippy::cast_precision_loss, reason = "seconds beyond 2^53 are as good as without end")]
        impl<'de> Visitor<'de> for FieldVisitor {
            type Value = Field;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Field, E> {
                Ok(Field::Other)
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Field, E> {
                Ok(Field::Number(number as f64))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Field, E> {
                Ok(Field::Number(number as f64))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Field, E> {
                Ok(Field::Number(number))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Field, E> {
                Ok(Field::Text(Secret::new(text.into())))
            }

            fn visit_unit<E: Error>(self) -> Result<Field, E> {
                Ok(Field::Null)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Field, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Field::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Field, A::Error> {
                while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Field::Other)
            }
        }

        deserializer.deserialize_any(FieldVisitor)
    }
}
