//! Assertions: keywords that restrict a single value, compared with exact numbers.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::equality::{json_equal, repeated_item, text_of};
use super::format::StringFormat;
use super::pattern::Pattern;
use super::violation::{Expected, ViolationMessage};
use crate::text::count;
use crate::tree::{Code, Kind, List, Number, Table, Value};

/// One restriction of a value. Except for `enum` and `const`, values of a type that the keyword does not apply to satisfy it.
#[derive(Clone, Debug)]
pub(super) enum Assertion {
    Enum(Vec<Value>),
    Const(Value),
    Minimum(Number),
    ExclusiveMinimum(Number),
    Maximum(Number),
    ExclusiveMaximum(Number),
    MultipleOf(Number),
    MinLength(usize),
    MaxLength(usize),
    Pattern(Pattern),
    Format(StringFormat),
    MinItems(usize),
    MaxItems(usize),
    UniqueItems,
    MinProperties(usize),
    MaxProperties(usize),
}

impl Assertion {
    pub(super) fn code(&self) -> Code {
        match self {
            Self::Enum(_) => Code::SchemaEnum,
            Self::Const(_) => Code::SchemaConst,
            Self::Minimum(_) => Code::SchemaMinimum,
            Self::ExclusiveMinimum(_) => Code::SchemaExclusiveMinimum,
            Self::Maximum(_) => Code::SchemaMaximum,
            Self::ExclusiveMaximum(_) => Code::SchemaExclusiveMaximum,
            Self::MultipleOf(_) => Code::SchemaMultipleOf,
            Self::MinLength(_) => Code::SchemaMinLength,
            Self::MaxLength(_) => Code::SchemaMaxLength,
            Self::Pattern(_) => Code::SchemaPattern,
            Self::Format(_) => Code::SchemaFormat,
            Self::MinItems(_) => Code::SchemaMinItems,
            Self::MaxItems(_) => Code::SchemaMaxItems,
            Self::UniqueItems => Code::SchemaUniqueItems,
            Self::MinProperties(_) => Code::SchemaMinProperties,
            Self::MaxProperties(_) => Code::SchemaMaxProperties,
        }
    }

    /// The values that `enum` or `const` allows.
    pub(super) fn values(&self) -> &[Value] {
        match self {
            Self::Enum(allowed) => allowed,
            Self::Const(only) => core::slice::from_ref(only),
            _ => &[],
        }
    }

    pub(super) fn holds(&self, value: &Value) -> bool {
        use Ordering::{Equal, Greater, Less};
        let compared = |bound: &Number, allowed: &[Ordering]| {
            let Kind::Number(number) = value.kind() else { return true };
            number.compare(bound).is_some_and(|order| allowed.contains(&order))
        };
        let text = |test: &dyn Fn(&str) -> bool| text_of(value).is_none_or(|text| test(&text));
        let items = value.as_array();
        let members = value.as_table();
        match self {
            Self::Enum(allowed) => allowed.iter().any(|allowed| json_equal(allowed, value)),
            Self::Const(only) => json_equal(only, value),
            Self::Minimum(bound) => compared(bound, &[Greater, Equal]),
            Self::ExclusiveMinimum(bound) => compared(bound, &[Greater]),
            Self::Maximum(bound) => compared(bound, &[Less, Equal]),
            Self::ExclusiveMaximum(bound) => compared(bound, &[Less]),
            Self::MultipleOf(step) => value.as_number().is_none_or(|number| number.is_multiple_of(step)),
            Self::MinLength(min) => text(&|text| text.chars().take(*min).count() == *min),
            Self::MaxLength(max) => text(&|text| text.chars().take(*max + 1).count() <= *max),
            Self::Pattern(pattern) => text(&|text| pattern.is_match(text)),
            Self::Format(format) => text(&format.accepts),
            Self::MinItems(min) => items.is_none_or(|items| items.len() >= *min),
            Self::MaxItems(max) => items.is_none_or(|items| items.len() <= *max),
            Self::UniqueItems => repeated_item(value).is_none(),
            Self::MinProperties(min) => members.is_none_or(|members| members.len() >= *min),
            Self::MaxProperties(max) => members.is_none_or(|members| members.len() <= *max),
        }
    }

    /// Whether it is a pattern that takes too long on the value.
    pub(super) fn gives_up(&self, value: &Value) -> bool {
        let Self::Pattern(pattern) = self else { return false };
        text_of(value).is_some_and(|text| pattern.matches(&text).is_none())
    }

    /// What was expected, and what was found unless it is a secret. A size is never secret.
    pub(super) fn message(&self, value: &Value, secret: bool) -> ViolationMessage {
        let found = match self {
            Self::MinItems(_) | Self::MaxItems(_) | Self::MinProperties(_) | Self::MaxProperties(_) => {
                Some(size(value).to_string())
            }
            _ => (!secret).then(|| shortened(value)),
        };
        let expected = match self {
            Self::Enum(allowed) => Expected::OneOf(list(allowed)),
            Self::Const(only) => Expected::Only(shortened(only)),
            Self::UniqueItems => {
                return match repeated_item(value) {
                    Some((first, second)) => {
                        format!("expected unique items, but [{first}] and [{second}] are equal").into()
                    }
                    None => "expected unique items".into(),
                };
            }
            Self::Minimum(bound) => format!("at least {bound}").into(),
            Self::ExclusiveMinimum(bound) => format!("more than {bound}").into(),
            Self::Maximum(bound) => format!("at most {bound}").into(),
            Self::ExclusiveMaximum(bound) => format!("less than {bound}").into(),
            Self::MultipleOf(step) => format!("a multiple of {step}").into(),
            Self::MinLength(min) => format!("at least {}", count(*min, "character")).into(),
            Self::MaxLength(max) => format!("at most {}", count(*max, "character")).into(),
            Self::Pattern(pattern) => format!("a string that matches `{}`", pattern.as_str()).into(),
            Self::Format(format) => String::from(format.description).into(),
            Self::MinItems(min) => format!("at least {}", count(*min, "item")).into(),
            Self::MaxItems(max) => format!("at most {}", count(*max, "item")).into(),
            Self::MinProperties(min) => format!("at least {}", count(*min, "key")).into(),
            Self::MaxProperties(max) => format!("at most {}", count(*max, "key")).into(),
        };
        ViolationMessage::Mismatch { expected, found }
    }
}

/// The number of elements or members.
fn size(value: &Value) -> usize {
    value.as_array().map_or(0, List::len) + value.as_table().map_or(0, Table::len)
}

/// Values as readable text: `"a", "b" or "c"`.
pub(super) fn list(values: &[Value]) -> String {
    joined(&values.iter().map(shortened).collect::<Vec<_>>(), "or")
}

/// Texts as a list: `a, b or c`.
pub(super) fn joined(texts: &[String], conjunction: &str) -> String {
    match texts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, front)) => format!("{} {conjunction} {last}", front.join(", ")),
        None => "nothing".into(),
    }
}

/// The value on one line, at most 60 characters: a longer text is truncated, a longer table or list is shown by its size.
pub(super) fn shortened(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 {
        return text;
    }
    match value.kind() {
        Kind::Array(elements) => format!("a list of {} items", elements.len()),
        Kind::Table(members) => format!("a table of {} keys", members.len()),
        _ => text.chars().take(59).chain(['…']).collect(),
    }
}
