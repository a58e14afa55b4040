//! When two values are equal for JSON Schema: numbers by value, tables without order, dates as strings.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::ToString;

use crate::tree::{Fingerprint, Kind, Value};

/// The text that keywords for strings apply to; a date is one.
pub(super) fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value.kind() {
        Kind::String(text) => Some(Cow::Borrowed(text)),
        Kind::Datetime(datetime) => Some(Cow::Owned(datetime.to_string())),
        _ => None,
    }
}

/// Whether the two are equal.
pub(super) fn json_equal(a: &Value, b: &Value) -> bool {
    a == b || fingerprint(a) == fingerprint(b)
}

/// The indexes of the first two equal elements of a list.
pub(super) fn repeated_item(value: &Value) -> Option<(usize, usize)> {
    let mut seen = BTreeMap::new();
    value.as_array()?.iter().enumerate().find_map(|(index, element)| {
        let first = seen.insert(fingerprint(element), index)?;
        Some((first, index))
    })
}

/// The same for all values that are equal.
fn fingerprint(value: &Value) -> Fingerprint {
    canonical(value).fingerprint()
}

/// The value in the notation that equal values share.
fn canonical(value: &Value) -> Cow<'_, Value> {
    let kind = match value.kind() {
        Kind::Number(number) => match number.canonical() {
            Some(number) => Kind::Number(number),
            None => return Cow::Borrowed(value),
        },
        Kind::Datetime(datetime) => Kind::String(datetime.to_string().into()),
        Kind::Array(elements) if elements.iter().any(changes) => {
            Kind::Array(elements.iter().map(|element| canonical(element).into_owned()).collect())
        }
        Kind::Table(members) if members.iter().any(|(_, member)| changes(member)) => {
            let members = members.iter();
            Kind::Table(
                members.map(|(name, member)| (name.clone(), canonical(member).into_owned())).collect(),
            )
        }
        _ => return Cow::Borrowed(value),
    };
    Cow::Owned(Value::new(kind, value.origin().clone()))
}

/// Whether the canonical notation is another one.
fn changes(value: &Value) -> bool {
    match value.kind() {
        Kind::Number(number) => number.canonical().is_some(),
        Kind::Datetime(_) => true,
        Kind::Array(elements) => elements.iter().any(changes),
        Kind::Table(members) => members.iter().any(|(_, member)| changes(member)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::{Language, parse};
    use crate::tree::{LayerKind, Source};

    fn list(text: &str) -> Value {
        let source = Source::document(LayerKind::File, "a.toml", alloc::format!("a = {text}\n"));
        parse(&source, Language::Toml).unwrap().root().member("a").unwrap().clone()
    }

    #[test]
    fn equal_values_are_found_in_any_notation() {
        for (text, expected) in [
            ("[1, 1.0]", Some((0, 1))),
            ("[0, 100, 1e2]", Some((1, 2))),
            ("[0.10, 0.1]", Some((0, 1))),
            ("[{ a = 1, b = [2.0] }, { b = [2], a = 1.0 }]", Some((0, 1))),
            ("[2026-01-31, '2026-01-31']", Some((0, 1))),
            ("[1, '1', true, [1], {}, []]", None),
            ("[0.1, 0.2, 1e300]", None),
        ] {
            assert_eq!(repeated_item(&list(text)), expected, "{text}");
        }
    }
}
